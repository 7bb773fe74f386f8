"""Filling a request: one form, or question by question; both fill the same draft."""

from dataclasses import dataclass, field
from typing import Final

from cards.candidates_card import candidates_card
from cards.discarded_card import discarded_card
from cards.form_card import form_card
from cards.problem_card import problem_text
from cards.question_card import question_card
from cards.summary_card import summary_card
from cards.verbs import Verb
from dialogs import card_data
from dialogs.draft_answers import DraftAnswers, Understood
from dialogs.presenter import Card, Presenter
from dialogs.turn import CardKind, Incoming, IncomingKind, Reply, Tracked
from mutations.draft import Draft, Question
from mutations.errors import DomainError
from mutations.identity import ObjectId
from mutations.intake import AnswerError, NotYourEntityError, OwnTransferError
from mutations.party import Party
from mutations.request import MutationRequest
from mutations.use_cases import UseCases
from mutations.use_cases.drafts import NoDraftError
from mutations.use_cases.propose import NoDeciderError
from texts.translator import Texts

_BY_AUTHORITY: Final = (NoDeciderError, NotYourEntityError, OwnTransferError)
"""Answers that are refused for who gives them, not for a slip; the audit has those."""


@dataclass(slots=True)
class _Answers:
    """Answers that stand, and what is wrong with the others."""

    good: dict[str, object] = field(default_factory=dict)
    problems: dict[Question, str] = field(default_factory=dict)


