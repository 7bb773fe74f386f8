"""The whole conversation: finds out what somebody wants and has it done."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from cards.decision_card import DecisionMode
from cards.help_card import help_card
from cards.problem_card import problem_card, problem_text
from cards.verbs import Verb
from dialogs.answers import understand_keep, understand_yes_no
from dialogs.card_data import BrokenCardError, ExpiredCardError, request_id
from dialogs.checklist_dialog import ChecklistDialog
from dialogs.commands import Asked, Command, understand_command
from dialogs.draft_answers import DraftAnswers
from dialogs.draft_dialog import DraftDialog
from dialogs.hand_dialog import HandDialog
from dialogs.interruption import interruption_reply, unpacked
from dialogs.plan_dialog import PlanDialog
from dialogs.presenter import Presenter
from dialogs.request_dialog import RequestDialog
from dialogs.turn import (
    CardKind,
    Incoming,
    IncomingKind,
    Interruption,
    Reply,
    Standing,
    Tracked,
)
from dialogs.undo_dialog import UndoDialog
from mutations.authority import NotInvolvedError, Role
from mutations.directory import DirectoryUnavailableError
from mutations.draft import Question
from mutations.errors import DomainError
from mutations.identity import RequestId, find_request_number
from mutations.request import MutationRequest
from mutations.use_cases import UseCases
from texts.escaping import Safe, unmarked
from texts.translator import Texts

MESSAGE_LIMIT = 1000

_OF_DECIDERS: Final = frozenset(verb for verb in Verb if verb.startswith("decision."))
_OF_HANDS: Final = frozenset({Verb.HAND_TAKE, Verb.HAND_DONE, Verb.HAND_CANNOT})

Handler = Callable[[Incoming], Awaitable[Reply]]


class GroupChatError(DomainError):
    """Requests are spoken about in personal chat only."""

    message_key = "error.group_chat"


class EmptyTextError(DomainError):
    """A message without text."""

    message_key = "error.text.empty"


class LongTextError(DomainError):
    """A message longer than any answer can be."""

    message_key = "error.text.long"


class AttachmentError(DomainError):
    """A file or picture, which no question asks for."""

    message_key = "error.attachment"


class OutOfScopeError(DomainError):
    """A question about pc, laptop or mobile device (R15)."""

    message_key = "error.out_of_scope"


class DirectorySilentError(DomainError):
    """The directory did not answer; nothing was lost."""

    message_key = "error.directory"


class Conversations:
    """Answers every message and every press with a card; nothing a person does raises."""

    def __init__(
        self, texts: Texts, use_cases: UseCases, presenter: Presenter, *, simulated: bool
    ) -> None:
        self._t = texts
        self._simulated = simulated
        self._use = use_cases
        self._presenter = presenter
        self._drafts = DraftDialog(texts, use_cases, presenter, DraftAnswers(use_cases))
        self._requests = RequestDialog(texts, use_cases, presenter)
        self._hands = HandDialog(texts, use_cases, presenter)
        self._checklists = ChecklistDialog(texts, use_cases, presenter)
        self._undo = UndoDialog(texts, use_cases, presenter)
        self._plans = PlanDialog(texts, use_cases, presenter)
        self._presses = self._press_table()

    async def respond(self, incoming: Incoming) -> Reply:
        """Do what the person asks and return the answer."""
        return _notifiable(await self._answer(unpacked(incoming)))

    async def _answer(self, incoming: Incoming) -> Reply:
        try:
            return await self._respond(incoming)
        except DirectoryUnavailableError:
            return await self._refused(incoming, DirectorySilentError())
        except DomainError as error:
            return await self._refused(incoming, error)

    def problem(self, correlation_id: str) -> Reply:
        """Return the card for a fault of ours, with the id by which it can be found."""
        card = problem_card(self._t, "error.fault", {"correlation_id": correlation_id})
        return Reply((card,), summary=self._t.plain("error.fault.title"))

    def interrupted(self, incoming: Incoming, interruption: Interruption) -> Reply:
        """Return the card for an act that could not be finished; needs nothing but memory."""
        return interruption_reply(self._t, incoming, interruption)

    async def _respond(self, incoming: Incoming) -> Reply:
        if not incoming.personal:
            raise GroupChatError
        match incoming.kind:
            case IncomingKind.JOINED:
                return self._help(incoming, greeting=incoming.name)
            case IncomingKind.PRESS:
                handler = self._presses.get(incoming.verb)
                if handler is None:
                    raise BrokenCardError
                if incoming.standing is Standing.EXPIRED:
                    raise ExpiredCardError
                return await handler(incoming)
            case IncomingKind.MESSAGE:
                return await self._message(incoming)

    async def _message(self, incoming: Incoming) -> Reply:
        if not incoming.text.strip():
            raise AttachmentError if incoming.has_attachment else EmptyTextError
        if len(incoming.text) > MESSAGE_LIMIT:
            raise LongTextError(limit=MESSAGE_LIMIT)
        asked = understand_command(incoming.text)
        match asked.command:
            case Command.HELLO:
                return self._help(incoming, greeting=incoming.name)
            case Command.HELP:
                return self._help(incoming)
            case Command.NEW:
                return await self._drafts.open(incoming, asked.rest)
            case Command.SUBMIT:
                return await self._drafts.submit_typed(incoming)
            case Command.DISCARD:
                return await self._discard(incoming)
            case _:
                return await self._about_requests(incoming, asked)

    async def _about_requests(self, incoming: Incoming, asked: Asked) -> Reply:
        match asked.command:
            case Command.STATUS:
                return await self._requests.status(incoming, asked.rest)
            case Command.MINE:
                return await self._requests.mine(incoming)
            case Command.WAITING:
                return await self._requests.waiting(incoming)
            case Command.WITHDRAW:
                return await self._requests.ask_withdrawal(incoming, asked.rest)
            case Command.UNDO:
                return await self._undo.ask_typed(incoming, asked.rest)
            case _:
                return await self._other(incoming, asked)

    async def _other(self, incoming: Incoming, asked: Asked) -> Reply:
        if asked.command is Command.OUT_OF_SCOPE:
            raise OutOfScopeError
        if find_request_number(asked.rest):
            return await self._requests.status(incoming, asked.rest)
        draft = await self._use.find_draft(incoming.person)
        if draft is not None and draft.open_question() is not None:
            return await self._drafts.answer(draft, incoming.text.strip())
        if draft is not None and understand_yes_no(incoming.text) is not None:
            # "Klopt dit?" is not sent by a yes alone, which may answer anything.
            return await self._drafts.show(draft)
        return self._help(incoming, greeting=self._t("help.not_understood"))

    async def _discard(self, incoming: Incoming) -> Reply:
        draft = await self._use.find_draft(incoming.person)
        asked = draft.open_question() if draft else None
        if draft and asked is Question.WISH and understand_keep(incoming.text) is not None:
            # Asked about the data, "weggooien" is about the data.
            return await self._drafts.answer(draft, incoming.text.strip())
        return await self._drafts.discard(incoming)

    def _help(self, incoming: Incoming, greeting: str = "") -> Reply:
        context = self._use.context
        may_request = bool(context.register.requested_by(incoming.person, context.today()))
        card = help_card(
            self._t,
            context.register,
            may_request=may_request,
            greeting=greeting,
            simulated=self._simulated,
        )
        return Reply((card,), summary=self._t.plain("help.title"))

    async def _show_help(self, incoming: Incoming) -> Reply:
        return self._help(incoming)

    async def _open_draft(self, incoming: Incoming) -> Reply:
        return await self._drafts.open(incoming)

    def _press_table(self) -> Mapping[str, Handler]:
        drafts, requests = self._drafts, self._requests
        return {
            Verb.HELP: self._show_help,
            Verb.DRAFT_OPEN: self._open_draft,
            Verb.DRAFT_FILL: drafts.fill,
            Verb.DRAFT_CHOOSE: drafts.choose,
            Verb.DRAFT_ANSWER: drafts.quick_answer,
            Verb.DRAFT_EDIT: drafts.edit,
            Verb.DRAFT_DISCARD: drafts.discard,
            Verb.DRAFT_SUBMIT: drafts.submit,
            Verb.DECISION_KEEP: requests.keep,
            Verb.DECISION_NOT_KEEP: requests.decision_view(DecisionMode.NOT_KEEP),
            Verb.DECISION_NOT_KEEP_SURE: requests.not_keep,
            Verb.DECISION_REFUSE: requests.decision_view(DecisionMode.REFUSE),
            Verb.DECISION_REFUSE_SURE: requests.refuse,
            Verb.DECISION_BACK: requests.decision_view(DecisionMode.ASK),
            Verb.OUTCOME_CONFIRM: requests.confirm,
            Verb.REQUEST_SHOW: requests.show,
            Verb.REQUEST_WITHDRAW: requests.ask_withdrawal,
            Verb.REQUEST_WITHDRAW_SURE: requests.withdraw,
            Verb.WORK_RESUME: requests.resume,
            Verb.UNDO_ASK: self._undo.ask,
            Verb.UNDO_SURE: self._undo.sure,
            Verb.HAND_OVER: self._hands.over,
            Verb.HAND_TAKE: self._hands.take,
            Verb.HAND_DONE: self._hands.done,
            Verb.HAND_CANNOT: self._hands.cannot,
            Verb.CHECKLIST_DONE: self._checklists.done,
            Verb.CHECKLIST_BACK: self._checklists.not_done,
            Verb.PLAN_SHOW: self._plans.show,
            Verb.LIST_MINE: requests.mine,
            Verb.LIST_WAITING: requests.waiting,
        }

    async def _refused(self, incoming: Incoming, error: DomainError) -> Reply:
        about = _request_named(incoming)
        verb = incoming.verb if incoming.verb in self._presses else incoming.kind
        await self._use.refuse(incoming.person, error, verb=verb, request_id=about)
        # In a group others read along: nothing about a request is shown there.
        request = await self._visible(incoming, about) if incoming.personal else None
        text = problem_text(self._t, error.message_key, error.params)
        if request is not None:
            kind = self._kind_after(incoming, request)
            if kind is not CardKind.COLLEAGUE:
                card = self._presenter.by_kind(kind, request, incoming.person, headline=text)
                lasting = self._presenter.by_kind(kind, request, incoming.person)
                tracked = Tracked(kind=kind, request_id=request.id, lasting=lasting)
                return Reply((card,), summary=text, tracked=tracked)
        buttons = (Verb.HELP, Verb.LIST_MINE)
        card = problem_card(self._t, error.message_key, error.params, action=buttons)
        return Reply((card,), summary=text)

    def _kind_after(self, incoming: Incoming, request: MutationRequest) -> CardKind:
        """Return what takes the place of the card on which something was refused."""
        mine = self._use.find.roles(request, incoming.person)
        if incoming.verb in _OF_DECIDERS and Role.DECIDER in mine:
            return CardKind.DECISION
        if incoming.verb == Verb.WORK_RESUME and Role.SERVICE_DESK in mine:
            return CardKind.ATTENTION
        if incoming.verb in _OF_HANDS and Role.SERVICE_DESK in mine:
            return CardKind.HAND
        natural = self._presenter.natural_kind(request, incoming.person)
        # The card that asks for help has no place to say what was refused.
        return CardKind.REQUEST if natural is CardKind.ATTENTION else natural

    async def _visible(
        self, incoming: Incoming, about: RequestId | None
    ) -> MutationRequest | None:
        """Return the request of a stale card, so that its state now can be shown instead."""
        if about is None:
            return None
        try:
            return await self._use.find.by_id(incoming.person, about)
        except NotInvolvedError:
            return None


def _request_named(incoming: Incoming) -> RequestId | None:
    try:
        return request_id(incoming.data)
    except BrokenCardError:
        return None


def _notifiable(reply: Reply) -> Reply:
    """Return the reply with a summary for places that render no markdown."""
    if isinstance(reply.summary, Safe):
        return replace(reply, summary=unmarked(reply.summary))
    return reply
