"""After a whole journey nothing that was written for machines or operators knows a name."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import aiohttp
import pytest

from bot.settings import Mode
from fulfilment.tenants.simulated.seed import demo_world
from tests.conversations.stage import ARNO, BRITT, CARD_KEY, JAN, MARLEEN, RIK
from tests.fakes.audit_files import audit_files
from tests.fakes.bot_connector import Message
from tests.faults import flows
from tests.faults.scene import Scene, open_scene

_SECRETS = (CARD_KEY, "a-secret-of-the-test")
# A token of a login, the seal of a button, a key in a file, an address of a person.
_SHAPES = (
    re.compile(r"eyJ[\w-]{8,}\.[\w-]{8,}"),
    re.compile(r"Bearer\s+\S+"),
    re.compile(r"PRIVATE KEY"),
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]*example"),
)


def _names() -> Iterator[str]:
    """Return what people of the demo world are called and where their mail goes."""
    for person in demo_world().person:
        yield person.name
        yield person.upn
        yield person.upn.partition("@")[0]
        yield from person.aliases
        # A family name alone, unless it is also an ordinary word of two or three letters.
        yield from (part for part in person.name.split()[1:] if len(part) > 3)


def _hits(text: str, secrets: list[str]) -> list[str]:
    """Return every name, address, token and secret in a text."""
    words = [word for word in {*_names(), *secrets} if _holds(text, word)]
    return sorted(words) + [found for shape in _SHAPES for found in shape.findall(text)]


def _holds(text: str, word: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE) is not None


def test_the_search_itself_finds_what_it_looks_for() -> None:
    address, token = (
        "jan.peeters@wegenwater.vlaanderen.example",
        "eyJhbGciOiJSUzI1NiJ9.eyJzdWIiOiJ4In0x",
    )
    planted = f"x Jan Peeters y PEETERS; {address} and {token}"

    found = _hits(planted, [])

    assert {"Jan Peeters", "Peeters", "jan.peeters", address, token} <= set(found)
    assert _hits('{"event": "serving", "level": "info"}', list(_SECRETS)) == []


async def _refusals(scene: Scene) -> None:
    """Have people do what they may not, and strangers knock."""
    card = await scene.card_with(BRITT, "decision.refuse")
    stranger = scene.person(RIK)
    await scene.say(RIK, "status M-2026-00001")
    await scene.say(RIK, "annuleer M-2026-00001 van Jan Peeters")
    await scene.say(MARLEEN, "weggooien")
    await scene.say(MARLEEN, "nieuwe mutatie Jan Peeters")
    await scene.say(MARLEEN, "jan.peeters@wegenwater.vlaanderen.example")
    await scene.say(JAN, "x" * 1200 + "Jan Peeters")
    await scene.press(BRITT, card, "decision.refuse")
    await stranger.execute("decision.keep", {"request": "Jan Peeters", "seal": "Jan Peeters"})
    message = stranger.activity(type="message", text="Jan Peeters")
    for changes in (
        {"from": {"id": "29:x", "name": "Jan Peeters"}},
        {"channelId": "Jan Peeters"},
        {"serviceUrl": "https://jan.peeters.example/"},
        {"text": {"Jan": "Peeters"}},
    ):
        await stranger.post({**message, **changes})
    await stranger.post_raw(b'{"text": "Jan Peeters"', {"Content-Type": "application/json"})
    await stranger.post_raw(message, {"Authorization": "Bearer Jan.Peeters.eyJ"})


async def _journey(scene: Scene) -> list[Message]:
    """Ask, be refused, decide and finish, while the Connector fails now and then."""
    await flows.everybody_joins(scene)
    await flows.fill(scene, wish="keep", effective_on=flows.today())
    await flows.submit(scene)
    await _refusals(scene)
    await scene.restart()
    await flows.keep(scene)
    await scene.at_rest()
    return scene.person(ARNO).inbox


async def _written(scene: Scene) -> dict[str, str]:
    """Return everything that is written for machines and operators."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{scene.bot.url}/metrics") as answer,
    ):
        metrics = await answer.text()
    audit = "\n".join(map(str, await scene.rows("select * from audit order by seq")))
    jobs = await scene.rows(
        "select task_name, args::text, lock, queueing_lock from procrastinate_jobs"
    )
    return {
        "log": scene.bot.log.read_text(errors="replace"),
        "metrics": metrics,
        "audit": audit,
        "jobs": "\n".join(map(str, jobs)),
    }


@pytest.mark.case("L01", "I12")
@pytest.mark.timeout(300)
@pytest.mark.parametrize("mode", Mode)
async def test_no_name_token_or_secret_is_written_after_a_whole_journey(
    mode: Mode, tmp_path: Path, fresh_url: str, tell: Callable[[str], None]
) -> None:
    faults = "set_upn=transient:1, move_to_entity=lost_reply" if mode is Mode.LOCAL else ""
    async with open_scene(
        tmp_path, fresh_url, mode=mode, LOG_LEVEL="DEBUG", SIMULATED_FAULTS=faults
    ) as scene:
        await scene.bot.start()
        inbox = await _journey(scene)
        written = await _written(scene)
        scene.bot.ask_to_stop()
        await scene.bot.ended()
        written["log"] = scene.bot.log.read_text(errors="replace")
    anchor, key = audit_files(tmp_path)
    if mode is Mode.LIVE:
        written["anchor"] = anchor.read_text()
    secrets = [*_SECRETS, *_seals(inbox), *key.read_text().splitlines()[1:2]]

    hits = {name: _hits(text, secrets) for name, text in written.items()}

    size = sum(map(len, written.values()))
    tell(f"{mode}: names, tokens and secrets in {size} characters: {sum(map(len, hits.values()))}")
    assert hits == {name: [] for name in written}
    assert "request refused" in written["log"]
    assert '"level": "debug"' in written["log"] or mode is Mode.LOCAL


def _seals(inbox: list[Message]) -> list[str]:
    """Return the seals of all buttons that somebody got."""
    cards = "".join(str(message.card) for message in inbox if message.has_card)
    return re.findall(r"'seal': '([^']+)'", cards)
