"""A request as one person sees it: which card, for whom, with which headline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.attention_card import attention_card
from cards.colleague_card import colleague_card
from cards.decision_card import DecisionMode, decision_card
from cards.hand_card import hand_card
from cards.list_card import list_card
from cards.plan_card import plan_card
from cards.request_card import request_card
from cards.superseded_card import superseded_card
from cards.undo_card import undo_card
from dialogs.turn import CardKind
from mutations.authority import Role, deciders_of
from mutations.dry_run import DryRun
from mutations.hand_work import open_tasks
from mutations.identity import ObjectId
from mutations.jobs import Message
from mutations.life_cycle import State
from mutations.request import MutationRequest
from mutations.status import Status
from mutations.use_cases import UseCases
from texts.translator import Texts

Card = Mapping[str, object]

_TO_CONFIRM = (Message.OUTCOME_TO_CONFIRM, Message.CONFIRM_REMINDER)
_OF_CHECKLISTS = (Message.CHECKLIST_REMINDER, Message.CHECKLIST_ENDS, Message.CHECKLIST_PASSED)
_WAIT_IN = {
    **dict.fromkeys(_TO_CONFIRM, State.TO_CONFIRM),
    **dict.fromkeys(_OF_CHECKLISTS, State.CHECKLIST),
}
"""What asks for something, by the state in which that is still to be done."""
_BY_HAND = (Message.HAND_ASKED, Message.HAND_REMINDER)
_REMINDERS = (Message.REMINDER, Message.HAND_REMINDER)
TO_DECIDERS = (Message.DECISION_ASKED, Message.REMINDER)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card ready to be sent.

    Attributes:
        kind: What it shows.
        lasting: What a card of this kind shows without the headline of this one message: as long
            as that stays the same, the headline stays too.
        summary: Its text for notifications.
    """

    kind: CardKind
    card: Card
    lasting: Card
    summary: str


