"""What must be true in the end, however often the bot died on the way there."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from tests.conversations.stage import ARNO, BRITT, SOFIE, words_of
from tests.fakes.bot_connector import Message
from tests.faults.real_tenant import effects_of, objects_of
from tests.faults.scene import Scene, has_button

_DECIDE = ("decision.keep", "decision.not_keep", "decision.not_keep_sure", "decision.refuse")
_HELP = ("hand.take", "hand.done", "undo.ask", "undo.sure")
# What cards that asked for help say when nobody has to help any more.
_NO_MORE = {"hand": "Er wacht geen taak meer op u", "attention": "Er is geen hulp meer nodig"}
_SUPERSEDED = "Deze kaart is verouderd: zie het nieuwste bericht."
_OF_A_RUN = ("hold_since", "hold_owner", "hold_comment")


async def finish(scene: Scene, state: str) -> None:
    """Wait until the request is in a state and everything that follows has happened."""
    await scene.in_state(state)
    await scene.at_rest()


async def summary(scene: Scene) -> Mapping[str, Any]:
    """Return what must be the same whether the bot was killed or not."""
    journal = await scene.rows("select name, target, state from step_journal order by position")
    audit = await scene.rows("select kind, actor from audit")
    # Who was asked to decide is not told again once the decision is there.
    deliveries = await scene.rows(
        "select kind, person, state from delivery where kind <> 'decision_asked'"
    )
    objects = await tenant(scene)
    return {
        "requests": await scene.rows("select number, state, is_open, subject from request"),
        "drafts": await scene.rows("select person from draft"),
        "journal": [tuple(row.values()) for row in journal],
        "audit": Counter(tuple(row.values()) for row in audit),
        "messages": Counter(tuple(row.values()) for row in deliveries),
        "effects": await _effects(scene),
        "objects": {key: _comparable(body) for key, body in objects.items()},
        "retention": await scene.rows(
            "select subject, kind, starts_on, ends_on from retention_record"
        ),
        "reserved": await scene.rows("select entity, pool from licence_reservation order by pool"),
        "failed_jobs": await scene.rows(
            "select task_name from procrastinate_jobs where status in ('failed', 'doing')"
        ),
    }


async def tenant(scene: Scene) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Return everything that exists in the tenant as it really is, by kind and id."""
    if scene.tenant is not None:
        return objects_of(scene.tenant)
    rows = await scene.rows("select kind, id, body from simulated_object")
    return {(row["kind"], row["id"]): row["body"] for row in rows}


async def _effects(scene: Scene) -> Counter[tuple[Any, ...]]:
    """Return how often each change of the tenant was made."""
    if scene.tenant is not None:
        return Counter(effects_of(scene.tenant))
    ledger = await scene.rows(
        "select operation, target, detail ->> 'aliases' as a from simulated_ledger"
    )
    return Counter(tuple(row.values()) for row in ledger)


