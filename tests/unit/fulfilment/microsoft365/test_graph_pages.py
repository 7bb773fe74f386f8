"""Pages are followed to the end, and nowhere else."""

import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.graph import NEXT_PAGE, collect, pages
from fulfilment.tenants.microsoft365.patience import Patience
from tests.unit.fulfilment.microsoft365.scripted import Said, graph_setting, read, refused

ONCE = Patience(attempts=1)
HEADERS = {"ConsistencyLevel": "eventual"}


async def test_all_pages_are_read_with_the_headers_of_the_first() -> None:
    async with graph_setting() as at:
        base = f"{at.server.server.origin}/v1.0"
        bodies = {
            "/users?$top=2": {"value": [{"id": 1}, {"id": 2}], NEXT_PAGE: f"{base}/users?s=a%2Fb"},
            "/users?s=a%2Fb": {"value": [{"id": 3}], NEXT_PAGE: f"{base}/users?s=c"},
            "/users?s=c": {"value": [{"id": 4}]},
        }
        at.server.answer = lambda _, path, __: Said(body=bodies[path])

        found = await collect(at.graph, read("/users?$top=2", headers=HEADERS))

        assert [one["id"] for one in found] == [1, 2, 3, 4]
        assert [asked.headers["ConsistencyLevel"] for asked in at.server.asked] == ["eventual"] * 3


@pytest.mark.parametrize(
    "link",
    [
        "https://graph.example.org/v1.0/users?s=b",
        "{origin}/beta/users?s=b",
        "{origin}.example.org/v1.0/users?s=b",
        "{origin}@example.org/v1.0/users?s=b",
        "/v1.0/users?s=b",
        7,
    ],
)
async def test_page_elsewhere_is_not_asked_for(link: object) -> None:
    async with graph_setting(patience=ONCE) as at:
        origin = at.server.server.origin
        named = link.format(origin=origin) if isinstance(link, str) else link
        at.server.answer = lambda *_: Said(body={"value": [], NEXT_PAGE: named})

        with pytest.raises(TransientTenantError):
            await collect(at.graph, read("/users"))

        assert [asked.path for asked in at.server.asked] == ["/v1.0/users"]


async def test_pages_that_go_round_end() -> None:
    async with graph_setting() as at:
        link = f"{at.server.server.origin}/v1.0/users?s=b"
        at.server.answer = lambda *_: Said(body={"value": [{"id": 1}], NEXT_PAGE: link})

        with pytest.raises(TransientTenantError):
            await collect(at.graph, read("/users"))

        assert len(at.server.asked) == 2


async def test_refusal_of_a_later_page_is_a_refusal() -> None:
    async with graph_setting() as at:
        link = f"{at.server.server.origin}/v1.0/users?s=b"
        at.server.answer = lambda _, path, __: (
            refused(403, "Authorization_RequestDenied")
            if path.endswith("b")
            else Said(body={"value": [], NEXT_PAGE: link})
        )

        with pytest.raises(PermanentTenantError) as error:
            await collect(at.graph, read("/users"))

        assert error.value.key == "tenant.permission_missing"


async def test_refused_page_is_shown_to_who_reads_pages() -> None:
    async with graph_setting() as at:
        at.server.answer = lambda *_: refused(404, "Request_ResourceNotFound")

        assert [reply.status async for reply in pages(at.graph, read())] == [404]