class Presenter:
    """Makes cards of requests; reads no storage and changes nothing."""

    def __init__(self, texts: Texts, use_cases: UseCases) -> None:
        self._t = texts
        self._use = use_cases
        self._register = use_cases.context.register

    def request(
        self,
        request: MutationRequest,
        person: ObjectId,
        *,
        headline: str = "",
        withdrawing: bool = False,
    ) -> Card:
        """Return the status card as `person` may see it."""
        return request_card(
            self._t,
            self._register,
            self._use.find.status(request),
            roles=self._use.find.roles(request, person),
            headline=headline,
            withdrawing=withdrawing,
        )

    def decision(
        self,
        request: MutationRequest,
        *,
        mode: DecisionMode = DecisionMode.ASK,
        problem: str = "",
    ) -> Card:
        """Return the card on which the source entity decides, or its final form."""
        return decision_card(
            self._t,
            self._register,
            self._use.find.status(request),
            mode=mode,
            problem=problem,
            now=self._use.context.now(),
        )

    def listing(self, statuses: Sequence[Status], *, waiting: bool) -> Card:
        """Return a list of requests."""
        return list_card(self._t, self._register, statuses, waiting=waiting)

    def undo(self, request: MutationRequest, *, problem: str = "") -> Card:
        """Return the question whether the work is to be taken back."""
        status = self._use.find.status(request)
        return undo_card(self._t, self._register, status, problem=problem)

    def plan(self, run: DryRun) -> Card:
        """Return the plan that was made for somebody who only looks."""
        return plan_card(self._t, self._register, run)

    def superseded(self, request: MutationRequest) -> Card:
        """Return what an older card shows once a newer one of its kind was sent."""
        return superseded_card(self._t, self._use.find.status(request))

    def by_kind(
        self, kind: CardKind, request: MutationRequest, person: ObjectId, *, headline: str = ""
    ) -> Card:
        """Return what a card of a kind shows of the request as it is now.

        `headline` says why the card is shown, on the kinds that have a place for it.
        """
        status = self._use.find.status(request)
        match kind:
            case CardKind.DECISION:
                return self.decision(request, problem=headline)
            case CardKind.COLLEAGUE:
                return colleague_card(self._t, self._register, status)
            case CardKind.ATTENTION:
                return attention_card(self._t, self._register, status)
            case CardKind.HAND:
                return hand_card(self._t, self._register, status, problem=headline)
            case CardKind.REQUEST:
                return self.request(request, person, headline=headline)

    def natural_kind(self, request: MutationRequest, person: ObjectId) -> CardKind:
        """Return the kind of card that fits what `person` is to the request, and has to do."""
        mine = self._use.find.roles(request, person)
        if Role.REQUESTER in mine:
            return CardKind.REQUEST
        if Role.DECIDER in mine:
            return CardKind.DECISION if awaits_decision(request) else CardKind.REQUEST
        if Role.SUBJECT in mine:
            return CardKind.COLLEAGUE
        return _for_the_desk(request)

    def is_asked(self, request: MutationRequest, person: ObjectId) -> bool:
        """Tell whether the decision is still waited for, and may be this person's today."""
        is_decider = Role.DECIDER in self._use.find.roles(request, person)
        return is_decider and awaits_decision(request)

    def message(
        self,
        message: Message,
        request: MutationRequest,
        person: ObjectId,
        *,
        about: ObjectId | None = None,
    ) -> Shown:
        """Return the card that tells `person` what happened; `about` is who could not be told."""
        kind = _kind(message, request, person)
        is_reported = message is Message.DONE and request.rests_on_word
        is_back = message is Message.UNDONE and request.handover is not None
        key = f"reported.{message}" if is_reported or is_back else f"message.{message}"
        words = {"number": request.number, "name": self._name(request, about)}
        lasting = self.by_kind(kind, request, person)
        if request.state is not _WAIT_IN.get(message, request.state):
            # It was answered before it could be told: the card says where the request is now.
            summary = self._t.plain("status.title", number=request.number)
            return Shown(kind, lasting, lasting, summary=summary)
        has_headline = kind is CardKind.REQUEST or message in _REMINDERS
        headline = self._t(key, **words) if has_headline else ""
        card = self.by_kind(kind, request, person, headline=headline) if headline else lasting
        return Shown(kind, card, lasting, summary=self._t.plain(key, **words))

    def answered_question(self, request: MutationRequest, person: ObjectId) -> Shown:
        """Return what follows a question that may hang in a chat and no longer asks anything."""
        lasting = self.by_kind(CardKind.DECISION, request, person)
        summary = self._t.plain("repeat.answered", number=request.number)
        return Shown(CardKind.DECISION, lasting, lasting, summary=summary)

    def repeat_note(self) -> str:
        """Return what stands above a message that may have been sent before."""
        return self._t.plain("repeat.note")

    def _name(self, request: MutationRequest, person: ObjectId | None) -> str:
        today = self._use.context.today()
        names = {
            **{one.object_id: one.name for one in self._register.service_desk},
            **{
                one.object_id: one.name
                for one in deciders_of(request, self._register, on=today).values()
            },
            request.subject.object_id: request.subject.name,
        }
        return names.get(person, self._t.plain("turn.somebody")) if person else ""


def _for_the_desk(request: MutationRequest) -> CardKind:
    if request.state is State.ATTENTION:
        return CardKind.ATTENTION
    waits = request.state is State.CARRYING_OUT and open_tasks(request.tasks)
    return CardKind.HAND if waits else CardKind.REQUEST


def awaits_decision(request: MutationRequest) -> bool:
    """Tell whether the source entity still has to decide."""
    return request.state is State.SUBMITTED and request.decision is None


def _kind(message: Message, request: MutationRequest, person: ObjectId) -> CardKind:
    if message in TO_DECIDERS:
        return CardKind.DECISION
    if person == request.requester.object_id:
        return CardKind.REQUEST
    if person == request.subject.object_id:
        return CardKind.COLLEAGUE
    if message in _BY_HAND:
        return CardKind.HAND
    return CardKind.ATTENTION if message is Message.ATTENTION else CardKind.REQUEST
