"""What can be done to the fake tenant from outside its process, and the client that does it.

`TenantControls` are commands of `tests/world/control.py`; `TenantRemote` sends them.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp
import msgspec

from bot.register_file import load_register
from fulfilment.tenant import GroupKind
from fulfilment.tenants.simulated.seed import demo_world
from tests.fakes.tenant_core import TenantCall
from tests.fakes.tenant_demo import change_group, change_user, fill
from tests.fakes.tenant_faults import PlannedFault, TenantFault
from tests.fakes.tenant_records import shown
from tests.fakes.tenant_side import FakeTenant
from tests.fakes.tenant_state import Lag
from tests.fakes.tenant_tokens import GRAPH

_REGISTER: Final = Path(__file__).parents[2] / "bot" / "demo" / "register.toml"


class TenantControls:
    """The commands over one tenant, by name."""

    def __init__(self, tenant: FakeTenant) -> None:
        self._tenant = tenant
        self.commands: Mapping[str, Callable[..., Any]] = {
            "tenant-demo": self._demo,
            "tenant-fail": self._fail,
            "tenant-mend": tenant.plan.clear,
            "tenant-lag": self._lag,
            "tenant-limits": tenant.limit,
            "tenant-grant": tenant.grant,
            "tenant-token": self._token,
            "tenant-user": self._user,
            "tenant-group": self._group,
            "tenant-true": self._true,
        }

    def _demo(self, *, with_others: bool = False) -> None:
        register = load_register(_REGISTER, today=datetime.now(UTC).date())
        fill(self._tenant, demo_world(), register, with_others=with_others)

    def _fail(self, fault: str, **which: Any) -> None:
        self._tenant.fail(PlannedFault(fault=TenantFault(fault), **which))

    def _lag(self, **lag: Any) -> None:
        self._tenant.state.lag = Lag(**lag)

    def _token(self, audience: str = GRAPH, lifetime_s: int = 3600) -> str:
        return self._tenant.tokens.issue(audience, lifetime_s=lifetime_s)

    def _user(self, number: int, changes: dict[str, Any]) -> None:
        change_user(self._tenant, number, **changes)

    def _group(self, number: int, kind: str) -> None:
        change_group(self._tenant, number, GroupKind(kind))

    def _true(self, kind: str, identity: str) -> dict[str, Any] | None:
        """Return one object as it really is, under Microsoft's names."""
        state = self._tenant.state
        state.settle()
        tables: Mapping[str, Callable[[str], msgspec.Struct | None]] = {
            "user": state.users.true,
            "group": state.groups.true,
            "mailbox": state.mailboxes.true,
        }
        record = tables[kind](identity)
        return None if record is None else shown(record)


class TenantRemote:
    """Controls the tenant of a world that runs as a process."""

    def __init__(self, session: aiohttp.ClientSession, origin: str) -> None:
        """Reach the world at `origin`, which is also the address of Graph and of Exchange."""
        self._session = session
        self.origin = origin

    async def fill(self, *, with_others: bool = False) -> None:
        """Add the demo world with the demo register; see `tenant_demo.fill`."""
        await self._do("tenant-demo", with_others=with_others)

    async def fail(self, *faults: PlannedFault) -> None:
        """Plan faults."""
        for fault in faults:
            await self._do("tenant-fail", **asdict(fault))

    async def mend(self) -> None:
        """Forget every planned fault."""
        await self._do("tenant-mend")

    async def set_lag(self, lag: Lag) -> None:
        """Change how late things show."""
        await self._do("tenant-lag", **asdict(lag))

    async def limit(self, *, on: bool = True, factor: float = 1.0) -> None:
        """Count anew against Microsoft's limits, smaller by a factor, or not at all."""
        await self._do("tenant-limits", on=on, factor=factor)

    async def grant(self, permissions: Iterable[str]) -> None:
        """Let the application have exactly these permissions of Graph."""
        await self._do("tenant-grant", permissions=sorted(permissions))

    async def token(self, audience: str = GRAPH, *, lifetime_s: int = 3600) -> str:
        """Return a token with what is granted now."""
        return str(await self._do("tenant-token", audience=audience, lifetime_s=lifetime_s))

    async def change_user(self, number: int, **changes: Any) -> None:
        """Change a person of the demo world as if it had always been so."""
        await self._do("tenant-user", number=number, changes=changes)

    async def change_group(self, number: int, kind: GroupKind) -> None:
        """Make a group of the demo world one of another kind."""
        await self._do("tenant-group", number=number, kind=kind.value)

    async def true(self, kind: str, identity: str) -> Mapping[str, Any] | None:
        """Return a `user`, `group` or `mailbox` as it really is."""
        found: Mapping[str, Any] | None = await self._do(
            "tenant-true", kind=kind, identity=identity
        )
        return found

    async def calls(self) -> list[TenantCall]:
        """Return everything that was asked of the tenant, in order."""
        async with self._session.get(f"{self.origin}/control/tenant-calls") as answer:
            return [TenantCall(**call) for call in await answer.json()]

    async def _do(self, command: str, **arguments: Any) -> Any:
        url = f"{self.origin}/control/{command}"
        async with self._session.post(url, json=arguments) as answer:
            assert answer.status == 200, f"{command}: {answer.status} {await answer.text()}"
            return (await answer.json())["result"]
