"""Who carries the orders out, put together by what the settings say."""

from bot.edge_wiring import Channel
from bot.jobs.carriers import Carrier, OwnWork, SupplierWork
from bot.jobs.hand_over import NoDesk, OrderDesk
from bot.jobs.registration import Desk
from bot.settings import Settings
from bot.storage import Storage
from bot.tenants import OpenTenant
from fulfilment.engine import Engine
from fulfilment.entry_run import Pace
from fulfilment.portal.client import Portal
from fulfilment.portal.engine import SupplierEngine
from fulfilment.tenants.simulated.outside import SimulatedOutside
from mutations.use_cases import UseCases


def carriers(
    settings: Settings, storage: Storage, channel: Channel, cases: UseCases, opened: OpenTenant
) -> tuple[Carrier, Desk]:
    """Return who carries orders out, and what hands them over to a supplier."""
    context = cases.context
    outside = SimulatedOutside(opened.world, context.register) if opened.world else None
    kind = SupplierEngine if settings.hands_over else Engine
    engine = kind(
        opened.tenant,
        journal=storage.journal,
        records=storage.retention_records,
        clock=context.clock,
        pace=Pace(
            poll_s=settings.verify_every_s,
            hand_poll_s=settings.recheck_every.total_seconds(),
        ),
        brake=storage.brake,
        one_look=opened.one_look,
    )
    own = OwnWork(engine, outside)
    if not isinstance(engine, SupplierEngine):
        return own, NoDesk(cases)
    work = SupplierWork(engine, cases, own)
    portal = Portal(
        channel.session, settings.portal_url, keys=settings.portal_keys, clock=context.clock
    )
    return work, OrderDesk(portal, cases, work, storage.store)
