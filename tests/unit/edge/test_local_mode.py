"""Local mode: no token, the Playground's looser activities, the same strict types."""

import pytest

from bot.edge.gate import GatePolicy
from tests.fakes.echo_conversation import echo_card
from tests.unit.edge.conftest import TENANT_ID, Edge


async def test_activity_without_token_is_answered(local_edge: Edge) -> None:
    (message,) = await local_edge.client(signed=False).say("hallo")

    assert message.card == local_edge.sent(echo_card("hallo", turn=1))


async def test_tenant_may_be_missing_or_another(local_edge: Edge) -> None:
    client = local_edge.client(signed=False)

    assert await client.say("hallo", channelData=None)
    assert await client.say("hallo", channelData={"tenant": {"id": "demo"}})
    assert await client.say("hallo", recipient={"id": "bot-id", "name": "Bot"})


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"serviceUrl": "http://evil.example/_connector"}, 403),
        ({"serviceUrl": "https://smba.trafficmanager.net/emea"}, 403),
        ({"channelId": "emulator"}, 403),
        ({"from": {"id": "user-id-0"}}, 403),
        (
            {"from": {"id": "user-id-0", "aadObjectId": "00000000-0000-0000-0000-0000000000020"}},
            403,
        ),
        ({"conversation": {}}, 400),
        ({"text": {}}, 400),
    ],
)
async def test_what_local_mode_still_refuses(
    local_edge: Edge, changes: dict[str, object], status: int
) -> None:
    client = local_edge.client(signed=False)

    answer = await client.post(client.activity(type="message", **{"text": "x", **changes}))

    assert answer.status == status
    assert local_edge.conversation.heard == []


async def test_a_page_in_a_browser_cannot_post(local_edge: Edge) -> None:
    answer = await local_edge.client(signed=False).post_raw(b"{}", {"Content-Type": "text/plain"})

    assert answer.status == 400


@pytest.mark.parametrize("missing", ["app_id", "tenant_id", "service_hosts"])
def test_policy_with_a_hole_is_not_made(missing: str) -> None:
    complete = {"app_id": "a", "tenant_id": TENANT_ID, "service_hosts": frozenset({"h"})}

    with pytest.raises(ValueError, match="required"):
        GatePolicy(**{**complete, missing: type(complete[missing])()})  # type: ignore[arg-type]


def test_no_authentication_means_loopback_only() -> None:
    with pytest.raises(ValueError, match="loopback"):
        GatePolicy(
            app_id="",
            tenant_id=TENANT_ID,
            service_hosts=frozenset({"smba.trafficmanager.net"}),
            authenticated=False,
        )
