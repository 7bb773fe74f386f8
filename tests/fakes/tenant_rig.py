"""A fake tenant with the demo world in it, and a plain HTTP caller of it for tests.

The caller sends what a test writes, right or wrong; it is no client of the program.
"""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import aiohttp

from bot.register_file import load_register
from fulfilment.tenants.simulated.seed import demo_person_id, demo_world
from tests.fakes.clock import FakeClock
from tests.fakes.tenant_demo import fill
from tests.fakes.tenant_records import Group, Mailbox, User
from tests.fakes.tenant_side import FakeTenant
from tests.fakes.tenant_state import Lag

TENANT_ID: Final = "11111111-1111-4111-8111-111111111111"
ADVANCED: Final = {"ConsistencyLevel": "eventual"}
JAN: Final = demo_person_id(4)
_REGISTER: Final = Path(__file__).parents[2] / "bot" / "demo" / "register.toml"


@dataclass(frozen=True)
class Response:
    """An answer; `body` is its JSON document, or its text when it is none."""

    status: int
    body: Any
    headers: Mapping[str, str]

    @property
    def code(self) -> str:
        """Code of a refusal of Graph."""
        return str(self.body["error"]["code"])

    @property
    def message(self) -> str:
        """Message of a refusal of Graph or of Exchange."""
        error = self.body["error"]
        return str(
            error["details"][0]["message"]
            if "Error exec" in error["message"]
            else error["message"]
        )

    @property
    def values(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.body["value"]
        return found


class TenantRig:
    """The tenant, its clock, and calls of it."""

    def __init__(
        self, tenant: FakeTenant, clock: FakeClock, session: aiohttp.ClientSession
    ) -> None:
        self.tenant = tenant
        self.clock = clock
        self._session = session
        self.token = tenant.graph_token()

    async def graph(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Response:
        """Call Graph below `/v1.0`; a path with the whole address is taken as it is."""
        url = path if path.startswith("http") else f"{self.tenant.origin}/v1.0{path}"
        return await self._ask(method, url, body, self.token, headers or {}, query)

    async def batch(self, *requests: Mapping[str, Any]) -> Response:
        """Send a batch; ids are counted from 1 where a request has none."""
        numbered = [{"id": str(number), **one} for number, one in enumerate(requests, 1)]
        return await self.graph("POST", "/$batch", {"requests": numbered})

    async def cmdlet(
        self, name: str, *, headers: Mapping[str, str] | None = None, **parameters: Any
    ) -> Response:
        """Run a cmdlet; `headers` replace the usual ones."""
        path = f"/adminapi/beta/{TENANT_ID}/InvokeCommand"
        document = {"CmdletInput": {"CmdletName": name, "Parameters": parameters}}
        usual = (
            {"X-AnchorMailbox": f"APP:SystemMailbox@{TENANT_ID}"} if headers is None else headers
        )
        token = self.tenant.exchange_token()
        return await self._ask("POST", self.tenant.origin + path, document, token, usual, None)

    def user(self, number: int = 4) -> User:
        """Return a person of the demo world as the directory really has them."""
        self.tenant.state.settle()
        found = self.tenant.state.users.true(demo_person_id(number))
        assert found is not None
        return found

    def mailbox(self, number: int = 4) -> Mailbox:
        """Return the mailbox of a person as Exchange really has it."""
        self.tenant.state.settle()
        found = self.tenant.state.mailboxes.true(demo_person_id(number))
        assert found is not None
        return found

    def group(self, group_id: str) -> Group:
        """Return a group as it really is."""
        self.tenant.state.settle()
        found = self.tenant.state.groups.true(group_id)
        assert found is not None
        return found

    async def _ask(
        self,
        method: str,
        url: str,
        body: Any,
        token: str,
        headers: Mapping[str, str],
        query: Mapping[str, str] | None,
    ) -> Response:
        sent = {"Authorization": f"Bearer {token}", **headers}
        async with self._session.request(
            method, url, json=body, headers=sent, params=query
        ) as answer:
            is_json = answer.content_type == "application/json"
            found = await answer.json() if is_json else await answer.text()
            return Response(answer.status, found, dict(answer.headers))


@contextlib.asynccontextmanager
async def tenant_rig(
    *, lag: Lag | None = None, seed: int = 1, with_others: bool = False
) -> AsyncIterator[TenantRig]:
    """Serve a tenant with the demo world for one block; its clock stands still."""
    clock = FakeClock()
    tenant = FakeTenant(clock, tenant_id=TENANT_ID, lag=lag, seed=seed)
    register = load_register(_REGISTER, today=clock.now().date())
    fill(tenant, demo_world(), register, with_others=with_others)
    await tenant.start()
    try:
        async with aiohttp.ClientSession() as session:
            yield TenantRig(tenant, clock, session)
    finally:
        await tenant.stop()
