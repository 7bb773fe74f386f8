"""Refusals of Microsoft Graph, with the codes and messages that it uses.

https://learn.microsoft.com/graph/errors; messages as people report them from their tenants.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass
class GraphError(Exception):
    """A refusal: HTTP status, code, message, and what goes with it."""

    status: int
    code: str
    message: str
    details: tuple[Mapping[str, str], ...] = ()
    headers: dict[str, str] = field(default_factory=dict)

    def body(self, request_id: str, client_request_id: str, now: datetime) -> dict[str, Any]:
        """Return the JSON document of the refusal."""
        error: dict[str, Any] = {"code": self.code, "message": self.message}
        if self.details:
            error["details"] = [dict(one) for one in self.details]
        error["innerError"] = {
            "date": f"{now:%Y-%m-%dT%H:%M:%S}",
            "request-id": request_id,
            "client-request-id": client_request_id or request_id,
        }
        return {"error": error}


def bad_request(message: str, *, target: str = "", code: str = "") -> GraphError:
    details = ({"code": code, "message": message, "target": target},) if code else ()
    return GraphError(400, "Request_BadRequest", message, details)


def unauthorized(message: str) -> GraphError:
    return GraphError(401, "InvalidAuthenticationToken", message)


def denied() -> GraphError:
    """A permission is missing, or nobody may: Graph says the same for both."""
    message = "Insufficient privileges to complete the operation."
    return GraphError(403, "Authorization_RequestDenied", message)


def not_found(object_id: str) -> GraphError:
    message = (
        f"Resource '{object_id}' does not exist or one of its queried reference-property"
        " objects are not present."
    )
    return GraphError(404, "Request_ResourceNotFound", message)


def no_segment(segment: str) -> GraphError:
    return GraphError(400, "BadRequest", f"Resource not found for the segment '{segment}'.")


def no_method() -> GraphError:
    message = "Specified HTTP method is not allowed for the request target."
    return GraphError(405, "Request_BadRequest", message)


def unsupported_query(message: str) -> GraphError:
    return GraphError(400, "Request_UnsupportedQuery", message)


def needs_advanced(name: str, resource: str) -> GraphError:
    message = (
        f"Unsupported or invalid query filter clause specified for property '{name}' of"
        f" resource '{resource}'."
    )
    return unsupported_query(message)


def bad_id(object_id: str) -> GraphError:
    return bad_request(f"Invalid object identifier '{object_id}'.")


def read_only(name: str) -> GraphError:
    return bad_request(f"Property '{name}' is read-only and cannot be set.")


def invalid_property(name: str, resource: str) -> GraphError:
    return bad_request(f"Invalid property '{name}' on resource '{resource}'.")


def synced() -> GraphError:
    return bad_request(
        "Unable to update the specified properties for on-premises mastered Directory Sync"
        " objects or objects currently undergoing migration."
    )


def conflict(name: str) -> GraphError:
    message = f"Another object with the same value for property {name} already exists."
    return bad_request(message, target=name, code="ObjectConflict")


def unverified_domain() -> GraphError:
    message = (
        "The domain portion of the userPrincipalName property is invalid. You must use one of"
        " the verified domain names in your organization."
    )
    return bad_request(message, target="userPrincipalName", code="InvalidValue")


def mail_enabled() -> GraphError:
    return bad_request("Cannot Update a mail-enabled security groups and or distribution list.")


def already_linked(kind: str) -> GraphError:
    return bad_request(
        "One or more added object references already exist for the following modified"
        f" properties: '{kind}'."
    )


def last_owner() -> GraphError:
    return bad_request(
        "The group must have at least one owner, hence this owner cannot be removed."
    )


def inherited_licence() -> GraphError:
    return bad_request(
        "User license is inherited from a group membership and it cannot be removed directly"
        " from the user."
    )


def no_seat(sku_id: str) -> GraphError:
    message = f"Subscription with SKU {sku_id} does not have any available licenses."
    return bad_request(message, target="assignedLicenses", code="CountViolation")


def excluded_licence(sku_id: str) -> GraphError:
    message = (
        "License assignment failed because service plans of license"
        f" {sku_id} are mutually exclusive with those of another license."
    )
    return bad_request(message, target="assignedLicenses", code="MutuallyExclusiveViolation")


def no_usage_location() -> GraphError:
    return bad_request("License assignment cannot be done for user with invalid usage location.")


def concurrency() -> GraphError:
    message = (
        "Unable to complete the request due to concurrent requests being made to the tenant."
        " Please wait briefly and retry."
    )
    return GraphError(409, "Directory_ConcurrencyViolation", message)


def throttled(retry_after: str | None) -> GraphError:
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return GraphError(429, "TooManyRequests", "Too many requests.", headers=headers)


def unavailable(status: int = 503, retry_after: str | None = None) -> GraphError:
    code = "gatewayTimeout" if status == 504 else "serviceNotAvailable"
    headers = {} if retry_after is None else {"Retry-After": retry_after}
    return GraphError(status, code, "The service is temporarily unavailable.", headers=headers)
