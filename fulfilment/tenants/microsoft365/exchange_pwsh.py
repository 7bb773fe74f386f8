"""Runs cmdlets in one PowerShell process with the module ExchangeOnlineManagement.

This is the way that Microsoft supports; it was never run against a real PowerShell here.

Source: https://learn.microsoft.com/powershell/exchange/app-only-auth-powershell-v2
"""

import asyncio
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import msgspec
import orjson
import structlog
from typing_extensions import override

from fulfilment.tenant import TransientTenantError
from fulfilment.tenants.microsoft365.exchange_answers import class_of, raise_for, warning_classes
from fulfilment.tenants.microsoft365.exchange_checked import CheckedExchange
from fulfilment.tenants.microsoft365.exchange_cmdlets import Cmdlet, Ran
from fulfilment.tenants.microsoft365.patience import Patience
from fulfilment.tenants.microsoft365.quota import Quota, Resource

_SCRIPT: Final = Path(__file__).with_name("exchange_session.ps1")
_ARGUMENTS: Final = ("-NoLogo", "-NoProfile", "-NonInteractive", "-File", str(_SCRIPT))
_LONGEST_LINE: Final = 16 * 1024 * 1024
_MOST_STRAY_LINES: Final = 100
_CONNECT_AGAIN_S: Final = 60.0
_ASKS_TO_WAIT_S: Final = 10.0

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class PwshSession:
    """How PowerShell signs in to Exchange Online, as an app with a certificate.

    Attributes:
        app_id: Client id of the app registration.
        organization: Initial domain of the tenant, such as `example.onmicrosoft.com`.
        certificate_thumbprint: Of a certificate in the store of the user (Windows).
        certificate_file: PKCS#12 file without a password (every platform).
        environment: All that PowerShell gets to see of the environment: `PATH` and `HOME`, not
            the secrets of the bot.
    """

    app_id: str
    organization: str
    environment: Mapping[str, str]
    certificate_thumbprint: str = ""
    certificate_file: str = ""

    def __post_init__(self) -> None:
        """Refuse what cannot sign in."""
        if bool(self.certificate_thumbprint) == bool(self.certificate_file):
            raise ValueError("give either a thumbprint or a file of the certificate")

    @property
    def connect(self) -> dict[str, str]:
        """Parameters of `Connect-ExchangeOnline`."""
        certificate = (
            {"CertificateThumbprint": self.certificate_thumbprint}
            if self.certificate_thumbprint
            else {"CertificateFilePath": self.certificate_file}
        )
        return {"AppId": self.app_id, "Organization": self.organization, **certificate}


class _Line(msgspec.Struct, frozen=True):
    id: int
    objects: list[dict[str, Any]] = []
    warnings: list[str] = []
    error: str | None = None


class PwshExchange(CheckedExchange):
    """Implements `Exchange`; one cmdlet at a time.

    The process starts with the first cmdlet. When it ends, or gives no answer in time, it is
    killed and the next cmdlet starts another: a process whose answer is late could give it to the
    wrong question. Close it with `aclose`.
    """

    def __init__(
        self,
        session: PwshSession,
        *,
        quota: Quota,
        program: str = "pwsh",
        patience: Patience | None = None,
        cmdlet_s: float = 120.0,
        quota_patience_s: float = 30.0,
    ) -> None:
        """Prepare; nothing is started.

        Args:
            session: How to sign in.
            quota: Shared by all replicas.
            program: PowerShell 7.
            patience: How long a cmdlet that may be repeated is repeated.
            cmdlet_s: Longest time for one cmdlet, and for signing in.
            quota_patience_s: Longest wait for the quota.
        """
        super().__init__(quota, patience=patience, quota_patience_s=quota_patience_s)
        self._session = session
        self._program = program
        self._cmdlet_s = cmdlet_s
        self._turn = asyncio.Lock()
        self._process: Process | None = None
        self._number = 0

    async def aclose(self) -> None:
        """End the process; waits for the cmdlet that runs."""
        async with self._turn:
            await self._end()

    @override
    async def _once(self, cmdlet: Cmdlet, parameters: Mapping[str, object]) -> Ran:
        async with self._turn:
            process = self._process or await self._started()
            self._number += 1
            order = {
                "id": self._number,
                "cmdlet": cmdlet.name,
                "parameters": _plain(parameters),
                "returns": cmdlet.returns,
            }
            line = await self._asked(process, order, self._number)
        if line.error is not None:
            await self._refused(line.error, cmdlet)
        return Ran(objects=tuple(line.objects), warnings=warning_classes(line.warnings))

    async def _refused(self, message: str, cmdlet: Cmdlet) -> None:
        try:
            raise_for(message, cmdlet=cmdlet.name)
        except TransientTenantError:
            await self._quota.pause(Resource.EXCHANGE, _ASKS_TO_WAIT_S)
            raise

    async def _started(self) -> Process:
        try:
            process = await asyncio.create_subprocess_exec(
                self._program,
                *_ARGUMENTS,
                stdin=PIPE,
                stdout=PIPE,
                stderr=DEVNULL,  # holds addresses
                env=dict(self._session.environment),
                limit=_LONGEST_LINE,
            )
        except OSError as error:
            _log.warning("powershell does not start", fault=type(error).__name__)
            raise TransientTenantError(_CONNECT_AGAIN_S) from error
        self._process = process
        line = await self._asked(process, self._session.connect, 0)
        if line.error is not None:
            _log.warning("exchange does not let the app in", fault=class_of(line.error))
            await self._end()
            raise TransientTenantError(_CONNECT_AGAIN_S)
        return process

    async def _asked(self, process: Process, order: Mapping[str, Any], number: int) -> _Line:
        is_answered = False
        try:
            async with asyncio.timeout(self._cmdlet_s):
                line = await _answer(process, order, number)
            is_answered = True
        except (TimeoutError, OSError, ValueError) as error:  # ValueError: an endless line
            _log.warning("powershell does not answer", fault=type(error).__name__)
            raise TransientTenantError from error
        finally:
            if not is_answered:  # also when whoever asked has given up
                await self._end()
        return line

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        if process.stdin is not None:
            process.stdin.close()
        if process.returncode is None:
            process.kill()
        await process.wait()


async def _answer(process: Process, order: Mapping[str, Any], number: int) -> _Line:
    """Return the line that answers; whatever else the program prints is passed over."""
    if process.stdin is None or process.stdout is None:
        raise AssertionError("started with pipes")
    process.stdin.write(orjson.dumps(order) + b"\n")
    await process.stdin.drain()
    for _ in range(_MOST_STRAY_LINES):
        raw = await process.stdout.readline()
        if not raw:
            raise ConnectionError("the program ended")
        try:
            line = msgspec.json.decode(raw, type=_Line)
        except msgspec.DecodeError:
            continue
        if line.id == number:
            return line
        break
    raise ConnectionError("not the answer to this question")


def _plain(parameters: Mapping[str, object]) -> dict[str, object]:
    """Return the parameters without what only the REST interface needs."""
    return {
        name: {key: part for key, part in value.items() if key != "@odata.type"}
        if isinstance(value, Mapping)
        else value
        for name, value in parameters.items()
    }
