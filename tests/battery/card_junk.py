"""Presses that no card of ours makes: nonsense, spoilt data, seals of another place or verb."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Final

from cards.verbs import Verb
from tests.battery.mutation import ODD_VALUES
from tests.fakes.teams_client import TeamsClient
from tests.hostile import FORGED_KEYS

_ADDED_KEYS: Final = (*FORGED_KEYS, "verb", "seal")
_KEYS: Final = ("request", "round", "draft", "version", "question", "value", "reason", "colleague")
_INPUTS: Final = (
    "colleague",
    "target",
    "effective_on",
    "status_changes",
    "wish",
    "reason",
    "value",
)


Value = Mapping[str, Any]


@dataclass(frozen=True)
class Known:
    """What somebody inside could know: true ids, that are not enough by themselves.

    Attributes:
        owner: Who could do something with the ids alone, and so never gets them whole.
    """

    owner: str
    request: str
    draft: str
    number: str


@dataclass(frozen=True)
class Press:
    """The `value` of one press, who presses, and whether it comes as Action.Submit."""

    kind: str
    client: TeamsClient
    value: Any
    is_submit: bool

    def activity(self) -> dict[str, Any]:
        """Return the activity of this press."""
        if self.is_submit:
            return self.client.activity(type="message", value=self.value)
        name = "adaptiveCard/action"
        return self.client.activity(type="invoke", name=name, value=self.value, replyToId="m-0")


class CardJunk:
    """Makes such presses; the same seed makes the same ones."""

    def __init__(self, people: list[TeamsClient], known: Known, seed: int) -> None:
        self._people = people
        self._known = known
        self._random = Random(seed)  # noqa: S311 - a seed is the point

    def presses(self, count: int) -> Iterator[Press]:
        """Yield so many presses."""
        for _ in range(count):
            client = self._random.choice(self._people)
            kind, make = self._random.choice(_KINDS)
            is_submit = self._random.random() < 0.3
            yield Press(kind, client, make(self, client, is_submit=is_submit), is_submit)

    def shapeless(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return a value that has not even the form of a press."""
        del client
        odd = self._odd()
        if is_submit:
            return {str(self._odd())[:40]: odd}
        return self._random.choice((odd, {"action": odd}, {"action": {"verb": odd, "data": odd}}))

    def unsealed(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return a press of a real verb with likely data and no seal."""
        return _press(self._verb(), self._data(client), is_submit=is_submit)

    def false_seal(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return a press whose seal was changed in one letter, cut or made up."""
        verb = self._verb()
        seal = client.sealed(verb, self._data(client))["seal"]
        at = self._random.randrange(len(seal))
        other = "A" if seal[at] != "A" else "B"
        spoilt = self._random.choice(
            (seal[:at] + other + seal[at + 1 :], seal[:at], seal + other, self._odd())
        )
        return _press(verb, {**self._inputs(), "seal": spoilt}, is_submit=is_submit)

    def other_verb(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return the seal of a harmless button under the verb of another."""
        seal = client.sealed(Verb.HELP, {"request": self._known.request, "round": 1})["seal"]
        verb = self._random.choice([verb for verb in Verb if verb != Verb.HELP])
        return _press(verb, {**self._inputs(), "seal": seal}, is_submit=is_submit)

    def other_person(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return a seal that was made for somebody else."""
        others = [other for other in self._people if other is not client]
        verb = self._verb()
        whole = self._random.choice(others).sealed(verb, self._whole())
        return _press(verb, {**self._inputs(), "seal": whole["seal"]}, is_submit=is_submit)

    def sealed_junk(self, client: TeamsClient, *, is_submit: bool) -> Any:
        """Return nonsense with a genuine seal, as a leaked key or an old version could make."""
        verb = self._verb()
        data = {**self._inputs(), **client.sealed(verb, self._data(client))}
        return _press(verb, data, is_submit=is_submit)

    def _verb(self) -> str:
        return self._random.choice([verb for verb in Verb if verb != Verb.DRAFT_OPEN])

    def _data(self, client: TeamsClient) -> dict[str, Any]:
        """Return likely data in which id and round are never both true."""
        keys = self._random.sample(_KEYS, self._random.randint(0, 5))
        data = {key: self._likely(key, client) for key in keys}
        for _ in range(self._random.randint(0, 3)):
            data[self._random.choice(_ADDED_KEYS)] = self._odd()
        data.pop("verb", None)
        return data

    def _likely(self, key: str, client: TeamsClient) -> Any:
        """Return something odd, or something nearly true; a true id for who may not use it."""
        chance = self._random.random()
        if chance < 0.3:
            return self._odd()
        if chance < 0.6 and client.persona.object_id != self._known.owner:
            return self._whole().get(key) if key in {"request", "draft"} else self._odd()
        near: dict[str, tuple[Any, ...]] = {
            "request": (*_nearly(self._known.request), self._known.draft, "0" * 32),
            "draft": (*_nearly(self._known.draft), self._known.request, "f" * 32),
            "round": (0, 2, -1, "1", 1.0, True, 10**6, 10**7, 2**62),
            "version": (0, 99, "1", 1.5, True, -1, 2**62),
        }
        return self._random.choice(near.get(key, ("", "keep", "OVO000102", self._known.number)))

    def _whole(self) -> dict[str, Any]:
        """Return data as a true button of somebody has it."""
        return {
            "request": self._known.request,
            "round": 1,
            "draft": self._known.draft,
            "version": 1,
        }

    def _inputs(self) -> dict[str, Any]:
        names = self._random.sample(_INPUTS, self._random.randint(0, 3))
        return {name: self._odd() for name in names}

    def _odd(self) -> Any:
        return self._random.choice(ODD_VALUES)


def _press(verb: str, data: Value, *, is_submit: bool) -> Any:
    if is_submit:
        return {**data, "verb": verb}
    return {"action": {"type": "Action.Execute", "verb": verb, "data": data}}


def _nearly(good: str) -> tuple[Any, ...]:
    """Return what a careless reader would take for a true id."""
    return (
        f"{good}\n",
        f"{good}0",
        good[:-1],
        good.upper() + "G",
        f" {good}",
        [good],
        {"id": good},
        None,
    )


_Make = Callable[..., Any]
_KINDS: Final[tuple[tuple[str, _Make], ...]] = (
    ("shapeless", CardJunk.shapeless),
    ("unsealed", CardJunk.unsealed),
    ("false seal", CardJunk.false_seal),
    ("other verb", CardJunk.other_verb),
    ("other person", CardJunk.other_person),
    ("sealed junk", CardJunk.sealed_junk),
    ("sealed junk", CardJunk.sealed_junk),
    ("sealed junk", CardJunk.sealed_junk),
)
