"""Filling a draft: by form or by typed answers, with the same result."""

from collections.abc import Sequence
from dataclasses import replace

from mutations.directory import Person
from mutations.draft import Draft
from mutations.errors import DomainError
from mutations.identity import ObjectId
from mutations.ports import Reading, Work
from mutations.use_cases.context import Context
from mutations.use_cases.membership import require_member

CANDIDATES = 8


class NotARequesterError(DomainError):
    """The register names this person for no entity."""

    message_key = "error.not_requester"


class NoDraftError(DomainError):
    """The draft that a card belongs to is gone."""

    message_key = "error.draft.none"


class OpenDraft:
    """Give a person the draft that they began, or a new one."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, person: ObjectId) -> Draft:
        """Return the person's draft; calling it twice returns the same one.

        Raises:
            NotARequesterError: The person asks for no entity.
            NotAMemberError: A guest, or an account that is gone or switched off.
            DirectoryUnavailableError: The directory did not answer.
        """
        context = self._context
        entities = context.register.requested_by(person, context.today())
        if not entities:
            raise NotARequesterError
        await require_member(context.directory, person)

        async def act(work: Work) -> Draft:
            draft = await work.drafts.get(person)
            if draft is not None:
                return draft
            only = entities[0].code if len(entities) == 1 else None
            return await work.drafts.save(Draft(id=context.new_id(), person=person, target=only))

        return await context.store.run(act)


class FindDraft:
    """Look whether a person has begun a draft."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, person: ObjectId) -> Draft | None:
        """Return the person's draft, or None."""

        async def look(now: Reading) -> Draft | None:
            return await now.drafts.get(person)

        return await self._context.store.read(look)


class FillDraft:
    """Keep answers in a draft, as long as it is the draft that the card shows."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, draft: Draft, **answers: object) -> Draft:
        """Return the draft with the answers, saved; doing it twice is doing it once.

        Raises:
            NoDraftError: The draft was sent or thrown away in the meantime.
        """

        async def act(work: Work) -> Draft:
            current = await work.drafts.get(draft.person)
            if current is None or current.id != draft.id:
                raise NoDraftError
            filled = replace(current, **answers)  # type: ignore[arg-type]
            return current if filled == current else await work.drafts.save(filled)

        return await self._context.store.run(act)


class DiscardDraft:
    """Throw a draft away."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, person: ObjectId) -> None:
        """Forget the person's draft; no fault when there is none."""

        async def act(work: Work) -> None:
            await work.drafts.delete(person)

        await self._context.store.run(act)


class FindColleague:
    """Find the colleague that somebody means."""

    def __init__(self, context: Context) -> None:
        self._context = context

    async def __call__(self, text: str) -> Sequence[Person]:
        """Return the people whose name or address fits, best first, a handful at most.

        Raises:
            DirectoryUnavailableError: The directory did not answer.
        """
        return await self._context.directory.search(text, limit=CANDIDATES)
