"""Where the framework ends: a turn becomes an act of a person, a reply becomes activities."""

import traceback
from collections.abc import Callable
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
from dialogs.turn import Conversation, Reply

_OK: Final = 200
_FRAMES: Final = 6

_log = structlog.get_logger(__name__)


class TurnBoundary:
    """Lets the conversations answer one activity, whatever goes wrong while they do."""

    def __init__(
        self,
        conversation: Conversation,
        references: References,
        *,
        metrics: EdgeMetrics,
        new_id: Callable[[], str],
    ) -> None:
        self._conversation = conversation
        self._references = references
        self._metrics = metrics
        self._new_id = new_id

    async def on_turn(self, context: TurnContext) -> None:
        """Answer the activity of one turn; the adapter calls this."""
        kind = kind_of(context.activity)
        self._metrics.activities.labels(kind.value).inc()
        if kind in {ActivityKind.IGNORED, ActivityKind.UNKNOWN_INVOKE}:
            return
        correlation_id = self._new_id()
        with structlog.contextvars.bound_contextvars(correlation_id=correlation_id):
            reply = await self._reply_to(context.activity, kind, correlation_id)
            await self._deliver(context, kind, reply)

    async def _reply_to(
        self, activity: Activity, kind: ActivityKind, correlation_id: str
    ) -> Reply:
        try:
            return await self._respond(activity, kind)
        except Exception as error:  # noqa: BLE001 - the turn boundary: a person always gets an answer
            self._metrics.failed_turns.inc()
            _log.error(  # not `exception`: its text may hold names
                "turn failed", error=type(error).__name__, where=_frames(error)
            )
        return self._conversation.problem(correlation_id)

    async def _respond(self, activity: Activity, kind: ActivityKind) -> Reply:
        incoming = read_incoming(activity, kind)
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

    async def _deliver(self, context: TurnContext, kind: ActivityKind, reply: Reply) -> None:
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
            await context.send_activities(messages)
        except DeliveryError as error:
            # What was decided stands and can be asked for again; there is nobody to tell here.
            self._metrics.undelivered.labels(type(error).__name__).inc()
            _log.warning("reply not delivered", status=error.status, code=error.code)


def _frames(error: Exception) -> list[str]:
    """Return where an exception came from, without any value."""
    frames = traceback.extract_tb(error.__traceback__)[-_FRAMES:]
    return [f"{Path(frame.filename).name}:{frame.lineno}:{frame.name}" for frame in frames]
