"""The fake Microsoft 365 tenant in a scene: what is there, and what was done to it.

The process reaches it as it reaches Microsoft: by the settings, over HTTP, with a token of the
login host.
"""

import contextlib
import json
from collections import Counter
from collections.abc import Mapping
from typing import Any, Final

from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.tenant_core import TenantCall
from tests.fakes.tenant_login import demo_tenant
from tests.fakes.tenant_records import shown
from tests.fakes.tenant_side import FakeTenant
from tests.faults.kill_points import Phase
from tests.faults.wire import Act

_OF_A_RUN: Final = frozenset(
    {"LitigationHoldDate", "LitigationHoldOwner", "RetentionComment", "deletedDateTime"}
)
_TENANT: Final = ("/v1.0/", "/adminapi/")


async def serve_tenant(stack: contextlib.AsyncExitStack, login: FakeEntraLogin) -> FakeTenant:
    """Serve a tenant with the demo world until the stack ends."""
    tenant = demo_tenant(login)
    await tenant.start()
    stack.push_async_callback(tenant.stop)
    return tenant


def objects_of(tenant: FakeTenant) -> Mapping[tuple[str, str], Mapping[str, Any]]:
    """Return everything in the tenant as it really is, but for what differs from run to run."""
    found = {}
    for key, record in tenant.state.everything().items():
        kind, _, identity = key.partition(" ")
        body = shown(record)
        found[kind, identity] = {
            name: value for name, value in body.items() if name not in _OF_A_RUN
        }
    return found


def effects_of(tenant: FakeTenant) -> Counter[tuple[str, str, str]]:
    """Return how often each change was really made, whatever was answered."""
    return Counter(
        (one.operation, one.target, _what(one)) for one in tenant.writes if one.was_done
    )


def is_call(act: Act) -> bool:
    """Tell whether an act is a call to the tenant."""
    return any(part in act.text for part in _TENANT)


def is_commit(act: Act) -> bool:
    """Tell whether an act makes changes of the database last."""
    return act.text == "COMMIT"


def is_kept_or_asked(phase: Phase, act: Act) -> bool:
    """Pick every commit and every call to the tenant, before and after."""
    return phase in Phase and (is_call(act) or is_commit(act))


def is_write_done(phase: Phase, act: Act) -> bool:
    """Pick the changes of the tenant that were made and whose answer is still under way."""
    is_write = " PATCH " in act.text or " DELETE " in act.text or " Set-" in act.text
    is_write = is_write or act.text.startswith(("PATCH ", "DELETE "))
    return phase is Phase.AFTER and is_call(act) and is_write


def _what(call: TenantCall) -> str:
    """Return what a write changes, without what differs from run to run."""
    body = call.body if isinstance(call.body, Mapping) else {}
    changes = body.get("Parameters", body)
    kept = {name: value for name, value in changes.items() if name not in _OF_A_RUN}
    return json.dumps(kept, sort_keys=True)
