"""What can go wrong on the way to the Bot Connector, by what can be done about it."""


class DeliveryError(Exception):
    """A message did not arrive.

    Attributes:
        status: HTTP status of the Connector, 0 when there was no answer.
        code: Its error code, such as `ConversationNotFound`; empty when it gave none.
    """

    def __init__(self, status: int = 0, code: str = "") -> None:
        super().__init__(status, code)
        self.status = status
        self.code = code


class UnreachableError(DeliveryError):
    """The person cannot be reached here (403, 404): find another way, do not try again."""


class RejectedMessageError(DeliveryError):
    """The Connector will not take this message or this bot: trying again changes nothing."""


class AddressRefusedError(RejectedMessageError):
    """The address is not one the bot talks to: no connection was made."""


class ConnectorUnavailableError(DeliveryError):
    """What was asked was certainly not done, and may be done when it is asked again later.

    Attributes:
        retry_after_s: Seconds the Connector asked to wait, None when it did not say.
    """

    def __init__(
        self, status: int = 0, code: str = "", *, retry_after_s: float | None = None
    ) -> None:
        super().__init__(status, code)
        self.retry_after_s = retry_after_s


class UnknownOutcomeError(ConnectorUnavailableError):
    """Nobody knows whether it was done: no answer, or one from somewhere on the way."""


class SendLimitError(ConnectorUnavailableError):
    """The bot keeps to the limits of Teams, so nothing was sent yet."""


class TokenUnavailableError(ConnectorUnavailableError):
    """No token could be had, so nothing was sent."""
