"""The card of a request as the answer to somebody, which follows the request from then on."""

from dialogs.presenter import Presenter
from dialogs.turn import CardKind, Incoming, Reply, Tracked
from mutations.request import MutationRequest
from texts.translator import Texts


def follow(
    t: Texts,
    presenter: Presenter,
    incoming: Incoming,
    request: MutationRequest,
    kind: CardKind | None = None,
) -> Reply:
    """Return a card of a kind, or of the kind that fits what the person is to the request."""
    fitting = kind or presenter.natural_kind(request, incoming.person)
    return Reply(
        (presenter.by_kind(fitting, request, incoming.person),),
        summary=t.plain("status.title", number=request.number),
        tracked=Tracked(kind=fitting, request_id=request.id),
    )
