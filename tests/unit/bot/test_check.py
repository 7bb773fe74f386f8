"""`python -m bot check`: one line for each thing that must be in place."""

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import jwt
import pytest
import typer
from typer.testing import CliRunner

from bot.commands.check import (
    Verdict,
    check_audit_protection,
    check_permissions,
    check_tenant,
    granted_in,
    run_check,
)
from bot.edge.delivery_errors import TokenUnavailableError
from bot.settings import Mode, Settings
from bot.tenant_parts import TenantParts
from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.call import Call, Reply, Verb
from fulfilment.tenants.microsoft365.permissions import EXCHANGE_NEEDED, GRAPH_NEEDED

NOT_FOUND = PermanentTenantError("tenant.mailbox_missing", {})


@pytest.fixture(autouse=True)
def _log_stays_as_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """Loggers remember where they write first, and what a command writes to here is closed."""
    monkeypatch.setattr("bot.commands.terminal.configure_logs", lambda _level: None)


def token_with(*roles: str) -> str:
    return jwt.encode({"roles": list(roles)}, "a secret that only this test knows about")


@dataclass
class GivenToken:
    """Gives a token, or the error instead."""

    given: str | Exception

    async def token(self) -> str:
        if isinstance(self.given, Exception):
            raise self.given
        return self.given


@dataclass
class OneAnswer:
    """Answers every call of Graph and every cmdlet of Exchange alike, and keeps what was asked."""

    answer: Reply | Exception = field(default_factory=lambda: Reply(status=200, body={}))
    asked: list[str] = field(default_factory=list)

    async def send(self, call: Call) -> Reply:
        assert call.operation.verb is Verb.GET
        self.asked.append(call.operation.name)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def run(self, cmdlet: str, /, **_: object) -> tuple[Mapping[str, Any], ...]:
        self.asked.append(cmdlet)
        if isinstance(self.answer, Exception):
            raise self.answer
        return ()


def parts(**others: Any) -> TenantParts:
    given: dict[str, Any] = {
        "tokens": GivenToken(token_with(*GRAPH_NEEDED)),
        "exchange_tokens": GivenToken(token_with(*EXCHANGE_NEEDED)),
        "graph": OneAnswer(),
        "exchange": OneAnswer(NOT_FOUND),
    }
    return TenantParts(**{**given, **others})


async def test_tenant_with_everything_in_place_is_ok() -> None:
    graph, exchange = OneAnswer(), OneAnswer(NOT_FOUND)
    findings = await check_tenant(parts(graph=graph, exchange=exchange))

    assert [(one.verdict, one.check) for one in findings] == [
        (Verdict.OK, "graph permissions"),
        (Verdict.OK, "exchange permissions"),
        (Verdict.OK, "graph"),
        (Verdict.OK, "exchange"),
    ]
    assert (graph.asked, exchange.asked) == (["domains.list"], ["Get-Mailbox"]), "only reads"


async def test_missing_permission_is_named_and_not_ok() -> None:
    tokens = GivenToken(token_with(*(GRAPH_NEEDED - {"User.Read.All"}), "Mail.Read"))
    finding = await check_permissions("graph permissions", tokens, GRAPH_NEEDED)

    assert finding.verdict is Verdict.NOT_OK
    assert finding.says == "missing: User.Read.All; more than needed: Mail.Read"


async def test_superfluous_permission_is_a_warning() -> None:
    tokens = GivenToken(token_with(*EXCHANGE_NEEDED, "full_access_as_app"))
    finding = await check_permissions("exchange permissions", tokens, EXCHANGE_NEEDED)

    assert (finding.verdict, finding.says) == (
        Verdict.WARNING,
        "more than needed: full_access_as_app",
    )


async def test_token_that_cannot_be_read_is_a_warning() -> None:
    finding = await check_permissions("graph permissions", GivenToken("opaque"), GRAPH_NEEDED)

    assert finding.verdict is Verdict.WARNING


