from collections.abc import Sequence
from dataclasses import asdict

import pytest
from typing_extensions import override

from bot.chat_memory import ChatMemory
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver, Message
from store.conversation_references import ConversationReference, SqlConversationReferences
from store.database import Database, DatabaseUnavailableError
from store.deliveries import Delivery, DeliveryState, SqlDeliveries, Standing
from store.jobs import JobEngine
from store.sent_cards import SqlSentCards
from store.unit_of_work import Store
from store.work import SqlStore
from tests.fakes.clock import FakeClock

ANN = ConversationReference(
    person=ObjectId("11111111-0000-0000-0000-000000000001"),
    conversation_id="a:conversation",
    service_url="https://smba.example/emea/",
    tenant_id="22222222-0000-0000-0000-000000000002",
    bot_id="28:bot",
    account_id="29:ann",
)


@pytest.fixture
def references(database: Database, clock: FakeClock) -> SqlConversationReferences:
    return SqlConversationReferences(database, clock)


async def _row_version(database: Database) -> object:
    """Return what changes with every write and every lock of the one row."""
    async with database.connection() as connection:
        cursor = await connection.execute(
            "select xmin::text, xmax::text, updated_at from conversation_reference"
        )
        rows = await cursor.fetchall()
    assert len(rows) == 1
    return rows[0]


async def test_nobody_is_known_at_first(references: SqlConversationReferences) -> None:
    assert await references.find(ANN.person) is None


async def test_an_address_is_found_again(references: SqlConversationReferences) -> None:
    await references.remember(ANN)

    assert await references.find(ANN.person) == ANN


@pytest.mark.parametrize(
    "field", ["conversation_id", "service_url", "tenant_id", "bot_id", "account_id"]
)
async def test_a_changed_address_takes_the_place_of_the_old_one(
    references: SqlConversationReferences, field: str
) -> None:
    moved = ConversationReference(**(asdict(ANN) | {field: "changed"}))
    await references.remember(ANN)

    await references.remember(moved)

    assert await references.find(ANN.person) == moved


async def test_a_known_address_is_neither_written_nor_locked(
    references: SqlConversationReferences, database: Database, clock: FakeClock
) -> None:
    await references.remember(ANN)
    before = await _row_version(database)
    clock.advance(hours=1)

    await references.remember(ANN)

    assert await _row_version(database) == before


async def test_a_person_is_forgotten(references: SqlConversationReferences) -> None:
    await references.remember(ANN)

    await references.forget(ANN.person)
    await references.forget(ANN.person)

    assert await references.find(ANN.person) is None


class CutDeliveries(SqlDeliveries):
    """Loses the database once, at the look for what waits."""

    is_cut = True

    @override
    async def unreachable_for(self, person: ObjectId) -> Sequence[Delivery]:
        if self.is_cut:
            self.is_cut = False
            raise DatabaseUnavailableError("cut")
        return await super().unreachable_for(person)


@pytest.mark.case("N03")
@pytest.mark.parametrize("ends", ["turn", "process"])
async def test_what_waits_for_a_person_is_sent_though_their_return_was_cut_short(
    database: Database, clock: FakeClock, ends: str
) -> None:
    engine = JobEngine(database)
    await engine.open()
    engine.register(Deliver.name, _nothing)
    store = SqlStore(Store(database, engine), clock)
    sent_cards = SqlSentCards(database)
    deliveries = CutDeliveries(database, clock)

    def memory() -> ChatMemory:
        references = SqlConversationReferences(database, clock)
        return ChatMemory(
            store,
            references=references,
            sent_cards=sent_cards,
            deliveries=deliveries,
            clock=clock,
        )

    owed = Delivery(
        key=f"r1:{Message.DONE}:{ANN.person}:",
        person=ANN.person,
        message=Message.DONE,
        request_id=RequestId("r1"),
    )
    await deliveries.keep(owed, Standing(state=DeliveryState.UNREACHABLE))
    first = memory()
    with pytest.raises(DatabaseUnavailableError):
        await first.remember(ANN)
    second = first if ends == "turn" else memory()

    await second.remember(ANN)
    await second.remember(ANN)

    async with database.connection() as connection:
        rows = await (await connection.execute("select args from procrastinate_jobs")).fetchall()
    assert [row["args"]["request_id"] for row in rows] == ["r1"]


async def _nothing(**_: object) -> None:
    """Be the handler of a job that no worker runs here."""
