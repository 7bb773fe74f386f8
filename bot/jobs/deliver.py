"""Sending the messages that are owed to people."""

import structlog

from bot.edge.connector import Connector
from bot.edge.delivery_errors import UnreachableError
from bot.edge.outgoing import card_message
from bot.jobs.digest import digest_of
from bot.jobs.reach import Reach
from dialogs.presenter import TO_DECIDERS, Presenter, Shown, awaits_decision
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver, Message, RefreshCards
from mutations.request import MutationRequest
from store.conversation_references import ConversationReference
from store.deliveries import Delivery, DeliveryState, SqlDeliveries
from store.sent_cards import NewCard, SqlSentCards
from store.work import SqlStore, SqlWork

_log = structlog.get_logger(__name__)


class Deliveries:
    """Sends each message once, and remembers who could not be reached."""

    def __init__(
        self,
        store: SqlStore,
        presenter: Presenter,
        connector: Connector,
        reach: Reach,
        *,
        deliveries: SqlDeliveries,
        sent_cards: SqlSentCards,
    ) -> None:
        self._store = store
        self._presenter = presenter
        self._connector = connector
        self._reach = reach
        self._deliveries = deliveries
        self._sent_cards = sent_cards

    async def deliver(
        self, request_id: RequestId, person: ObjectId, message: str, occasion: str
    ) -> None:
        """Send one message; does nothing when it was sent before.

        A stop between sending and writing that down sends it twice: the card is the same.

        Raises:
            ConnectorUnavailableError: Not now; the job is tried again.
        """
        job = Deliver(
            request_id=request_id, person=person, message=Message(message), occasion=occasion
        )
        delivery = _delivery(job)
        if await self._deliveries.state(delivery.key) is DeliveryState.SENT:
            return
        request = await self._store.read(lambda now: now.requests.get(request_id))
        if request is None or _is_moot(job, request):
            return
        about = ObjectId(occasion) if job.message is Message.UNREACHABLE else None
        shown = self._presenter.message(job.message, request, person, about=about)
        reference = await self._send(job, shown)
        if reference is None:
            await self._unreachable(job, delivery, request)
            return
        await self._deliveries.keep(delivery, DeliveryState.SENT)
        await self._store.run(lambda work: work.jobs.enqueue(RefreshCards(request_id=request_id)))

    async def _send(self, job: Deliver, shown: Shown) -> ConversationReference | None:
        reference = await self._reach.find(job.person)
        if reference is None:
            return None
        try:
            return await self._post(job, shown, reference)
        except UnreachableError:
            reference = await self._reach.lost(job.person)
        if reference is None:
            return None
        try:
            return await self._post(job, shown, reference)
        except UnreachableError:
            return None

    async def _post(
        self, job: Deliver, shown: Shown, reference: ConversationReference
    ) -> ConversationReference:
        activity_id = await self._connector.send(
            reference.service_url,
            reference.conversation_id,
            card_message(shown.card, summary=shown.summary),
        )
        await self._sent_cards.remember(
            NewCard(
                person=job.person,
                kind=shown.kind,
                request_id=job.request_id,
                conversation_id=reference.conversation_id,
                activity_id=activity_id,
                service_url=reference.service_url,
                digest=digest_of(shown.lasting),
            )
        )
        return reference

    async def _unreachable(
        self, job: Deliver, delivery: Delivery, request: MutationRequest
    ) -> None:
        """Keep the message for later and tell the requester, unless that is who is missing."""
        _log.warning("person not reachable", request_id=request.id, message=job.message)
        await self._deliveries.keep(delivery, DeliveryState.UNREACHABLE)
        if job.person == request.requester.object_id:
            return
        notice = Deliver(
            request_id=request.id,
            person=request.requester.object_id,
            message=Message.UNREACHABLE,
            occasion=job.person,
        )
        await self._store.run(lambda work: work.jobs.enqueue(notice))


def _is_moot(job: Deliver, request: MutationRequest) -> bool:
    """Tell whether a question has been answered before it could be asked."""
    return job.message in TO_DECIDERS and not awaits_decision(request)


def _delivery(job: Deliver) -> Delivery:
    key = f"{job.request_id}:{job.message}:{job.person}:{job.occasion}"
    return Delivery(key=key, person=job.person, message=job.message, request_id=job.request_id)


async def send_again(work: SqlWork, waiting: Delivery) -> None:
    """Queue a message that waited until its person could be reached."""
    _, message, person, occasion = waiting.key.split(":", 3)
    await work.jobs.enqueue(
        Deliver(
            request_id=waiting.request_id,
            person=ObjectId(person),
            message=Message(message),
            occasion=occasion,
        )
    )
