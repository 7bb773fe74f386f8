"""Step `mailbox.aliases_kept`: order A lost no address (R3); it only reads."""

from typing import ClassVar

from fulfilment.steps.step import State, StepContext, Verdict, lines, text, texts
from mutations.plan import Route, Undo


class KeepAliases:
    """Checks that every address from before the order still reaches the same mailbox."""

    name: ClassVar[str] = "mailbox.aliases_kept"
    route: ClassVar[Route] = Route.READ
    undo: ClassVar[Undo] = Undo.NOTHING

    def __init__(self, context: StepContext, args: State) -> None:
        self._context = context
        self._guid = text(args, "mailbox")

    async def inspect(self) -> State:
        """Return all addresses of the mailbox."""
        mailbox = await self._context.pinned_mailbox(self._guid)
        return {"addresses": sorted(mailbox.addresses)}

    async def apply(self) -> None:
        """Change nothing: keeping is what this step is for."""

    async def verify(self, before: State) -> Verdict:
        """Hold when no address of before is missing."""
        state = await self.inspect()
        lost = set(texts(before, "addresses")) - set(texts(state, "addresses"))
        return Verdict(not lost, state)

    @staticmethod
    def readable(state: State) -> str:
        """Return the addresses, one a line."""
        return lines(texts(state, "addresses"))
