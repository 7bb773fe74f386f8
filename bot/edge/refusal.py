"""Why the gate sends someone away."""

from enum import StrEnum


class Reason(StrEnum):
    """The bounded set of reasons; also the label of the refusal counter."""

    CREDENTIALS_MISSING = "credentials_missing"
    TOKEN_MALFORMED = "token_malformed"  # noqa: S105 - no password
    ALGORITHM = "algorithm"
    UNKNOWN_KEY = "unknown_key"
    SIGNATURE = "signature"
    ISSUER = "issuer"
    AUDIENCE = "audience"
    LIFETIME = "lifetime"
    FOREIGN_CALLER = "foreign_caller"
    SERVICE_URL = "service_url"
    CHANNEL = "channel"
    ENDORSEMENT = "endorsement"
    TENANT = "tenant"
    SENDER = "sender"
    RECIPIENT = "recipient"
    DELIVERY = "delivery"
    NOT_LOCAL = "not_local"
    KEYS_UNAVAILABLE = "keys_unavailable"
    CONTENT_TYPE = "content_type"
    BODY_SIZE = "body_size"
    BODY_SLOW = "body_slow"
    BODY_BROKEN = "body_broken"
    BODY_JSON = "body_json"
    BODY_FIELDS = "body_fields"
    UNKNOWN_ORDER = "unknown_order"


_STATUS = {
    Reason.CREDENTIALS_MISSING: 401,
    Reason.TOKEN_MALFORMED: 401,
    Reason.KEYS_UNAVAILABLE: 503,
    Reason.CONTENT_TYPE: 400,
    Reason.DELIVERY: 400,
    Reason.BODY_SIZE: 413,
    Reason.BODY_SLOW: 408,
    Reason.BODY_BROKEN: 400,
    Reason.BODY_JSON: 400,
    Reason.BODY_FIELDS: 400,
    Reason.UNKNOWN_ORDER: 404,
}


class RefusedError(Exception):
    """An activity that goes no further.

    401 means that nobody said who they are, 403 that they are not who may speak here, 400
    that the body is no activity. 503 is only given before the first signing key was read.
    """

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
        self.status = _STATUS.get(reason, 403)
