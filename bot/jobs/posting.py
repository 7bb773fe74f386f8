"""Bringing one message to where somebody is, with its outcome on record at every moment."""

from dataclasses import dataclass, replace

import structlog

from bot.edge.connector import Connector
from bot.edge.delivery_errors import (
    AddressRefusedError,
    ConnectorUnavailableError,
    UnknownOutcomeError,
    UnreachableError,
)
from bot.edge.outgoing import card_message
from bot.edge.seals import Seals
from bot.jobs.reach import Reach
from dialogs.presenter import Shown
from mutations.jobs import Deliver
from store.conversation_references import ConversationReference
from store.deliveries import Delivery, DeliveryState, SqlDeliveries, Standing

_log = structlog.get_logger(__name__)


class OvertakenError(Exception):
    """Another worker has seen to the message for good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A message on its way.

    Attributes:
        uncertain: It may hang in the chat already.
        note: What then stands above it.
    """

    job: Deliver
    delivery: Delivery
    shown: Shown
    uncertain: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Posted:
    """Where a message hangs; `activity_id` is empty when the Connector did not name it."""

    reference: ConversationReference
    activity_id: str


class Posting:
    """Sends letters."""

    def __init__(
        self, connector: Connector, reach: Reach, *, deliveries: SqlDeliveries, seals: Seals
    ) -> None:
        self._connector = connector
        self._reach = reach
        self._deliveries = deliveries
        self._seals = seals

    async def post(self, letter: Letter) -> Posted | None:
        """Send a letter to the person's chat, a new one if the known chat is gone.

        Before it goes it is on record as being sent. That mark stays while nobody knows whether
        it arrived, so that the next attempt says that it may be a repeat.

        Returns:
            Where it hangs, or None: the person cannot be reached.

        Raises:
            OvertakenError: It was sent already, while this worker stood still.
            ConnectorUnavailableError: Not now; try again.
            RejectedMessageError: The Connector will never take it.
        """
        reference = await self._reach.find(letter.job.person)
        if reference is None:
            return None
        try:
            return await self._send(letter, reference)
        except AddressRefusedError:
            # Somebody altered the address where it is stored; the settings know a good one.
            _log.error("stored address refused", person=letter.job.person)
            reference = await self._reach.lost(letter.job.person)
        except UnreachableError:
            reference = await self._reach.lost(letter.job.person)
        if reference is None:
            return None
        try:
            return await self._send(letter, reference)
        except UnreachableError:
            await self._reach.forget(letter.job.person)
            return None

    async def is_back(self, letter: Letter) -> bool:
        """Tell whether somebody who could not be reached came in meanwhile."""
        return await self._reach.is_known(letter.job.person)

    async def _send(self, letter: Letter, reference: ConversationReference) -> Posted:
        card = self._seals.sealed(
            letter.shown.card,
            person=letter.job.person,
            conversation_id=reference.conversation_id,
        )
        message = card_message(card, summary=letter.shown.summary, text=letter.note)
        mark = Standing(state=DeliveryState.SENDING, uncertain=letter.uncertain)
        if not await self._deliveries.keep(letter.delivery, mark):
            raise OvertakenError
        try:
            activity_id = await self._connector.send(
                reference.service_url, reference.conversation_id, message
            )
        except UnknownOutcomeError:
            raise
        except (ConnectorUnavailableError, UnreachableError, AddressRefusedError):
            standing = replace(mark, state=DeliveryState.WAITING)
            await self._deliveries.keep(letter.delivery, standing)
            raise
        if not activity_id and not letter.uncertain:
            # Perhaps something on the way answered. Twice the same is taken for an answer.
            raise UnknownOutcomeError(code="NoActivityId")
        return Posted(reference=reference, activity_id=activity_id)
