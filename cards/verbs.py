"""The verbs of all buttons, in one place: a card writes them, the conversations read them."""

from enum import StrEnum


class Verb(StrEnum):
    """What a button asks for."""

    HELP = "help.show"
    DRAFT_OPEN = "draft.open"
    DRAFT_FILL = "draft.fill"
    DRAFT_CHOOSE = "draft.choose"
    DRAFT_ANSWER = "draft.answer"
    DRAFT_EDIT = "draft.edit"
    DRAFT_DISCARD = "draft.discard"
    DRAFT_SUBMIT = "draft.submit"
    DECISION_KEEP = "decision.keep"
    DECISION_NOT_KEEP = "decision.not_keep"
    DECISION_NOT_KEEP_SURE = "decision.not_keep_sure"
    DECISION_REFUSE = "decision.refuse"
    DECISION_REFUSE_SURE = "decision.refuse_sure"
    DECISION_BACK = "decision.back"
    OUTCOME_CONFIRM = "outcome.confirm"
    REQUEST_SHOW = "request.show"
    REQUEST_WITHDRAW = "request.withdraw"
    REQUEST_WITHDRAW_SURE = "request.withdraw_sure"
    WORK_RESUME = "work.resume"
    HAND_TAKE = "hand.take"
    HAND_DONE = "hand.done"
    HAND_CANNOT = "hand.cannot"
    PLAN_SHOW = "plan.show"
    LIST_MINE = "list.mine"
    LIST_WAITING = "list.waiting"
