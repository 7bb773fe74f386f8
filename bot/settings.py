"""All settings, what they mean, and what makes no sense together."""

import re
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from pydantic import (
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)

from bot.demo import DEMO_REGISTER
from bot.edge.app_certificate import check_app_certificate
from bot.edge.turn_limits import TurnLimits
from bot.portal_settings import PortalSettings
from bot.setting_types import LOOPBACK, Guid, Url, listed
from bot.tenant_settings import PREFIX, reads_real, tenant_setting
from store.job_worker import WorkerSettings

DEMO_TENANT_ID: Final = "5f0a1f3e-6c1b-4b7e-9a55-0d2f6f0c9a10"
DEMO_CARD_KEY: Final = "demo-key-of-local-mode-protects-nothing"

_HOST: Final = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[::1\]", re.ASCII)
_CARD_KEY_LENGTH: Final = 32
_TURNS: Final = TurnLimits()
_TEAMS_HOSTS: Final = "smba.trafficmanager.net,smba.infra.gcc.teams.microsoft.com"


class Mode(StrEnum):
    """Who may speak to the bot."""

    LOCAL = "local"
    LIVE = "live"


class Settings(PortalSettings):
    """The settings of one process; each field is `MUTATIEBOT_<NAME>` in the environment."""

    mode: Mode = Field(Mode.LOCAL, description="local: loopback, no channel login; or live")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(3978, ge=0, le=65535, description="port to listen on")
    database_url: SecretStr = Field(
        SecretStr(""), description="PostgreSQL 14 or newer; empty: an embedded one"
    )
    database_owner_url: SecretStr = Field(
        SecretStr(""), description="the same database as its owner, who migrates it at start"
    )
    data_dir: Path = Field(Path(".local"), description="where the embedded PostgreSQL lives")
    audit_anchor: Path | None = Field(
        None,
        description="file outside the database to which the signed head of the audit is appended",
    )
    audit_key: Path | None = Field(
        None, description="PEM file with the Ed25519 private key that signs the head of the audit"
    )
    app_id: Guid | None = Field(None, description="app id of the bot registration")
    app_tenant_id: Guid | None = Field(None, description="the one tenant that is served")
    app_secret: SecretStr = Field(SecretStr(""), description="client secret of the bot")
    app_certificate: Path | None = Field(
        None, description="PEM file with RSA key and certificate; better than a secret"
    )
    card_keys: SecretStr = Field(
        SecretStr(DEMO_CARD_KEY),
        description="keys that seal the buttons of cards, comma-separated, each of 32 characters "
        "or more: the first seals, all are accepted; the default is a demo key that protects "
        "nothing, because local mode has no login, and live mode refuses it",
    )
    card_days: int = Field(180, ge=1, description="days after which a button no longer works")
    openid_metadata_url: Url = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="where the signing keys of the Bot Connector are announced",
    )
    authority_url: Url = Field(
        "https://login.microsoftonline.com", description="login host, without the tenant"
    )
    service_hosts: str = Field(
        _TEAMS_HOSTS, description="hosts of the Bot Connector, comma-separated, without ports"
    )
    service_url: Url = Field(
        "https://smba.trafficmanager.net/emea",
        description="where conversations are opened with people who never wrote",
    )
    ca_bundle: Path | None = Field(
        None, description="file with authorities to trust beside the usual ones"
    )
    register_file: Path = Field(
        DEMO_REGISTER,
        validation_alias=f"{PREFIX}REGISTER",
        description="the reviewed register of entities",
    )
    playground_port: int = Field(
        56150, ge=1024, le=65000, description="first port of the demo's client pages"
    )
    worker: bool = Field(default=True, description="run a job worker inside the bot process")
    turn_timeout_s: float = Field(
        _TURNS.conversation_s,
        gt=0,
        le=8.5,
        description="seconds after which a turn is given up and answered so",
    )
    max_turns: int = Field(
        _TURNS.at_once, ge=1, description="turns at the same time; more are turned away with 503"
    )
    tenant_sends_per_s: int = Field(
        20,
        ge=1,
        le=50,
        description="messages a second over all processes, answers within a turn apart",
    )
    recheck_s: float | None = Field(
        None, gt=0, description="seconds between looks at preconditions; empty: 15 local, 900 live"
    )
    job_polling_s: float = Field(
        1.0, gt=0, description="longest delay in seconds before a timer that is due is noticed"
    )
    dead_worker_after_s: float = Field(
        15.0, ge=1, description="silence in seconds after which others do a worker's jobs"
    )
    verify_every_s: float = Field(
        1.0, gt=0, description="seconds between two reads while a change is being verified"
    )
    changes_per_hour: int = Field(
        1_000,
        ge=1,
        description="changes to accounts in an hour, over all processes, after which all orders"
        " stand still until the service desk looked",
    )
    simulated_lag_s: float = Field(
        2.0, ge=0, description="how late the simulated tenant shows a change"
    )
    simulated_faults: str = Field(
        "", description="faults the simulated tenant makes on purpose; see docs/operations.md"
    )
    log_level: str = Field(
        "INFO", pattern="^(DEBUG|INFO|WARNING|ERROR)$", description="least level that is logged"
    )

    @field_validator("host")
    @classmethod
    def _local_is_loopback(cls, value: str, info: ValidationInfo) -> str:
        if info.data.get("mode") is Mode.LOCAL and value not in LOOPBACK:
            raise ValueError("must be a loopback address in local mode, which has no login")
        return value

    @field_validator("app_id", "app_tenant_id", "service_hosts", "audit_anchor", "audit_key")
    @classmethod
    def _live_is_complete(
        cls, value: str | Path | None, info: ValidationInfo
    ) -> str | Path | None:
        if info.data.get("mode") is Mode.LIVE and not str(value or "").strip():
            raise ValueError("is required in live mode")
        return value

    @field_validator("app_tenant_id")
    @classmethod
    def _real_tenant_is_named(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and reads_real(info.data):
            raise ValueError(f"is required with {tenant_setting(info.data)}")
        return value

    @field_validator("audit_anchor")
    @classmethod
    def _anchor_has_a_folder(cls, value: Path | None) -> Path | None:
        if value is not None and not value.parent.is_dir():
            raise ValueError("is in no folder that exists")
        return value

    @field_validator("audit_key")
    @classmethod
    def _anchor_is_signed(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        if (value is None) != (info.data.get("audit_anchor") is None):
            raise ValueError(f"give both this and {PREFIX}AUDIT_ANCHOR, or neither")
        if value is not None and not value.is_file():
            raise ValueError("is no file")
        return value

    @field_validator("app_certificate")
    @classmethod
    def _live_has_one_credential(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        secret = info.data.get("app_secret")
        has_secret = isinstance(secret, SecretStr) and bool(secret.get_secret_value().strip())
        if info.data.get("mode") is Mode.LIVE and has_secret == (value is not None):
            raise ValueError(f"give either this or {PREFIX}APP_SECRET in live mode")
        if value is not None and not value.is_file():
            raise ValueError("is no file")
        if value is not None:
            check_app_certificate(value)
        return value

    @field_validator("app_id", "app_tenant_id")
    @classmethod
    def _identity_is_somebody(cls, value: str | None) -> str | None:
        if value is not None and not value.strip("0-"):
            raise ValueError("is the id of nobody")
        return value

    @field_validator("service_hosts")
    @classmethod
    def _service_hosts_are_names(cls, value: str) -> str:
        if any(not _HOST.fullmatch(name.strip()) for name in value.split(",")):
            raise ValueError("must be host names, comma-separated, without ports")
        return value

    @field_validator("service_url")
    @classmethod
    def _service_url_is_allowed(cls, value: str, info: ValidationInfo) -> str:
        hosts = info.data.get("service_hosts")
        if info.data.get("mode") is not Mode.LIVE or hosts is None:
            return value
        allowed = {name.strip("[]") for name in _host_names(hosts)}
        if urlsplit(value).hostname not in allowed:
            raise ValueError(f"must be on one of {PREFIX}SERVICE_HOSTS in live mode")
        return value

    @field_validator("card_keys")
    @classmethod
    def _card_keys_are_keys(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        keys = listed(value)
        if info.data.get("mode") is Mode.LIVE and (not keys or DEMO_CARD_KEY in keys):
            raise ValueError("is required in live mode, with keys of your own")
        if not keys or any(len(key) < _CARD_KEY_LENGTH for key in keys):
            raise ValueError(f"each key must have {_CARD_KEY_LENGTH} characters or more")
        return value

    @field_validator("register_file")
    @classmethod
    def _live_has_own_register(cls, value: Path, info: ValidationInfo) -> Path:
        if info.data.get("mode") is Mode.LIVE and value == DEMO_REGISTER:
            raise ValueError("must name your own register in live mode")
        if not value.is_file():
            raise ValueError("is no file")
        return value

    @property
    def service_host_names(self) -> frozenset[str]:
        """The hosts of the Bot Connector, in lower case."""
        return _host_names(self.service_hosts)

    @property
    def card_key_list(self) -> list[str]:
        """The keys that seal buttons, the one that seals first."""
        return listed(self.card_keys)

    @property
    def worker_settings(self) -> WorkerSettings:
        """How a job worker works."""
        return WorkerSettings(
            polling_s=self.job_polling_s,
            heartbeat_s=self.dead_worker_after_s / 5,
            stalled_after_s=self.dead_worker_after_s,
            sweep_s=self.dead_worker_after_s / 3,
        )

    @property
    def recheck_every(self) -> timedelta:
        """Time between two looks at the preconditions of a request."""
        default_s = 15.0 if self.mode is Mode.LOCAL else 900.0
        return timedelta(seconds=self.recheck_s or default_s)


def _host_names(hosts: str) -> frozenset[str]:
    return frozenset(name.strip().lower() for name in hosts.split(","))
