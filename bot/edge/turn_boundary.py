"""Where the framework ends: a turn becomes an act of a person, a reply becomes activities."""

import asyncio
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Final

import structlog
from botbuilder.core import TurnContext
from botbuilder.schema import Activity

from bot.edge.adapter import InvokeAnswer, answer_invoke
from bot.edge.delivery_errors import DeliveryError
from bot.edge.incoming import ActivityKind, kind_of, read_incoming
from bot.edge.metrics import EdgeMetrics
from bot.edge.outgoing import CARD_TYPE, card_activity, text_activity
from bot.edge.references import References, reference_of
from bot.edge.seals import Seals
from bot.edge.turn_limits import TurnLimits, TurnsInFlight, TurnTooLongError
from dialogs.turn import Conversation, IncomingKind, Interruption, Reply, Standing
from store.database import DatabaseUnavailableError

_OK: Final = 200
_UNAVAILABLE: Final = 503
_FRAMES: Final = 6

_log = structlog.get_logger(__name__)


class TurnInterruptedError(Exception):
    """A turn ended without an answer through no fault of the program or the person."""

    def __init__(self, reason: str, interruption: Interruption) -> None:
        super().__init__(reason)
        self.reason = reason
        self.interruption = interruption


class TurnBoundary:
    """Lets the conversations answer one activity, whatever goes wrong while they do."""

    def __init__(
        self,
        conversation: Conversation,
        references: References,
        *,
        seals: Seals,
        metrics: EdgeMetrics,
        new_id: Callable[[], str],
        limits: TurnLimits | None = None,
    ) -> None:
        self._limits = limits or TurnLimits()
        self._turns = TurnsInFlight(self._limits, metrics.turns_in_flight)
        self._conversation = conversation
        self._references = references
        self._seals = seals
        self._metrics = metrics
        self._new_id = new_id

    async def on_turn(self, context: TurnContext) -> None:
        """Answer the activity of one turn; the adapter calls this."""
        kind = kind_of(context.activity)
        self._metrics.activities.labels(kind.value).inc()
        if kind in {ActivityKind.IGNORED, ActivityKind.UNKNOWN_INVOKE}:
            return
        correlation_id = self._new_id()
        give_up_at = asyncio.get_running_loop().time() + (
            self._limits.conversation_s + self._limits.reply_s
        )
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            try:
                reply = await self._in_time(context.activity, kind, correlation_id)
            except TurnInterruptedError as interrupted:
                self._metrics.interrupted.labels(interrupted.reason).inc()
                _log.warning("turn interrupted", reason=interrupted.reason)
                reply = self._turned_away(context, kind, interrupted.interruption)
            await self._deliver(context, kind, reply, give_up_at=give_up_at)

    async def _in_time(self, activity: Activity, kind: ActivityKind, correlation_id: str) -> Reply:
        if self._turns.is_full:
            raise TurnInterruptedError("overload", Interruption.NOT_BEGUN)
        try:
            return await self._turns.run(self._reply_to(activity, kind, correlation_id))
        except TurnTooLongError as error:
            raise TurnInterruptedError("deadline", Interruption.PERHAPS_DONE) from error

    async def _reply_to(
        self, activity: Activity, kind: ActivityKind, correlation_id: str
    ) -> Reply:
        try:
            return self._sealed(activity, await self._respond(activity, kind))
        except DatabaseUnavailableError as error:
            raise TurnInterruptedError("database", Interruption.PERHAPS_DONE) from error
        except Exception as error:  # noqa: BLE001 - the turn boundary: a person always gets an answer
            self._metrics.failed_turns.inc()
            _log.error(  # not `exception`: its text may hold names
                "turn failed", error=type(error).__name__, where=_frames(error)
            )
        return self._sealed(activity, self._conversation.problem(correlation_id))

    def _turned_away(
        self, context: TurnContext, kind: ActivityKind, interruption: Interruption
    ) -> Reply:
        """Return what a person reads; tell the channel 503 unless it waits for a card.

        Teams shows nothing of use for an invoke that failed, so a press is always answered.
        """
        activity = context.activity
        if kind is not ActivityKind.PRESS:
            retry_after_s = self._limits.retry_after_s
            answer_invoke(context, InvokeAnswer(_UNAVAILABLE, retry_after_s=retry_after_s))
            if interruption is Interruption.NOT_BEGUN:
                return Reply()  # too busy to send anything as well
        incoming = read_incoming(activity, kind, self._seals)
        return self._sealed(activity, self._conversation.interrupted(incoming, interruption))

    async def _respond(self, activity: Activity, kind: ActivityKind) -> Reply:
        incoming = read_incoming(activity, kind, self._seals)
        if incoming.kind is IncomingKind.PRESS and incoming.standing is not Standing.GENUINE:
            self._metrics.refused_seals.labels(incoming.standing.value).inc()
        if incoming.personal:
            await self._references.remember(reference_of(activity))
        reply = await self._conversation.respond(incoming)
        if kind is ActivityKind.PRESS and not reply.cards:
            raise ValueError("a press was answered without a card")
        if kind is ActivityKind.PRESS and reply.tracked and incoming.card_id:
            await self._references.follow(
                reference_of(activity),
                reply.tracked,
                card_id=incoming.card_id,
                card=reply.cards[0],
            )
        return reply

    def _sealed(self, activity: Activity, reply: Reply) -> Reply:
        """Return the reply with its buttons bound to who gets them and where."""
        cards = (
            self._seals.sealed(
                card,
                person=activity.from_property.aad_object_id,
                conversation_id=activity.conversation.id,
            )
            for card in reply.cards
        )
        return replace(reply, cards=tuple(cards))

    async def _deliver(
        self, context: TurnContext, kind: ActivityKind, reply: Reply, *, give_up_at: float
    ) -> None:
        cards = reply.cards
        if kind is ActivityKind.PRESS:
            body = {"statusCode": _OK, "type": CARD_TYPE, "value": cards[0]}
            answer_invoke(context, InvokeAnswer(_OK, body))
            cards = cards[1:]
        messages = [card_activity(card, summary=reply.summary) for card in cards]
        if not reply.cards and reply.summary:
            messages = [text_activity(reply.summary)]
        if not messages:
            return
        try:
            async with asyncio.timeout_at(give_up_at):
                await context.send_activities(messages)
        except TimeoutError:
            self._metrics.undelivered.labels("TimeoutError").inc()
            _log.warning("reply not delivered in time")
        except DeliveryError as error:
            # What was decided stands and can be asked for again; there is nobody to tell here.
            self._metrics.undelivered.labels(type(error).__name__).inc()
            _log.warning("reply not delivered", status=error.status, code=error.code)


def _frames(error: Exception) -> list[str]:
    """Return where an exception came from, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames]
