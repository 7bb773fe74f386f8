"""botbuilder's adapter on our own codec and connector."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from botbuilder.core import BotAdapter, TurnContext
from botbuilder.schema import Activity, ActivityTypes, ConversationReference, ResourceResponse

from bot.edge.codec import decode_activity, encode_activity
from bot.edge.connector import Connector

_ANSWER_KEY: Final = "mutatiebot.invoke_answer"
_NOT_IMPLEMENTED: Final = 501


@dataclass(frozen=True, slots=True)
class InvokeAnswer:
    """What the HTTP answer to an activity says; no body when None.

    Attributes:
        retry_after_s: When the channel may try again.
    """

    status: int
    body: Mapping[str, object] | None = None
    retry_after_s: int | None = None


def answer_invoke(context: TurnContext, answer: InvokeAnswer) -> None:
    """Set the answer of an invoke, or that another activity failed, from within its turn."""
    context.turn_state[_ANSWER_KEY] = answer


class EdgeAdapter(BotAdapter):
    """Runs turns of admitted activities and sends what they say through the connector.

    Middleware is added with `use`, as for every botbuilder adapter.
    """

    def __init__(
        self, connector: Connector, on_turn: Callable[[TurnContext], Awaitable[None]]
    ) -> None:
        super().__init__()
        self._connector = connector
        self._on_turn = on_turn

    async def process(self, payload: Mapping[str, Any]) -> InvokeAnswer | None:
        """Run one turn; return the answer to an invoke, None for everything else that went well.

        Args:
            payload: Admitted by the gate.
        """
        activity = decode_activity(payload)
        context = TurnContext(self, activity)
        await self.run_pipeline(context, self._on_turn)
        answer = context.turn_state.get(_ANSWER_KEY)
        if isinstance(answer, InvokeAnswer):
            return answer
        return InvokeAnswer(_NOT_IMPLEMENTED) if activity.type == ActivityTypes.invoke else None

    async def send_activities(
        self,
        context: TurnContext,  # noqa: ARG002 - botbuilder's signature
        activities: list[Activity],
    ) -> list[ResourceResponse]:
        """Send activities in order and return their ids; raises `DeliveryError`."""
        responses = []
        for activity in activities:
            identity = ""
            if activity.type != ActivityTypes.trace:
                identity = await self._connector.send(
                    activity.service_url, activity.conversation.id, encode_activity(activity)
                )
            responses.append(ResourceResponse(id=identity))
        return responses

    async def update_activity(
        self,
        context: TurnContext,  # noqa: ARG002 - botbuilder's signature
        activity: Activity,
    ) -> ResourceResponse:
        """Replace a sent activity; raises `DeliveryError`."""
        await self._connector.update(
            activity.service_url, activity.conversation.id, activity.id, encode_activity(activity)
        )
        return ResourceResponse(id=activity.id)

    async def delete_activity(
        self,
        context: TurnContext,  # noqa: ARG002 - botbuilder's signature
        reference: ConversationReference,
    ) -> None:
        """Remove a sent activity; raises `DeliveryError`."""
        await self._connector.delete(
            reference.service_url, reference.conversation.id, reference.activity_id
        )
