"""The settings of the portal of a supplier that carries the orders out."""

from pydantic import Field, SecretStr, ValidationInfo, field_validator

from bot.setting_types import listed, safe_url
from bot.tenant_settings import PREFIX, TenantKind, TenantSettings
from fulfilment.portal.signature import key_of


class PortalSettings(TenantSettings):
    """What the portal needs; required for that kind of tenant only, well-formed for every."""

    portal_url: str = Field(
        "", description="where orders are handed over to, with order_portal; https"
    )
    portal_secret: SecretStr = Field(
        SecretStr(""),
        description="secrets that sign orders to the portal, `whsec_` and base64 of 24 to 64 "
        "bytes, comma-separated: all sign",
    )
    portal_callback_secret: SecretStr = Field(
        SecretStr(""),
        description="secrets that the portal signs its call-backs with, written likewise: each "
        "is accepted; none may be one of the others",
    )

    @field_validator("portal_url")
    @classmethod
    def _portal_has_an_address(cls, value: str, info: ValidationInfo) -> str:
        if not value and info.data.get("tenant") is TenantKind.ORDER_PORTAL:
            raise ValueError(f"is required with {PREFIX}TENANT=order_portal")
        return safe_url(value) if value else value

    @field_validator("portal_secret", "portal_callback_secret")
    @classmethod
    def _portal_and_bot_can_sign(cls, value: SecretStr, info: ValidationInfo) -> SecretStr:
        secrets, other = listed(value), info.data.get("portal_secret")
        if not secrets and info.data.get("tenant") is TenantKind.ORDER_PORTAL:
            raise ValueError(f"is required with {PREFIX}TENANT=order_portal")
        keys = {key_of(secret) for secret in secrets}
        if isinstance(other, SecretStr) and keys & {key_of(one) for one in listed(other)}:
            raise ValueError(f"must not be {PREFIX}PORTAL_SECRET: an order could be sent back")
        return value

    @property
    def hands_over(self) -> bool:
        """Whether a supplier carries the orders out."""
        return self.tenant is TenantKind.ORDER_PORTAL

    @property
    def portal_keys(self) -> list[bytes]:
        """The keys that sign orders."""
        return [key_of(secret) for secret in listed(self.portal_secret)]

    @property
    def portal_callback_keys(self) -> list[bytes]:
        """The keys that call-backs are signed with."""
        return [key_of(secret) for secret in listed(self.portal_callback_secret)]
