"""What both ways to Exchange have in common: the allow-list, the shared quota and the patience."""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any

import structlog

from fulfilment.tenants.microsoft365.exchange_cmdlets import Cmdlet, Ran, checked
from fulfilment.tenants.microsoft365.patience import Patience, patiently
from fulfilment.tenants.microsoft365.quota import Quota, Resource, is_bulk, wait_for_turn

_log = structlog.get_logger(__name__)


class CheckedExchange(ABC):
    """Implements `Exchange` for whoever can send one cmdlet once."""

    def __init__(
        self, quota: Quota, *, patience: Patience | None, quota_patience_s: float
    ) -> None:
        self._quota = quota
        self._patience = patience or Patience()
        self._quota_patience_s = quota_patience_s

    async def run(self, cmdlet: str, /, **parameters: object) -> tuple[Mapping[str, Any], ...]:
        """Run an allowed cmdlet; see `Exchange`."""
        return (await self.ran(cmdlet, parameters)).objects

    async def ran(self, cmdlet: str, parameters: Mapping[str, object]) -> Ran:
        """Run an allowed cmdlet and return what it wrote, warnings included.

        Raises:
            ValueError: Not an allowed cmdlet, or not with these parameters; nothing was sent.
            TransientTenantError: No answer, or not now; a change was perhaps made.
            PermanentTenantError: Exchange refuses.
        """
        allowed = checked(cmdlet, parameters)

        async def once() -> Ran:
            await wait_for_turn(
                self._quota,
                Resource.EXCHANGE,
                1,
                urgent=not is_bulk(),
                patience_s=self._quota_patience_s,
            )
            return await self._once(allowed, parameters)

        ran = await patiently(once, self._patience, repeatable=allowed.is_repeatable)
        if ran.warnings:
            _log.info("cmdlet warned", cmdlet=cmdlet, warnings=ran.warnings)
        return ran

    @abstractmethod
    async def _once(self, cmdlet: Cmdlet, parameters: Mapping[str, object]) -> Ran:
        """Send one cmdlet and return its answer; raises what `ran` raises."""
