"""Keeping every card that was sent about a request true."""

from collections.abc import Mapping
from http import HTTPStatus

import structlog

from bot.edge.connector import Connector
from bot.edge.delivery_errors import (
    AddressRefusedError,
    ConnectorUnavailableError,
    RejectedMessageError,
    UnreachableError,
)
from bot.edge.outgoing import card_message
from bot.edge.seals import Seals
from bot.jobs.digest import digest_of
from bot.jobs.reach import Reach
from dialogs.presenter import Presenter
from dialogs.turn import CardKind
from mutations.identity import RequestId
from mutations.request import MutationRequest
from store.sent_cards import SentCard, SqlSentCards
from store.work import SqlStore

_log = structlog.get_logger(__name__)


class CardRefresher:
    """Rewrites sent cards; the newest of each kind shows the state, older ones point to it."""

    def __init__(
        self,
        store: SqlStore,
        presenter: Presenter,
        connector: Connector,
        *,
        reach: Reach,
        sent_cards: SqlSentCards,
        seals: Seals,
    ) -> None:
        self._store = store
        self._presenter = presenter
        self._connector = connector
        self._reach = reach
        self._sent_cards = sent_cards
        self._seals = seals

    async def refresh(self, request_id: RequestId) -> None:
        """Bring every card of a request up to date; may be repeated.

        Looks again afterwards: a worker that stood still may have written an old state over a
        newer one that another worker had shown meanwhile.

        Raises:
            ConnectorUnavailableError: Not now; the job is tried again.
        """
        shown: MutationRequest | None = None
        while True:
            request = await self._store.read(lambda now: now.requests.get(request_id))
            if request is None or (shown is not None and shown.version == request.version):
                return
            await self._show_all(request)
            shown = request

    async def _show_all(self, request: MutationRequest) -> None:
        cards = await self._sent_cards.live(request.id)
        newest = {(card.person, card.kind): card.id for card in cards}
        failure: ConnectorUnavailableError | None = None
        for card in cards:
            is_newest = newest[card.person, card.kind] == card.id
            try:
                await self._show(request, card, is_newest=is_newest)
            except ConnectorUnavailableError as error:
                failure = error  # one chat in trouble must not hold up the others
        if failure is not None:
            raise failure

    async def _show(self, request: MutationRequest, card: SentCard, *, is_newest: bool) -> None:
        if is_newest:
            shown = self._presenter.by_kind(CardKind(card.kind), request, card.person)
        else:
            shown = self._presenter.superseded(request)
        digest = digest_of(shown)
        if digest != card.digest and not await self._update(card, shown):
            return
        # The newest is never final: a message about the end may still take its place.
        if digest != card.digest or not is_newest:
            await self._sent_cards.shown(card, digest, is_final=not is_newest)

    async def _update(self, card: SentCard, shown: Mapping[str, object]) -> bool:
        """Return whether the card shows this now, or never will show anything again."""
        sealed = self._seals.sealed(
            shown, person=card.person, conversation_id=card.conversation_id
        )
        note = self._presenter.repeat_note() if card.is_repeat else ""
        try:
            await self._connector.update(
                card.service_url,
                card.conversation_id,
                card.activity_id,
                card_message(sealed, summary="", text=note),
            )
        except AddressRefusedError:
            # Somebody altered the address where it is stored; it may be put right again.
            _log.error("stored address refused", card=card.id)
            return False
        except UnreachableError as error:
            if error.status == HTTPStatus.FORBIDDEN:  # blocked: shown when the person is back
                await self._sent_cards.out_of_reach(card)
                await self._reach.forget(card.person)
                return False
            # A chat or message that is gone shows nothing that could be wrong.
        except RejectedMessageError as error:
            _log.error("card rejected", card=card.id, status=error.status)
        return True
