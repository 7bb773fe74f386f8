"""The limits that the fake Connector enforces are those that Teams publishes."""

import aiohttp
import pytest

from tests.fakes.bot_connector import FakeConnector
from tests.fakes.teams_limits import TeamsLimits, Window, most_within


class Moment:
    """Time that only a test moves."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.mark.parametrize(("admitted", "span_s"), [(7, 1.0), (8, 2.0), (60, 30.0), (1800, 3600.0)])
def test_a_thread_takes_as_much_as_is_published_and_no_more(admitted: int, span_s: float) -> None:
    moment = Moment()
    limits = TeamsLimits(tenant=None, monotonic=moment)
    times = []
    # One try every tenth of a second, or as often as the span needs.
    step = span_s / (admitted * 10)
    for number in range(admitted * 30):
        moment.now = 100.0 + number * step
        if limits.admit("a") == 0:
            times.append(moment.now)

    assert most_within(times, span_s - 1e-6) == admitted  # additions round


def test_what_to_wait_is_what_is_left_of_the_narrowest_window() -> None:
    moment = Moment()
    limits = TeamsLimits(tenant=None, monotonic=moment)
    assert [limits.admit("a") for _ in range(7)] == [0.0] * 7
    moment.now += 0.25
    assert limits.admit("a") == 0.75
    moment.now += 0.75
    assert limits.admit("a") == 0.0  # the eighth within two seconds
    assert limits.admit("a") == 1.0
    assert limits.admit("b") == 0.0
    assert limits.refused == 2


def test_a_tenant_takes_its_limit_over_all_threads() -> None:
    limits = TeamsLimits(tenant=Window(3, 1), monotonic=Moment())

    waits = [limits.admit(thread) for thread in ("a", "b", "", "c")]

    assert waits == [0.0, 0.0, 0.0, 1.0]


def test_most_within_counts_the_fullest_span() -> None:
    assert most_within([], 1) == 0
    assert most_within([3.0, 0.0, 0.5, 1.0, 1.4], 1) == 3
    assert most_within([0.0, 1.0], 1) == 1


async def test_connector_says_when_to_come_back() -> None:
    connector = FakeConnector(limits=TeamsLimits())
    await connector.start()
    path = f"{connector.url}/v3/conversations/a/activities"
    async with aiohttp.ClientSession() as session:
        answers = [await session.post(path, json={"text": str(n)}) for n in range(8)]
        other = await session.post(path.replace("/a/", "/b/"), json={})

    assert [answer.status for answer in answers] == [201] * 7 + [429]
    assert answers[-1].headers["Retry-After"] == "1"
    assert other.status == 201
    assert [call.status for call in connector.ledger] == [201] * 7 + [429, 201]
    assert len(connector.sent("a")) == 7
    await connector.stop()


async def test_connector_without_limits_takes_everything() -> None:
    connector = FakeConnector()
    await connector.start()
    path = f"{connector.url}/v3/conversations/a/activities"
    async with aiohttp.ClientSession() as session:
        answers = [await session.post(path, json={}) for _ in range(40)]

    assert {answer.status for answer in answers} == {201}
    await connector.stop()
