"""How far a message is: what another worker has seen to is not taken back."""

import pytest

from mutations.identity import ObjectId, RequestId
from mutations.jobs import Message
from store.database import Database
from store.deliveries import Delivery, DeliveryState, SqlDeliveries, Standing
from tests.fakes.clock import FakeClock

OWED = Delivery(
    key="r1:done:p1:", person=ObjectId("p1"), message=Message.DONE, request_id=RequestId("r1")
)
OVER = (DeliveryState.SENT, DeliveryState.REJECTED, DeliveryState.MOOT)


@pytest.mark.case("D08")
@pytest.mark.parametrize("over", OVER)
async def test_worker_that_stood_still_learns_that_the_message_was_seen_to(
    database: Database, clock: FakeClock, over: DeliveryState
) -> None:
    deliveries = SqlDeliveries(database, clock)
    assert await deliveries.keep(OWED, Standing(state=DeliveryState.SENDING))
    assert await deliveries.keep(OWED, Standing(state=over))

    for late in (DeliveryState.SENDING, DeliveryState.WAITING, DeliveryState.UNREACHABLE):
        assert not await deliveries.keep(OWED, Standing(state=late))

    assert await deliveries.standing(OWED.key) == Standing(state=over)
