"""Keeping every card that was sent about a request true."""

from collections.abc import Mapping

from bot.edge.connector import Connector
from bot.edge.delivery_errors import RejectedMessageError, UnreachableError
from bot.edge.outgoing import card_message
from bot.jobs.digest import digest_of
from dialogs.presenter import Presenter
from dialogs.turn import CardKind
from mutations.identity import RequestId
from mutations.request import MutationRequest
from store.sent_cards import SentCard, SqlSentCards
from store.work import SqlStore


class CardRefresher:
    """Rewrites sent cards; the newest of each kind shows the state, older ones point to it."""

    def __init__(
        self,
        store: SqlStore,
        presenter: Presenter,
        connector: Connector,
        *,
        sent_cards: SqlSentCards,
    ) -> None:
        self._store = store
        self._presenter = presenter
        self._connector = connector
        self._sent_cards = sent_cards

    async def refresh(self, request_id: RequestId) -> None:
        """Bring every card of a request up to date; may be repeated.

        Raises:
            ConnectorUnavailableError: Not now; the job is tried again.
        """
        request = await self._store.read(lambda now: now.requests.get(request_id))
        if request is None:
            return
        cards = await self._sent_cards.live(request_id)
        newest = {(card.person, card.kind): card.id for card in cards}
        for card in cards:
            is_newest = newest[card.person, card.kind] == card.id
            await self._show(request, card, is_newest=is_newest)

    async def _show(self, request: MutationRequest, card: SentCard, *, is_newest: bool) -> None:
        if is_newest:
            shown = self._presenter.by_kind(CardKind(card.kind), request, card.person)
        else:
            shown = self._presenter.superseded(request)
        digest = digest_of(shown)
        if digest != card.digest:
            await self._update(card, shown)
        # The newest is never final: a message about the end may still take its place.
        if digest != card.digest or not is_newest:
            await self._sent_cards.shown(card, digest, is_final=not is_newest)

    async def _update(self, card: SentCard, shown: Mapping[str, object]) -> None:
        try:
            await self._connector.update(
                card.service_url,
                card.conversation_id,
                card.activity_id,
                card_message(shown, summary=""),
            )
        except (UnreachableError, RejectedMessageError):
            # The chat or the message is gone, so there is nothing left that could be wrong.
            return
