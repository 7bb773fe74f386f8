"""Sending the messages that are owed to people."""

from collections.abc import Mapping

import structlog

from bot.edge.delivery_errors import RejectedMessageError
from bot.jobs.digest import digest_of
from bot.jobs.posting import Letter, OvertakenError, Posted, Posting
from dialogs.presenter import TO_DECIDERS, Presenter, Shown
from mutations.clock import Clock
from mutations.identity import ObjectId, RequestId
from mutations.jobs import Deliver, Message, RefreshCards
from mutations.request import MutationRequest
from store.deliveries import Delivery, DeliveryState, SqlDeliveries, Standing
from store.sent_cards import NewCard
from store.work import SqlStore, SqlWork

_log = structlog.get_logger(__name__)

_OVER = (DeliveryState.SENT, DeliveryState.REJECTED, DeliveryState.MOOT)


class Deliveries:
    """Sends each message at least once, says so where it may be twice, and forgets none."""

    def __init__(
        self,
        store: SqlStore,
        presenter: Presenter,
        posting: Posting,
        *,
        deliveries: SqlDeliveries,
        clock: Clock,
    ) -> None:
        self._store = store
        self._presenter = presenter
        self._posting = posting
        self._deliveries = deliveries
        self._clock = clock

    async def deliver(
        self, request_id: RequestId, person: ObjectId, message: str, occasion: str
    ) -> None:
        """Send one message; does nothing when it is known to have been sent before.

        When an earlier attempt may have arrived, it is sent with a note that says so; and a
        question goes out then even if it was answered meanwhile, in its final form, so that no
        copy in the chat has the last word.

        Raises:
            ConnectorUnavailableError: Not now; the job is tried again.
        """
        job = Deliver(
            request_id=request_id, person=person, message=Message(message), occasion=occasion
        )
        delivery = _delivery(job)
        standing = await self._deliveries.standing(delivery.key)
        if standing is not None and standing.state in _OVER:
            return
        request = await self._store.read(lambda now: now.requests.get(request_id))
        if request is None:
            return
        uncertain = standing is not None and standing.uncertain
        if self._is_moot(job, request) and not uncertain:
            await self._deliveries.keep(delivery, Standing(state=DeliveryState.MOOT))
            return
        note = self._presenter.repeat_note() if uncertain else ""
        letter = Letter(
            job=job,
            delivery=delivery,
            shown=self._shown(job, request),
            uncertain=uncertain,
            note=note,
        )
        await self._bring(letter, request)

    def _shown(self, job: Deliver, request: MutationRequest) -> Shown:
        if self._is_moot(job, request):
            return self._presenter.answered_question(request, job.person)
        about = ObjectId(job.occasion) if job.message is Message.UNREACHABLE else None
        return self._presenter.message(job.message, request, job.person, about=about)

    def _is_moot(self, job: Deliver, request: MutationRequest) -> bool:
        """Tell whether nobody has this question for this person any more."""
        asks = job.message in TO_DECIDERS
        return asks and not self._presenter.is_asked(request, job.person)

    async def _bring(self, letter: Letter, request: MutationRequest) -> None:
        try:
            posted = await self._posting.post(letter)
        except OvertakenError:
            _log.warning("message was sent by another worker", request_id=request.id)
            return
        except RejectedMessageError as error:
            await self._rejected(letter, error)
            return
        if posted is None:
            await self._unreachable(letter, request)
        else:
            await self._sent(letter, posted)

    async def _sent(self, letter: Letter, posted: Posted) -> None:
        job, shown, reference = letter.job, letter.shown, posted.reference

        async def act(work: SqlWork) -> None:
            await work.deliveries.keep(letter.delivery, Standing(state=DeliveryState.SENT))
            await work.jobs.enqueue(RefreshCards(request_id=job.request_id))
            if not posted.activity_id:
                _log.error("message without id, its card cannot follow", request_id=job.request_id)
                return
            await work.sent_cards.remember(
                NewCard(
                    person=job.person,
                    kind=shown.kind,
                    request_id=job.request_id,
                    conversation_id=reference.conversation_id,
                    activity_id=posted.activity_id,
                    service_url=reference.service_url,
                    digest=digest_of(shown.lasting),
                    is_repeat=letter.uncertain,
                )
            )

        await self._store.run(act)

    async def _unreachable(self, letter: Letter, request: MutationRequest) -> None:
        """Keep the message for later and tell the requester, unless that is who is missing."""
        job = letter.job
        _log.warning("person not reachable", request_id=request.id, message=job.message)
        standing = Standing(state=DeliveryState.UNREACHABLE, uncertain=letter.uncertain)

        async def act(work: SqlWork) -> None:
            await work.deliveries.keep(letter.delivery, standing)
            await self._audit(work, "delivery.unreachable", job)
            if job.person != request.requester.object_id:
                await work.jobs.enqueue(_notice(job, request))

        await self._store.run(act)
        # Whoever came in before this was on record was not told of it.
        if await self._posting.is_back(letter):
            await self._store.run(lambda work: work.jobs.enqueue(job))

    async def _rejected(self, letter: Letter, error: RejectedMessageError) -> None:
        """Give up on a message that will never be taken, for everybody to see."""
        job = letter.job
        reason = f"{error.status} {error.code}".strip()
        _log.error("message rejected", request_id=job.request_id, message=job.message, why=reason)

        async def act(work: SqlWork) -> None:
            standing = Standing(state=DeliveryState.REJECTED, reason=reason)
            await work.deliveries.keep(letter.delivery, standing)
            await self._audit(work, "delivery.rejected", job, status=error.status)

        await self._store.run(act)

    async def _audit(self, work: SqlWork, kind: str, job: Deliver, **more: object) -> None:
        params: Mapping[str, object] = {"person": job.person, "message": job.message, **more}
        await work.audit.append(
            kind, at=self._clock.now(), actor=None, request_id=job.request_id, params=params
        )


def _notice(job: Deliver, request: MutationRequest) -> Deliver:
    return Deliver(
        request_id=request.id,
        person=request.requester.object_id,
        message=Message.UNREACHABLE,
        occasion=job.person,
    )


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
