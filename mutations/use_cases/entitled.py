"""Whether the requester of a request may still ask for the new entity."""

from mutations.authority import NotEntitledError
from mutations.directory import Person
from mutations.request import MutationRequest
from mutations.use_cases.context import Context
from mutations.use_cases.membership import OwnAccountError, employee_ids, same_human


class NoLongerRequesterError(NotEntitledError):
    """The register no longer lets the requester ask for the new entity."""

    message_key = "error.requester_gone"


async def require_entitled(context: Context, person: Person, request: MutationRequest) -> None:
    """Refuse a requester whom the register took away, or who is the colleague as well.

    Raises:
        NoLongerRequesterError: The register no longer lets them ask for the new entity.
        OwnAccountError: The colleague is the same human.
        DirectoryUnavailableError: The directory did not answer.
    """
    register = context.register
    target = register.entity(request.target)
    if target is None or not target.has_requester(person.object_id):
        entity = register.name_of(request.target)
        raise NoLongerRequesterError(number=request.number, entity=entity)
    if same_human(person, await employee_ids(context.directory, request.subject)):
        raise OwnAccountError(number=request.number)
