"""The fake tenant as a process of the bot finds it: filled, served, with a login of its own."""

import json
from collections.abc import Mapping
from typing import Final

from msgspec.structs import replace

from bot.clock import SystemClock
from bot.demo import DEMO_REGISTER
from bot.register_file import load_register
from fulfilment.tenants.simulated.seed import demo_world
from tests.fakes.entra_login import FakeEntraLogin
from tests.fakes.tenant_demo import PROFILE_SKUS, fill
from tests.fakes.tenant_side import FakeTenant

FULFILMENT_APP_ID: Final = "6b1a6f0e-4a1c-4c77-9f8e-1d3c5a7e9b20"


def demo_tenant(login: FakeEntraLogin) -> FakeTenant:
    """Return a tenant with the demo world that knows the tokens of `login`; not served yet.

    Nothing happens in it by itself: entitlements that reach the demo world later never come.
    """
    clock = SystemClock()
    tenant = FakeTenant(clock, tenant_id=login.tenant_id)
    tenant.tokens.scopes = login.scope_of
    world = demo_world()
    people = tuple(replace(one, entitled_later=()) for one in world.person)
    world = replace(world, person=people)
    fill(tenant, world, load_register(DEMO_REGISTER, today=clock.now().date()))
    return tenant


def tenant_settings(tenant: FakeTenant, login: FakeEntraLogin) -> Mapping[str, str]:
    """Return the settings, without prefix, that lead a bot to a tenant that is served."""
    return {
        "TENANT": "microsoft365",
        "APP_TENANT_ID": login.tenant_id,
        "FULFILMENT_APP_ID": FULFILMENT_APP_ID,
        "FULFILMENT_APP_SECRET": "a-secret-of-the-test",
        "PROFILE_LICENCES": json.dumps({name: [sku] for name, sku in PROFILE_SKUS.items()}),
        "GRAPH_URL": tenant.origin,
        "EXCHANGE_URL": tenant.origin,
        "AUTHORITY_URL": login.authority.rsplit("/", 1)[0],
        "CA_BUNDLE": str(login.ca_bundle),
    }
