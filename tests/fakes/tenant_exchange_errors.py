"""Refusals of Exchange Online, as `InvokeCommand` answers them."""

from dataclasses import dataclass
from typing import Any


@dataclass
class ExchangeError(Exception):
    """A refusal; `kind` is the class of the exception in Exchange."""

    kind: str
    message: str
    status: int = 400

    @property
    def body(self) -> dict[str, Any]:
        """The JSON document of the refusal: what happened is in `details`."""
        text = f"{self.kind}|{self.message}" if self.kind else self.message
        return {
            "error": {
                "code": "NotFound" if self.status == 404 else "BadRequest",
                "message": "Error executing cmdlet",
                "details": [{"code": "Client", "target": "", "message": f"Ex6F9304|{text}"}],
                "innererror": {
                    "message": "Error executing cmdlet",
                    "type": "Microsoft.Exchange.Admin.OData.Core.ODataServiceException",
                },
            },
            "adminapi.warnings@odata.type": "#Collection(String)",
            "@adminapi.warnings": [],
        }


_TASKS = "Microsoft.Exchange.Configuration.Tasks"
_RECIPIENTS = "Microsoft.Exchange.Management.Tasks"


def no_object(identity: str) -> ExchangeError:
    message = (
        f"The operation couldn't be performed because object '{identity}' couldn't be found on"
        " 'FAKE01DC001.PROD.OUTLOOK.COM'."
    )
    return ExchangeError(f"{_TASKS}.ManagementObjectNotFoundException", message, 404)


def out_of_scope(cmdlet: str, properties: str, identity: str) -> ExchangeError:
    """The object is mastered in the Active Directory."""
    message = (
        f"The operation on mailbox \"{identity}\" failed because it's out of the current user's"
        f" write scope. The action '{cmdlet}', '{properties}', can't be performed on the object"
        f" '{identity}' because the object is being synchronized from your on-premises"
        " organization. This action should be performed on the object in your on-premises"
        " organization."
    )
    return ExchangeError("Microsoft.Exchange.Data.Directory.InvalidADObjectException", message)


def no_cmdlet(name: str) -> ExchangeError:
    """There is no such cmdlet, or no role of the caller has it."""
    message = (
        f"The term '{name}' is not recognized as the name of a cmdlet, function, script file, or"
        " operable program."
    )
    return ExchangeError("System.Management.Automation.CommandNotFoundException", message)


def no_parameter(name: str) -> ExchangeError:
    message = f"A parameter cannot be found that matches parameter name '{name}'."
    return ExchangeError("System.Management.Automation.ParameterBindingException", message)


def bad_value(name: str) -> ExchangeError:
    message = f"Cannot process argument transformation on parameter '{name}'."
    return ExchangeError(
        "System.Management.Automation.ParameterBindingArgumentTransformationException", message
    )


def taken(address: str) -> ExchangeError:
    message = (
        f'The proxy address "smtp:{address}" is already being used by the proxy addresses or'
        " LegacyExchangeDN of another recipient. Please choose another proxy address."
    )
    return ExchangeError(f"{_RECIPIENTS}.ProxyAddressExistsException", message)


def not_accepted(domain: str) -> ExchangeError:
    message = (
        f"You can't use the domain because it's not an accepted domain for your organization:"
        f" {domain}."
    )
    return ExchangeError(f"{_RECIPIENTS}.NotAcceptedDomainException", message)


def not_member(identity: str, group: str) -> ExchangeError:
    message = f"The recipient {identity} isn't a member of the group {group}."
    return ExchangeError(f"{_RECIPIENTS}.MemberNotFoundException", message)


def member_already(identity: str, group: str) -> ExchangeError:
    message = f"The recipient {identity} is already a member of the group {group}."
    return ExchangeError(f"{_RECIPIENTS}.MemberAlreadyExistsException", message)


def not_owner(group: str) -> ExchangeError:
    """Without the switch that skips the check, only managers of a group change it."""
    message = (
        f"You don't have sufficient permissions. This operation can only be performed by a"
        f" manager of the group {group}."
    )
    return ExchangeError(f"{_TASKS}.OperationRequiresGroupManagerException", message)


def server_fault() -> ExchangeError:
    return ExchangeError(
        "",
        "A server side error has occurred because of which the operation"
        " could not be completed. Please try again after some time.",
        500,
    )


def primary_needed(address: str) -> ExchangeError:
    message = f"You can't remove the primary SMTP address from the recipient: {address}."
    return ExchangeError("Microsoft.Exchange.Data.DataValidationException", message)


def ambiguous(identity: str) -> ExchangeError:
    message = f"The operation couldn't be performed because '{identity}' matches multiple entries."
    return ExchangeError(f"{_TASKS}.ManagementObjectAmbiguousException", message)


def missing_parameter(name: str) -> ExchangeError:
    message = (
        f"Cannot process command because of one or more missing mandatory parameters: {name}."
    )
    return ExchangeError("System.Management.Automation.ParameterBindingException", message)