class DraftDialog:
    """The conversation from "nieuwe mutatie" to the request."""

    def __init__(
        self, texts: Texts, use_cases: UseCases, presenter: Presenter, answers: DraftAnswers
    ) -> None:
        self._t = texts
        self._use = use_cases
        self._presenter = presenter
        self._answers = answers

    async def open(self, incoming: Incoming, rest: str = "") -> Reply:
        """Show the form; a name behind the command is the first answer."""
        draft = await self._use.open_draft(incoming.person)
        if rest:
            return await self._open_about(draft, rest)
        if draft.open_question() is None:
            return await self._go_on(draft, by_form=True)
        return Reply((self._form(draft),), summary=self._t.plain("form.title"))

    async def _open_about(self, draft: Draft, name: str) -> Reply:
        about, begun = draft.colleague, draft.open_question() is None
        reply = await self._take(draft, Question.COLLEAGUE, name)
        draft = await self._use.find_draft(draft.person) or draft
        if begun and draft.colleague is not None and draft.colleague != about:
            # The other answers were given for somebody else: they are shown, not taken for good.
            return Reply((self._form(draft),), summary=self._t.plain("form.title"))
        return reply

    async def answer(self, draft: Draft, text: str) -> Reply:
        """Take a typed answer to the open question and ask the next one."""
        question = draft.open_question()
        if question is None:
            return await self._go_on(draft, by_form=False)
        return await self._take(draft, question, text)

    async def _take(self, draft: Draft, question: Question, text: str) -> Reply:
        try:
            understood = await self._answers.typed(draft, question, text)
        except DomainError as error:
            problem = await self._wrong(draft, error, verb=IncomingKind.MESSAGE)
            return Reply((self._question(draft, question, problem),), summary=problem)
        draft = await self._use.fill_draft(draft, **understood)
        return await self._go_on(draft, by_form=False)

    async def show(self, draft: Draft) -> Reply:
        """Show where the draft is: its next question, or its summary."""
        return await self._go_on(draft, by_form=False)

    async def fill(self, incoming: Incoming) -> Reply:
        """Take the whole form; what is good is kept, what is not is asked again."""
        draft = await self._draft_of(incoming)
        answers = _Answers()
        for question in Question:
            try:
                answers.good |= await self._answers.from_form(draft, question, incoming.inputs)
            except AnswerError as error:
                problem = await self._wrong(draft, error, verb=incoming.verb)
                answers.problems[error.question] = problem
            except DomainError as error:
                if isinstance(error, card_data.BrokenCardError):
                    raise
                answers.problems[question] = self._problem(error)
        draft = await self._use.fill_draft(draft, **answers.good)
        if answers.problems:
            return Reply(
                (self._form(draft, answers.problems),), summary=self._t.plain("form.title")
            )
        return await self._go_on(draft, by_form=True)

    async def choose(self, incoming: Incoming) -> Reply:
        """Take the colleague that was chosen out of several."""
        draft = await self._draft_of(incoming)
        chosen = card_data.text(incoming.data, "colleague")
        if not chosen:
            draft = await self._use.fill_draft(draft, colleague=None, candidates=())
            return await self._go_on(draft, by_form=False)
        draft = await self._use.fill_draft(draft, **self._answers.chosen(draft, chosen))
        return await self._go_on(draft, by_form=False)

    async def quick_answer(self, incoming: Incoming) -> Reply:
        """Take an answer given by a button under a question."""
        draft = await self._draft_of(incoming)
        question = self._answers.question(card_data.text(incoming.data, "question"))
        given = incoming.data if "value" in incoming.data else incoming.inputs
        value = card_data.text(given, "value")
        try:
            understood = await self._answers.from_form(draft, question, {question.value: value})
        except card_data.BrokenCardError:
            raise
        except DomainError as error:
            problem = await self._wrong(draft, error, verb=incoming.verb)
            return Reply((self._question(draft, question, problem),))
        draft = await self._use.fill_draft(draft, **understood)
        return await self._go_on(draft, by_form=False)

    async def edit(self, incoming: Incoming) -> Reply:
        """Show the form again with everything that was answered."""
        return Reply(
            (self._form(await self._draft_of(incoming)),), summary=self._t.plain("form.title")
        )

    async def discard(self, incoming: Incoming) -> Reply:
        """Throw the draft away, by message or by a card that belongs to it."""
        if incoming.kind is IncomingKind.PRESS:
            await self._draft_of(incoming)
        await self._use.discard_draft(incoming.person)
        return Reply((discarded_card(self._t),), summary=self._t.plain("discarded.title"))

    async def submit(self, incoming: Incoming) -> Reply:
        """Send the draft whose summary was shown."""
        return await self._submit(
            incoming,
            draft_id=card_data.opaque_id(incoming.data, "draft"),
            version=card_data.number(incoming.data, "version"),
        )

    async def submit_typed(self, incoming: Incoming) -> Reply:
        """Send the draft by message, as it was last shown."""
        draft = await self._use.find_draft(incoming.person)
        if draft is None:
            raise NoDraftError
        if draft.open_question() is not None:
            return await self._go_on(draft, by_form=False)
        return await self._submit(incoming, draft_id=draft.id, version=draft.version)

    async def _submit(self, incoming: Incoming, *, draft_id: str, version: int) -> Reply:
        requester = self._requester(incoming.person)
        try:
            request = await self._use.submit(requester, draft_id=draft_id, version=version)
        except AnswerError as error:
            # Something changed since the summary: the form is where it can be put right.
            await self._use.refuse(incoming.person, error, verb=Verb.DRAFT_SUBMIT, request_id=None)
            draft = await self._use.open_draft(incoming.person)
            problem = self._problem(error)
            return Reply((self._form(draft, {error.question: problem}),), summary=problem)
        return self._sent(request)

    def _sent(self, request: MutationRequest) -> Reply:
        key = f"submitted.{request.state}"
        headline = self._t(key, number=request.number)
        person = request.requester.object_id
        card = self._presenter.request(request, person, headline=headline)
        lasting = self._presenter.request(request, person)
        tracked = Tracked(kind=CardKind.REQUEST, request_id=request.id, lasting=lasting)
        summary = self._t.plain(key, number=request.number)
        return Reply((card,), summary=summary, tracked=tracked)

    def _requester(self, person: ObjectId) -> Party:
        context = self._use.context
        for entity in context.register.requested_by(person, context.today()):
            for contact in entity.requesters:
                if contact.object_id == person:
                    return Party(object_id=person, name=contact.name)
        raise NoDraftError

    async def _draft_of(self, incoming: Incoming) -> Draft:
        draft_id = card_data.opaque_id(incoming.data, "draft")
        draft = await self._use.find_draft(incoming.person)
        if draft is None or draft.id != draft_id:
            raise NoDraftError
        return draft

    async def _go_on(self, draft: Draft, *, by_form: bool) -> Reply:
        if draft.colleague is None and draft.candidates:
            card = candidates_card(self._t, self._use.context.register, draft)
            return Reply((card,), summary=self._t.plain("candidates.title"))
        question = draft.open_question()
        if question is not None:
            asked = self._form(draft) if by_form else self._question(draft, question)
            return Reply((asked,), summary=self._t.plain(f"question.{question}"))
        return await self._summary(draft, by_form=by_form)

    async def _summary(self, draft: Draft, *, by_form: bool) -> Reply:
        try:
            proposal = await self._use.propose(draft)
        except NoDeciderError as error:
            # No answer is wrong, so none is taken back; another colleague would help.
            problem = await self._wrong(draft, error, verb=_verb(by_form=by_form))
            form = self._form(draft, {Question.COLLEAGUE: problem})
            return Reply((form,), summary=problem)
        except AnswerError as error:
            problem = await self._wrong(draft, error, verb=_verb(by_form=by_form))
            if by_form:
                return Reply((self._form(draft, {error.question: problem}),), summary=problem)
            draft = await self._use.fill_draft(draft, **_taken_back(error.question))
            return Reply((self._question(draft, error.question, problem),), summary=problem)
        now = self._use.context.now()
        card = summary_card(self._t, self._use.context.register, proposal, now=now)
        return Reply((card,), summary=self._t.plain("summary.title"))

    def _form(self, draft: Draft, problems: dict[Question, str] | None = None) -> Card:
        context = self._use.context
        today = context.today()
        return form_card(
            self._t,
            context.register,
            draft,
            entities=context.register.requested_by(draft.person, today),
            today=today,
            problems=problems or {},
        )

    def _question(self, draft: Draft, question: Question, problem: str = "") -> Card:
        context = self._use.context
        entities = context.register.requested_by(draft.person, context.today())
        return question_card(
            self._t,
            context.register,
            draft,
            question=question,
            entities=entities,
            problem=problem,
        )

    async def _wrong(self, draft: Draft, error: DomainError, *, verb: str) -> str:
        """Return what is wrong with an answer; one that nobody may give leaves a trace."""
        if isinstance(error, _BY_AUTHORITY):
            await self._use.refuse(draft.person, error, verb=verb, request_id=None)
        return self._problem(error)

    def _problem(self, error: DomainError) -> str:
        return problem_text(self._t, error.message_key, error.params)


def _verb(*, by_form: bool) -> str:
    return Verb.DRAFT_FILL if by_form else IncomingKind.MESSAGE


def _taken_back(question: Question) -> Understood:
    if question is Question.COLLEAGUE:
        return {"colleague": None, "colleague_name": "", "candidates": ()}
    return {question.value: None}
