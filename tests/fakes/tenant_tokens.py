"""Access tokens of the fake tenant: for whom, with which application permissions, until when.

The tokens are signed as Entra's are, with `aud`, `roles` and `exp`, but with a secret of this
fake; who has one reads its claims and cannot make another.
https://learn.microsoft.com/entra/identity-platform/access-token-claims-reference
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final

import jwt
from jwt.types import Options

from mutations.clock import Clock

GRAPH: Final = "https://graph.microsoft.com"
EXCHANGE: Final = "https://outlook.office365.com"
_SECRET: Final = "only for tokens of the fake tenant"
_CHECKED_HERE: Final[Options] = {
    "verify_exp": False,
    "verify_aud": False,
    "verify_iat": False,
}

PERMISSIONS: Final = frozenset(
    {
        *("User.Read.All", "User.ReadWrite.All", "User.ReadUpdate.All"),
        "User.EnableDisableAccount.All",
        *("User.RevokeSessions.All", "User.DeleteRestore.All", "Files.Read.All"),
        *("GroupMember.Read.All", "GroupMember.ReadWrite.All", "Group.ReadWrite.All"),
        *("LicenseAssignment.Read.All", "LicenseAssignment.ReadWrite.All"),
        *("Domain.Read.All", "Organization.Read.All"),
    }
)
"""Permissions of Microsoft Graph that the tenant grants unless a test says otherwise."""


@dataclass(frozen=True, slots=True)
class Grant:
    """What a token allows, or why it allows nothing.

    Attributes:
        fault: Message with which Microsoft refuses it; empty for a good token.
    """

    audience: str
    roles: frozenset[str]
    fault: str = ""


@dataclass
class TokenBook:
    """Issues tokens and knows them again.

    Attributes:
        granted: Permissions of Microsoft Graph that the tenant granted to the application.
        exchange_granted: Those of Office 365 Exchange Online.
        scopes: Tells for which scope a token was given that was issued elsewhere in the fake
            world, such as by its login host; None for one that nobody knows.
    """

    clock: Clock
    tenant_id: str
    granted: frozenset[str] = PERMISSIONS
    exchange_granted: frozenset[str] = frozenset({"Exchange.ManageAsApp"})
    scopes: Callable[[str], str | None] = lambda _: None
    _dead: set[str] = field(default_factory=set)
    _issued: int = 0

    def issue(self, audience: str = GRAPH, *, lifetime_s: int = 3600, **claims: Any) -> str:
        """Return a token with the permissions as granted now; `claims` replace others."""
        self._issued += 1
        now = self.clock.now()
        whole = {
            "aud": audience,
            "tid": self.tenant_id,
            "iat": now,
            "exp": now + timedelta(seconds=lifetime_s),
            "roles": sorted(self._roles(audience)),
            "uti": str(self._issued),
            **claims,
        }
        return jwt.encode(whole, _SECRET, algorithm="HS256")

    def kill(self, token: str) -> None:
        """Let a token be expired from now on."""
        self._dead.add(token)

    def grant_of(self, authorization: str, audience: str) -> Grant:
        """Return what an `Authorization` header allows at one audience."""
        scheme, _, token = authorization.partition(" ")
        if scheme.casefold() != "bearer" or not token:
            return _bad("Access token is empty.")
        if token in self._dead:
            return _bad("Lifetime validation failed, the token is expired.")
        scope = self.scopes(token)
        return self._own(token, audience) if scope is None else self._elsewhere(scope, audience)

    def _own(self, token: str, audience: str) -> Grant:
        try:
            claims = jwt.decode(token, _SECRET, algorithms=["HS256"], options=_CHECKED_HERE)
        except jwt.InvalidTokenError:
            return _bad("CompactToken parsing failed with error code: 80049217")
        if claims["aud"] != audience:
            return _bad("Access token validation failure. Invalid audience.")
        if claims["exp"] <= self.clock.now().timestamp():
            return _bad("Lifetime validation failed, the token is expired.")
        return Grant(audience, frozenset(claims["roles"]))

    def _elsewhere(self, scope: str, audience: str) -> Grant:
        audiences = {one.removesuffix("/.default").rstrip("/") for one in scope.split()}
        if audience not in audiences:
            return _bad("Access token validation failure. Invalid audience.")
        return Grant(audience, self._roles(audience))

    def _roles(self, audience: str) -> frozenset[str]:
        return self.granted if audience == GRAPH else self.exchange_granted


def _bad(message: str) -> Grant:
    return Grant("", frozenset(), message)