def _comparable(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Leave out what is another moment or id in each run."""
    mailbox = body.get("mailbox") or {}
    kept = {name: value for name, value in mailbox.items() if name not in _OF_A_RUN}
    return {name: value for name, value in body.items() if name != "entitlements"} | {
        "mailbox": kept
    }


async def newest_cards(scene: Scene) -> Mapping[tuple[str, str], str]:
    """Return what the newest card of each kind says to each person, without numbers."""
    rows = await scene.rows("select person, kind, activity_id from sent_card order by id")
    newest = {(row["person"], row["kind"]): row["activity_id"] for row in rows}
    return {
        key: re.sub(r"\d+", "#", words_of(scene.world.connector.current_card(card)))
        for key, card in newest.items()
    }


@dataclass(frozen=True)
class Outcome:
    """What a run that was never killed came to: what is stored, and what people see."""

    stored: Mapping[str, Any]
    cards: Mapping[tuple[str, str], str]

    @classmethod
    async def of(cls, scene: Scene) -> "Outcome":
        return cls(await summary(scene), await newest_cards(scene))

    async def check(self, scene: Scene) -> None:
        """Compare another run with it."""
        seen = await summary(scene)
        for name, expected in self.stored.items():
            assert seen[name] == expected, f"{name}: {_difference(seen[name], expected)}"
        self._check_shown(await newest_cards(scene))
        await _check_cards(scene)

    def _check_shown(self, shown: Mapping[tuple[str, str], str]) -> None:
        """Compare the newest cards of each kind.

        A press whose answer was lost leaves its card what it was, instead of the request's card.
        """
        left = {key for key in shown if key not in self.cards and key[1] in _NO_MORE}
        for key in left:
            truths = (_NO_MORE[key[1]], _SUPERSEDED)
            assert any(words in shown[key] for words in truths), f"{key}: {shown[key]}"
        for key in set(shown) - left:
            assert shown[key] == self.cards.get(key), f"{key}: {shown[key]}"
        missing = set(self.cards) - set(shown)
        answered = {(person, "request") for person, _ in left}
        assert all(kind == "decision" for _, kind in missing - answered), f"no cards: {missing}"


async def check_done_once(scene: Scene) -> None:
    """Each change was made once, and every step was read back."""
    stored = await summary(scene)
    assert set(stored["effects"].values()) <= {1}, stored["effects"]
    assert all(state == "verified" for _, _, state in stored["journal"]), stored["journal"]


async def check_taken_back(
    scene: Scene, before: Mapping[tuple[str, str], Mapping[str, Any]]
) -> None:
    """Each change and its way back was made once, and the tenant is as it was `before`."""
    stored = await summary(scene)
    for effect, times in stored["effects"].items():
        both_ways = effect[0] == "move_to_entity"  # there and back are the same operation
        assert times == (2 if both_ways else 1), f"{effect}: {times}"
    states = {state for _, _, state in stored["journal"]}
    assert states == {"compensated", "pending"}, stored["journal"]
    now = await tenant(scene)
    assert {key: _unordered(body) for key, body in now.items()} == {
        key: _unordered(body) for key, body in before.items()
    }


def _difference(seen: object, expected: object) -> str:
    """Say what is otherwise; of a whole tenant only the objects that are."""
    if not (isinstance(seen, Mapping) and isinstance(expected, Mapping)):
        return f"{seen} instead of {expected}"
    keys = {key for key in {*seen, *expected} if seen.get(key) != expected.get(key)}
    return "; ".join(f"{key}: {seen.get(key)} instead of {expected.get(key)}" for key in keys)


def _unordered(body: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an object without the order of its aliases, which says nothing."""
    mailbox = body.get("mailbox")
    if not mailbox:
        return body
    return {**body, "mailbox": {**mailbox, "aliases": sorted(mailbox["aliases"])}}


async def _check_cards(scene: Scene) -> None:
    """Who is asked for something can do it for as long as that is asked, and not afterwards."""
    if await scene.rows("select id from request where state = 'submitted'"):
        for number in (ARNO, BRITT):
            inbox = scene.person(number).inbox
            assert any(_asked(one, _DECIDE) for one in inbox), "a decider was not asked"
        return
    tracked = {row["activity_id"] for row in await scene.rows("select activity_id from sent_card")}
    is_done = await scene.rows("select id from request where state = 'done'")
    # What is done may be taken back for some days.
    helps = tuple(one for one in _HELP if one != "undo.ask") if is_done else _HELP
    for number, buttons in ((ARNO, _DECIDE), (BRITT, _DECIDE), (SOFIE, helps)):
        for message in scene.person(number).inbox:
            button = _asked(message, buttons)
            if not button:
                continue
            # Sent at the very moment of a kill, so that nobody knows where it is.
            assert message.id not in tracked, f"{message.id} still asks"
            await scene.press(number, message, button)
            assert not _asked(message, buttons), "an old card was pressed and tells no truth"


def _asked(message: Message, buttons: Sequence[str]) -> str:
    """Return the first of these buttons that a message shows now; empty when it shows none."""
    return next((button for button in buttons if has_button(message, button)), "")
