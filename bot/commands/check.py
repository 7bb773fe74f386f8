"""The command that looks whether everything is in place before it is needed; changes nothing."""

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Final

import jwt
import typer

from bot.audit.keys import AuditKeyError, read_private_key
from bot.clock import SystemClock
from bot.commands.portal_look import portal_problem
from bot.commands.terminal import database_url, settings_in_use
from bot.edge.delivery_errors import TokenUnavailableError
from bot.register_file import RegisterFileError, load_register
from bot.settings import Mode, Settings
from bot.tenant_parts import TenantParts, Tokens
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365 import calls
from fulfilment.tenants.microsoft365.call import Exchange, Graph
from fulfilment.tenants.microsoft365.permissions import (
    EXCHANGE_NEEDED,
    GRAPH_NEEDED,
    GRAPH_TO_READ,
    compared,
)
from mutations.clock import local_date
from store.audit_protection import AuditNotProtectedError, check_protection
from store.database import Database, DatabaseUnavailableError
from store.embedded_cluster import EmbeddedPostgresError
from store.migration import DatabaseBehindError, DatabaseNewerError, require_up_to_date

_BAD: Final = 1
# Nobody's mailbox: that it is not found shows that the app may look, and reads nothing.
_NOBODY: Final = "5d0f7a52-3c1e-4b7f-8a64-0f9be4a1c7d3"
_UNREACHABLE: Final = (TokenUnavailableError, TransientTenantError, PermanentTenantError)


