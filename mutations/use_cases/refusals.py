"""Every refusal leaves a trace in the audit."""

from mutations.errors import DomainError
from mutations.identity import ObjectId, RequestId
from mutations.ports import Work
from mutations.use_cases.context import Context


class RecordRefusal:
    """Write down that somebody asked for something that was refused."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(
        self, actor: ObjectId, error: DomainError, *, verb: str, request_id: RequestId | None
    ) -> None:
        """Append who asked what and why it was refused; no texts and no names."""
        context = self._context

        async def act(work: Work) -> None:
            await work.audit.append(
                "refused",
                at=context.now(),
                actor=actor,
                request_id=request_id,
                params={"verb": verb, "error": error.message_key},
            )

        await context.store.run(act)
