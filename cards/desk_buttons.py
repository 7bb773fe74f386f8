"""The ways out of work that stopped, for the service desk: try again, by hand, take back."""

from adaptive_cards.card import ActionExecute

from cards.buttons import MAIN, button, request_data
from cards.verbs import Verb
from mutations.handing_over import to_hand_over
from mutations.life_cycle import State
from mutations.request import MutationRequest
from mutations.undoing import may_undo
from texts.translator import Texts


def ways_out(t: Texts, request: MutationRequest) -> list[ActionExecute]:
    """Return a button for each way that is open now; none while nothing waits for a person."""
    if request.state is not State.ATTENTION:
        return []
    data = request_data(request)
    found = [button(t, Verb.WORK_RESUME, data, style=MAIN)]
    stuck = to_hand_over(request)
    if stuck:
        found.append(button(t, Verb.HAND_OVER, {**data, "position": stuck[0]}))
    if may_undo(request) and request.undo is None:
        found.append(button(t, Verb.UNDO_ASK, data))
    return found
