"""Ways to the real tenant that let nothing through but reads."""

from collections.abc import Mapping
from typing import Any, Final

from fulfilment.tenants.microsoft365.call import Call, Exchange, Graph, Reply, Verb

_READS: Final = "Get-"


class WriteRefusedError(Exception):
    """Something that only looks was about to change the tenant; nothing was sent."""


class ReadsOnlyGraph:
    """Microsoft Graph for who only looks."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph

    async def send(self, call: Call) -> Reply:
        """Send a read; see `Graph`.

        Raises:
            WriteRefusedError: It is none.
        """
        if call.operation.verb is not Verb.GET:
            raise WriteRefusedError(call.operation.name)
        return await self._graph.send(call)


class ReadsOnlyExchange:
    """Exchange Online for who only looks."""

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def run(self, cmdlet: str, /, **parameters: object) -> tuple[Mapping[str, Any], ...]:
        """Run a cmdlet that reads; see `Exchange`.

        Raises:
            WriteRefusedError: It is none.
        """
        if not cmdlet.startswith(_READS):
            raise WriteRefusedError(cmdlet)
        return await self._exchange.run(cmdlet, **parameters)