async def test_app_without_any_permission_misses_all() -> None:
    token = jwt.encode({"aud": "graph"}, "a secret that only this test knows about")

    assert granted_in(token) == frozenset()


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (TokenUnavailableError(code="invalid_client"), "no token: invalid_client"),
        (TransientTenantError(), "no answer"),
        (
            PermanentTenantError("tenant.refused", {"upn": "jan@x.example"}),
            "refused: tenant.refused",
        ),
    ],
)
async def test_tenant_that_does_not_answer_is_not_ok_and_tells_nothing_personal(
    error: Exception, says: str
) -> None:
    findings = await check_tenant(
        parts(
            tokens=GivenToken(error),
            exchange_tokens=None,
            graph=OneAnswer(error),
            exchange=OneAnswer(error),
        )
    )

    assert {one.check: (one.verdict, one.says) for one in findings} == {
        "graph permissions": (Verdict.NOT_OK, says),
        "exchange permissions": (Verdict.OK, "PowerShell signs in by itself: see the next lines"),
        "graph": (Verdict.NOT_OK, says),
        "exchange": (Verdict.NOT_OK, says),
    }


async def test_graph_that_forbids_the_read_is_not_ok() -> None:
    forbidden = OneAnswer(Reply(status=403, body={}))
    findings = await check_tenant(parts(graph=forbidden))

    assert [one.says for one in findings if one.verdict is Verdict.NOT_OK] == ["refused: 403"]


async def test_audit_that_the_bot_could_change_is_bad_only_when_live(
    database_url: str, owner_url: str
) -> None:
    found = [
        (await check_audit_protection(database_url, Mode.LIVE)).verdict,
        (await check_audit_protection(owner_url, Mode.LOCAL)).verdict,
        (await check_audit_protection(owner_url, Mode.LIVE)).verdict,
    ]

    assert found == [Verdict.OK, Verdict.WARNING, Verdict.NOT_OK]


def run(environment: dict[str, str], tenant: TenantParts | None = None) -> tuple[int, list[str]]:
    @asynccontextmanager
    async def opened(_: Settings) -> AsyncIterator[TenantParts | None]:
        yield tenant

    app = typer.Typer()
    app.command()(lambda: run_check(opened))
    result = CliRunner().invoke(app, env=environment)
    return result.exit_code, result.output.splitlines()


def test_command_ends_with_0_when_all_is_well(database_url: str) -> None:
    code, lines = run({"MUTATIEBOT_DATABASE_URL": database_url})

    assert code == 0
    assert [line.split("\t")[:2] for line in lines] == [
        ["ok", "settings"],
        ["ok", "register"],
        ["ok", "database"],
        ["ok", "audit"],
        ["ok", "tenant"],
    ]


def test_command_names_everything_that_is_wrong_and_ends_with_1(
    empty_database_url: str, tmp_path: Path
) -> None:
    register = tmp_path / "register.toml"
    register.write_text("entities = 3", encoding="utf-8")
    environment = {
        "MUTATIEBOT_DATABASE_URL": empty_database_url,
        "MUTATIEBOT_REGISTER": str(register),
    }
    code, lines = run(environment, parts(tokens=GivenToken(token_with())))

    assert code == 1
    assert [line.split("\t")[:2] for line in lines] == [
        ["ok", "settings"],
        ["not ok", "register"],
        ["not ok", "database"],
        ["not ok", "graph permissions"],
        ["ok", "exchange permissions"],
        ["ok", "graph"],
        ["ok", "exchange"],
    ]


def test_database_that_is_not_there_yet_is_not_made(tmp_path: Path) -> None:
    code, lines = run({"MUTATIEBOT_DATA_DIR": str(tmp_path / "data")})

    assert code == 1
    assert "not ok\tdatabase\tthere is none yet" in lines
    assert not (tmp_path / "data").exists()


def test_faulty_settings_end_with_2_before_anything_is_looked_at() -> None:
    code, lines = run({"MUTATIEBOT_PORT": "many"})

    assert code == 2
    assert len(lines) == 1
    assert lines[0].startswith("MUTATIEBOT_PORT: ")
