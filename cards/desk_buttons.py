"""What the service desk can do about work: try again, by hand, take back."""

from adaptive_cards.card import ActionExecute

from cards.buttons import MAIN, button, request_data
from cards.verbs import Verb
from mutations.handing_over import to_hand_over
from mutations.life_cycle import State
from mutations.status import Status
from mutations.undoing import is_stopped_halfway
from texts.translator import Texts


def desk_buttons(t: Texts, status: Status) -> list[ActionExecute]:
    """Return a button for each way out of work that stopped, and the one back from work done."""
    request = status.request
    if status.undo_until is not None:
        return [button(t, Verb.UNDO_ASK, request_data(request))]
    if request.state is not State.ATTENTION:
        return []
    data = request_data(request)
    found = [button(t, Verb.WORK_RESUME, data, style=MAIN)]
    stuck = to_hand_over(request)
    if stuck:
        found.append(button(t, Verb.HAND_OVER, {**data, "position": stuck[0]}))
    if is_stopped_halfway(request) and request.undo is None:
        found.append(button(t, Verb.UNDO_ASK, data))
    return found
