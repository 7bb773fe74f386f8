"""A fake Bot Connector that loses the answer to one call of the bot's choosing, by its number."""

from dataclasses import dataclass
from typing import Any

from aiohttp import web
from typing_extensions import override

from tests.fakes.bot_connector import FakeConnector


@dataclass
class CuttingConnector(FakeConnector):
    """Counts calls from `arm` on, and does one of them without answering.

    Attributes:
        calls: Calls since the last `arm`, as `POST` (a message), `PUT`, `new` (a chat).
        cut: The call that was cut.
    """

    cut_at: int = 0
    cut: str = ""

    @override
    def __post_init__(self) -> None:
        super().__post_init__()
        self.calls: list[str] = []

    def arm(self, cut_at: int) -> None:
        """Count anew and cut this call; 0 cuts none."""
        self.calls = []
        self.cut_at = cut_at
        self.cut = ""

    @override
    async def _answer(self, asked: Any) -> web.Response:
        is_new = asked.request.path.endswith("/conversations")
        self.calls.append("new" if is_new else asked.request.method)
        if len(self.calls) == self.cut_at:
            self.cut = self.calls[-1]
            self.answer_next(0, after_doing=True)
        return await super()._answer(asked)
