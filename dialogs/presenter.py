"""A request as one person sees it: which card, for whom, with which headline."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cards.attention_card import attention_card
from cards.colleague_card import colleague_card
from cards.decision_card import DecisionMode, decision_card
from cards.list_card import list_card
from cards.request_card import request_card
from cards.superseded_card import superseded_card
from dialogs.turn import CardKind
from mutations.authority import Role
from mutations.identity import ObjectId
from mutations.jobs import Message
from mutations.request import MutationRequest
from mutations.status import Status
from mutations.use_cases import UseCases
from texts.translator import Texts

Card = Mapping[str, object]

_TO_DECIDERS = (Message.DECISION_ASKED, Message.REMINDER)


@dataclass(frozen=True, slots=True)
class Shown:
    """A card ready to be sent: what it shows, the card, and its text for notifications."""

    kind: CardKind
    card: Card
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

    def superseded(self, request: MutationRequest) -> Card:
        """Return what an older card shows once a newer one of its kind was sent."""
        return superseded_card(self._t, self._use.find.status(request))

    def by_kind(
        self, kind: CardKind, request: MutationRequest, person: ObjectId, *, headline: str = ""
    ) -> Card:
        """Return what a card of a kind shows of the request as it is now."""
        status = self._use.find.status(request)
        match kind:
            case CardKind.DECISION:
                return self.decision(request)
            case CardKind.COLLEAGUE:
                return colleague_card(self._t, self._register, status)
            case CardKind.ATTENTION:
                return attention_card(self._t, self._register, status)
            case CardKind.REQUEST:
                return self.request(request, person, headline=headline)

    def natural_kind(self, request: MutationRequest, person: ObjectId) -> CardKind:
        """Return the kind of card that fits what `person` is to the request."""
        mine = self._use.find.roles(request, person)
        if Role.REQUESTER in mine:
            return CardKind.REQUEST
        if Role.DECIDER in mine:
            return CardKind.DECISION
        if Role.SUBJECT in mine:
            return CardKind.COLLEAGUE
        return CardKind.ATTENTION

    def message(self, message: Message, request: MutationRequest, person: ObjectId) -> Shown:
        """Return the card that tells `person` what happened."""
        kind = _kind(message, request, person)
        key = f"message.{message}"
        headline = self._t(key, number=request.number)
        card = self.by_kind(kind, request, person, headline=headline)
        return Shown(kind, card, summary=self._t.plain(key, number=request.number))


def _kind(message: Message, request: MutationRequest, person: ObjectId) -> CardKind:
    if message in _TO_DECIDERS:
        return CardKind.DECISION
    if person == request.requester.object_id:
        return CardKind.REQUEST
    if person == request.subject.object_id:
        return CardKind.COLLEAGUE
    return CardKind.ATTENTION if message is Message.ATTENTION else CardKind.REQUEST
