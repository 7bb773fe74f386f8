"""The settings that say whose accounts the orders change, and with which identity."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import Final

from pydantic import Field, SecretStr, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from bot.edge.app_certificate import check_app_certificate
from bot.setting_types import Guid, Url
from fulfilment.tenants.microsoft365.attributes import AttributesError, TenantAttributes

PREFIX: Final = "MUTATIEBOT_"


class TenantKind(StrEnum):
    """Whose accounts the orders change."""

    SIMULATED = "simulated"
    MICROSOFT365 = "microsoft365"
    ORDER_PORTAL = "order_portal"


class ReadTenant(StrEnum):
    """Where the accounts are that a supplier changes."""

    SIMULATED = "simulated"
    MICROSOFT365 = "microsoft365"


class ExchangeWay(StrEnum):
    """How Exchange Online is spoken to."""

    REST = "rest"  # InvokeCommand, which Microsoft's own module uses and does not document
    PWSH = "pwsh"  # PowerShell with ExchangeOnlineManagement, the supported way


class TenantSettings(BaseSettings):
    """What the tenant needs; complete only for the kind that is chosen."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX,
        extra="forbid",
        frozen=True,
        env_ignore_empty=True,
        validate_default=True,
        hide_input_in_errors=True,
    )

    tenant: TenantKind = Field(
        TenantKind.SIMULATED,
        description="whose accounts change, and by whom: simulated or microsoft365, by the bot "
        "itself; or order_portal, by the supplier behind a portal",
    )
    portal_tenant: ReadTenant = Field(
        ReadTenant.SIMULATED,
        description="whose accounts the bot reads while the supplier changes them, with "
        "order_portal: simulated or microsoft365",
    )
    graph_url: Url = Field("https://graph.microsoft.com", description="address of Microsoft Graph")
    exchange_url: Url = Field(
        "https://outlook.office365.com", description="address of Exchange Online"
    )
    exchange: ExchangeWay = Field(
        ExchangeWay.REST, description="how Exchange Online is spoken to: rest or pwsh"
    )
    exchange_organization: str = Field(
        "", description="domain of the tenant that PowerShell signs in to, with pwsh"
    )
    exchange_certificate: Path | None = Field(
        None, description="PKCS#12 file without password that PowerShell signs in with, with pwsh"
    )
    entity_attribute: str = Field(
        "companyName", description="property of a user that holds the code of the entity"
    )
    entitlements_attribute: str = Field(
        "extensionAttribute1",
        description="property that holds the codes of the network entitlements, with ; between",
    )
    status_attribute: str = Field(
        "employeeType", description="property that holds the administrative status"
    )
    profile_licences: dict[str, tuple[str, ...]] = Field(
        {},
        description="licences (skuId) of each profile as JSON, the one that tells it apart first",
    )
    fulfilment_app_secret: SecretStr = Field(
        SecretStr(""), description="client secret of the app that changes accounts"
    )
    fulfilment_app_certificate: Path | None = Field(
        None, description="PEM file with its RSA key and certificate; better than a secret"
    )
    fulfilment_app_id: Guid | None = Field(
        None, description="app that changes accounts, another one than the bot"
    )

    @field_validator("profile_licences")
    @classmethod
    def _attributes_can_be_so(
        cls, value: dict[str, tuple[str, ...]], info: ValidationInfo
    ) -> dict[str, tuple[str, ...]]:
        data = info.data
        if not reads_real(data):
            return value
        try:
            TenantAttributes(
                entity=data.get("entity_attribute", ""),
                entitlements=data.get("entitlements_attribute", ""),
                status=data.get("status_attribute", ""),
                profiles=value,
            )
        except AttributesError as error:
            raise ValueError(str(error)) from error
        return value

    @field_validator("exchange_organization")
    @classmethod
    def _pwsh_needs_organization(cls, value: str, info: ValidationInfo) -> str:
        if _is_real(info) and info.data.get("exchange") is ExchangeWay.PWSH and not value.strip():
            raise ValueError(f"is required with {PREFIX}EXCHANGE=pwsh")
        return value

    @field_validator("exchange_certificate")
    @classmethod
    def _pwsh_needs_certificate(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        is_pwsh = info.data.get("exchange") is ExchangeWay.PWSH
        if _is_real(info) and is_pwsh and (value is None or not value.is_file()):
            raise ValueError(f"must be a file with {PREFIX}EXCHANGE=pwsh")
        return value

    @field_validator("fulfilment_app_certificate")
    @classmethod
    def _real_has_one_credential(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        secret = info.data.get("fulfilment_app_secret")
        has_secret = isinstance(secret, SecretStr) and bool(secret.get_secret_value().strip())
        if _is_real(info) and has_secret == (value is not None):
            raise ValueError(f"give either this or {PREFIX}FULFILMENT_APP_SECRET")
        if value is not None and not value.is_file():
            raise ValueError("is no file")
        if value is not None:
            check_app_certificate(value)
        return value

    @field_validator("fulfilment_app_id")
    @classmethod
    def _real_has_identity(cls, value: str | None, info: ValidationInfo) -> str | None:
        if _is_real(info) and value is None:
            raise ValueError(f"is required with {tenant_setting(info.data)}")
        return value

    @property
    def is_real(self) -> bool:
        """Whether the accounts are those of a real tenant."""
        return reads_real({"tenant": self.tenant, "portal_tenant": self.portal_tenant})

    @property
    def attributes(self) -> TenantAttributes:
        """Which property of a user holds what."""
        return TenantAttributes(
            entity=self.entity_attribute,
            entitlements=self.entitlements_attribute,
            status=self.status_attribute,
            profiles=self.profile_licences,
        )


def reads_real(values: Mapping[str, object]) -> bool:
    """Tell whether settings, as far as they are known, name a real tenant."""
    if values.get("tenant") is TenantKind.ORDER_PORTAL:
        return values.get("portal_tenant") is ReadTenant.MICROSOFT365
    return values.get("tenant") is TenantKind.MICROSOFT365


def tenant_setting(values: Mapping[str, object]) -> str:
    """Return the setting that names the real tenant, for what is required with it."""
    is_portal = values.get("tenant") is TenantKind.ORDER_PORTAL
    return f"{PREFIX}{'PORTAL_TENANT' if is_portal else 'TENANT'}=microsoft365"


def _is_real(info: ValidationInfo) -> bool:
    return reads_real(info.data)