class Verdict(StrEnum):
    """What came of a check."""

    OK = "ok"
    WARNING = "warning"
    NOT_OK = "not ok"


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the answer; what it says holds no name, address or secret."""

    verdict: Verdict
    check: str
    says: str


OpenTenant = Callable[[Settings], AbstractAsyncContextManager[TenantParts | None]]


@asynccontextmanager
async def nothing_real(_: Settings) -> AsyncIterator[None]:
    """Open no tenant: the simulated one needs nothing."""
    yield None


def run_check(open_tenant: OpenTenant = nothing_real) -> None:
    """Print one line for every check; end with 1 when anything is not ok.

    Faulty settings end it with 2 before anything else is looked at, as in every command.

    Args:
        open_tenant: Opens the tenant of the settings; yields None for the simulated one.
    """
    is_bad = False
    for finding in _findings(settings_in_use(), open_tenant):
        typer.echo(f"{finding.verdict}\t{finding.check}\t{finding.says}")
        is_bad = is_bad or finding.verdict is Verdict.NOT_OK
    if is_bad:
        sys.exit(_BAD)


def check_register(settings: Settings) -> Finding:
    """Read the register of entities."""
    try:
        register = load_register(settings.register_file, today=local_date(SystemClock().now()))
    except RegisterFileError as error:
        return Finding(Verdict.NOT_OK, "register", _one_line(error))
    return Finding(Verdict.OK, "register", f"{len(register.entities)} entities, no faults")


def check_storage(settings: Settings) -> Sequence[Finding]:
    """Look at the database and at what protects the audit in it; blocks."""
    has_one = settings.database_url.get_secret_value() or _embedded(settings)
    if not has_one:
        return [Finding(Verdict.NOT_OK, "database", "there is none yet")]
    try:
        with database_url(settings) as url:
            require_up_to_date(url)
            protection = asyncio.run(check_audit_protection(url, settings.mode))
    except (DatabaseBehindError, DatabaseNewerError, EmbeddedPostgresError) as error:
        return [Finding(Verdict.NOT_OK, "database", _one_line(error))]
    except DatabaseUnavailableError as error:
        return [Finding(Verdict.NOT_OK, "database", f"does not answer: {_one_line(error)}")]
    return [Finding(Verdict.OK, "database", "reached, up to date"), protection]


def check_audit_key(path: Path) -> Finding:
    """Read the key that signs the anchors of the audit."""
    try:
        read_private_key(path)
    except AuditKeyError as error:
        return Finding(Verdict.NOT_OK, "audit key", _one_line(error))
    return Finding(Verdict.OK, "audit key", "readable")


async def check_audit_protection(url: str, mode: Mode) -> Finding:
    """Look whether the bot's login could change the audit; bad in live mode, else a warning.

    Raises:
        DatabaseUnavailableError: The database does not answer.
    """
    database = Database(url, max_connections=1)
    await database.open()
    try:
        await check_protection(database)
    except AuditNotProtectedError as error:
        bad = Verdict.NOT_OK if mode is Mode.LIVE else Verdict.WARNING
        return Finding(bad, "audit", _one_line(error))
    finally:
        await database.close()
    return Finding(Verdict.OK, "audit", "protected from the bot")


async def check_tenant(
    parts: TenantParts, needed: frozenset[str] = GRAPH_NEEDED
) -> Sequence[Finding]:
    """Look whether the app may do what the orders need, and whether both services answer.

    `needed` are the permissions on Microsoft Graph, all of them and no other.
    Nothing is written. The permissions are read out of our own token, whose text is Microsoft's
    own affair: a token that cannot be read is a warning, the reads show what works.
    """
    return [
        await check_permissions("graph permissions", parts.tokens, needed),
        await _check_exchange_permissions(parts.exchange_tokens),
        await _check_answer("graph", lambda: _read_graph(parts.graph)),
        await _check_answer("exchange", lambda: _read_exchange(parts.exchange)),
    ]


async def check_permissions(check: str, tokens: Tokens, needed: frozenset[str]) -> Finding:
    """Compare the application permissions in a token with those that are needed."""
    try:
        token = await tokens.token()
    except _UNREACHABLE as error:
        return Finding(Verdict.NOT_OK, check, _why(error))
    granted = granted_in(token)
    if granted is None:
        return Finding(Verdict.WARNING, check, "the token cannot be read: not compared")
    difference = compared(granted, needed)
    says = "; ".join(difference.sentences) or f"all {len(needed)}, no other"
    if difference.missing:
        return Finding(Verdict.NOT_OK, check, says)
    return Finding(Verdict.WARNING if difference.superfluous else Verdict.OK, check, says)


def granted_in(token: str) -> frozenset[str] | None:
    """Return the application permissions that our own token carries; None when it is opaque.

    The signature is not checked: the token came from our own login call, and nothing is decided
    with it but what this command prints.
    """
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.DecodeError:
        return None
    roles = claims.get("roles", [])
    return frozenset(map(str, roles)) if isinstance(roles, list) else None


def _findings(settings: Settings, open_tenant: OpenTenant) -> Iterator[Finding]:
    yield Finding(Verdict.OK, "settings", f"{settings.mode} mode")
    yield check_register(settings)
    if settings.audit_key is not None:
        yield check_audit_key(settings.audit_key)
    yield from check_storage(settings)
    yield from asyncio.run(_check_tenant(settings, open_tenant))
    if settings.hands_over:
        yield asyncio.run(check_portal(settings))


async def _check_tenant(settings: Settings, open_tenant: OpenTenant) -> Sequence[Finding]:
    async with open_tenant(settings) as parts:
        if parts is not None:
            needed = GRAPH_TO_READ if settings.hands_over else GRAPH_NEEDED
            return await check_tenant(parts, needed)
    if settings.hands_over:
        says = "simulated, while the orders go to the portal"
        return [Finding(Verdict.WARNING, "tenant", says)]
    return [Finding(Verdict.OK, "tenant", "simulated, nothing real is touched")]


async def check_portal(settings: Settings) -> Finding:
    """Look whether something answers where orders are handed over to; no order is sent."""
    problem = await portal_problem(settings.portal_url, ca_bundle=settings.ca_bundle)
    return Finding(Verdict.NOT_OK if problem else Verdict.OK, "portal", problem or "answers")


async def _check_exchange_permissions(tokens: Tokens | None) -> Finding:
    check = "exchange permissions"
    if tokens is None:
        return Finding(Verdict.OK, check, "PowerShell signs in by itself: see the next lines")
    return await check_permissions(check, tokens, EXCHANGE_NEEDED)


async def _check_answer(check: str, read: Callable[[], Awaitable[str]]) -> Finding:
    try:
        problem = await read()
    except _UNREACHABLE as error:
        problem = _why(error)
    return Finding(Verdict.NOT_OK if problem else Verdict.OK, check, problem or "answers")


async def _read_graph(graph: Graph) -> str:
    reply = await graph.send(calls.list_domains())
    return "" if reply.is_done else f"refused: {reply.status}"


async def _read_exchange(exchange: Exchange) -> str:
    try:
        await exchange.run("Get-Mailbox", Identity=_NOBODY)
    except PermanentTenantError as error:
        if error.key != "tenant.mailbox_missing":
            raise
    return ""


def _embedded(settings: Settings) -> bool:
    return (settings.data_dir / "postgres").exists()


def _why(error: Exception) -> str:
    """Say why the tenant did not answer; the parameters of a refusal may hold addresses."""
    match error:
        case PermanentTenantError():
            return f"refused: {error.key}"
        case TokenUnavailableError():
            return f"no token: {error.code or 'no answer'}"
        case _:
            return "no answer"


def _one_line(error: Exception) -> str:
    return "; ".join(str(error).splitlines()) or type(error).__name__
