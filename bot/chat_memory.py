"""What the edge remembers of a chat: where somebody is, and which card follows which request."""

import contextlib
from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.jobs.deliver import send_again
from bot.jobs.digest import digest_of
from dialogs.turn import Tracked
from mutations.clock import Clock
from mutations.identity import ObjectId
from mutations.jobs import RefreshCards
from store.conversation_references import ConversationReference, SqlConversationReferences
from store.deliveries import SqlDeliveries
from store.sent_cards import NewCard, SqlSentCards
from store.work import SqlStore, SqlWork

_ARRIVED: Final = timedelta(seconds=2)  # by then the answer of a turn is on the screen


class ChatMemory:
    """Remembers for the jobs what only the edge gets to see."""

    def __init__(
        self,
        store: SqlStore,
        *,
        references: SqlConversationReferences,
        sent_cards: SqlSentCards,
        deliveries: SqlDeliveries,
        clock: Clock,
    ) -> None:
        self._store = store
        self._references = references
        self._sent_cards = sent_cards
        self._deliveries = deliveries
        self._clock = clock

    async def remember(self, reference: ConversationReference) -> None:
        """Keep where a person is; what could not be sent or shown until now is done again.

        What waits is looked for whenever the address is, new or not: who kept it may have been
        stopped before seeing to what waited.
        """
        if not await self._references.remember(reference):
            return
        with contextlib.ExitStack() as unless_done:
            unless_done.callback(self._references.doubt, reference.person)
            await self._catch_up(reference.person)
            unless_done.pop_all()

    async def _catch_up(self, person: ObjectId) -> None:
        waiting = await self._deliveries.unreachable_for(person)
        stale = await self._sent_cards.stale_for(person)

        async def act(work: SqlWork) -> None:
            for delivery in waiting:
                await send_again(work, delivery)
            for request_id in stale:
                await work.jobs.enqueue(RefreshCards(request_id=request_id))

        if waiting or stale:
            await self._store.run(act)

    async def follow(
        self,
        reference: ConversationReference,
        tracked: Tracked,
        *,
        card_id: str,
        card: Mapping[str, object],
    ) -> None:
        """Let the card that took the place of a pressed one follow its request from now on.

        What was changed since it was made may have been shown on it already, and disappears when
        it arrives: the cards are looked at once more, after that.
        """
        new = NewCard(
            person=reference.person,
            kind=tracked.kind,
            request_id=tracked.request_id,
            conversation_id=reference.conversation_id,
            activity_id=card_id,
            service_url=reference.service_url,
            digest=digest_of(tracked.lasting or card),
        )
        at = self._clock.now() + _ARRIVED

        async def act(work: SqlWork) -> None:
            await work.sent_cards.remember(new)
            await work.jobs.enqueue(RefreshCards(request_id=tracked.request_id), at=at)

        await self._store.run(act)
