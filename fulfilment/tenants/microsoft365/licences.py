"""Which licences one call has to give and to take, so that a user has those of a profile."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from fulfilment.tenants.microsoft365.attributes import TenantAttributes
from fulfilment.tenants.microsoft365.call import Reply
from fulfilment.tenants.microsoft365.documents import UserDocument

_TAKEN_ALREADY: Final = "does not have a corresponding license"


@dataclass(frozen=True, slots=True)
class LicenceChange:
    """Licences (skuId) to give and to take, in a stable order."""

    add: tuple[str, ...]
    remove: tuple[str, ...]

    @property
    def is_needed(self) -> bool:
        """Tell whether there is anything to do."""
        return bool(self.add or self.remove)


def change_to(profile: str, user: UserDocument, attributes: TenantAttributes) -> LicenceChange:
    """Return what brings a user from its licences to those of a profile.

    Only licences of other profiles are taken: a licence that belongs to none stays. What a group
    gives stays as well, because only leaving that group takes it.
    """
    wanted, held = attributes.skus(profile), user.licences
    direct = held - user.inherited_licences
    return LicenceChange(
        add=tuple(sorted(wanted - held)),
        remove=tuple(sorted((direct & attributes.all_skus()) - wanted)),
    )


def was_taken_already(reply: Reply) -> bool:
    """Tell whether a change was refused because a licence to take is gone.

    So it is after a change whose answer was lost, as long as readers see what was before it.
    """
    error = reply.body.get("error")
    message = error.get("message") if isinstance(error, Mapping) else None
    return not reply.is_done and isinstance(message, str) and _TAKEN_ALREADY in message.lower()
