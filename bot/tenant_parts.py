"""The ways to the real tenant, as an order and the check both use them."""

from dataclasses import dataclass
from typing import Protocol

from fulfilment.tenants.microsoft365.call import Exchange, Graph


class Tokens(Protocol):
    """Gives the bearer token of the app that changes the tenant."""

    async def token(self) -> str:
        """Return a token; raises what says why there is none."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantParts:
    """The ways to the real tenant, opened as for an order.

    Attributes:
        tokens: For Microsoft Graph.
        exchange_tokens: For Exchange Online; None where PowerShell signs in by itself.
    """

    tokens: Tokens
    graph: Graph
    exchange: Exchange
    exchange_tokens: Tokens | None = None
