"""An echo bot on mutatiebot's own edge, with authentication on; its answers are cards."""

import argparse
import asyncio
import logging
import sys
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import aiohttp
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry

from bot.edge.adapter import EdgeAdapter
from bot.edge.connector import TURN_RETRY, Connector
from bot.edge.gate import Gate, GatePolicy
from bot.edge.http import make_app, make_runner
from bot.edge.metrics import EdgeMetrics
from bot.edge.seals import Seals
from bot.edge.signing_keys import SigningKeys
from bot.edge.token_verifier import TokenVerifier
from bot.edge.tokens import EntraApp, MsalTokenSource
from bot.edge.turn_boundary import TurnBoundary
from dialogs.turn import Incoming, Interruption, Reply, Tracked
from store.conversation_references import ConversationReference
from tests.fakes.echo_conversation import echo_card

HOSTS = frozenset({"127.0.0.1"})


class SystemClock:
    """The time of this machine."""

    def now(self) -> datetime:
        """Return this moment."""
        return datetime.now(UTC)


class Echo:
    """Says what it hears, on a card."""

    async def respond(self, incoming: Incoming) -> Reply:
        """Answer with the text."""
        return Reply(cards=(echo_card(f"Echo: {incoming.text}"),), summary="Echo")

    def problem(self, correlation_id: str) -> Reply:
        """Answer with the id."""
        return Reply(cards=(echo_card(correlation_id),))

    def interrupted(self, incoming: Incoming, interruption: Interruption) -> Reply:
        """Answer with how far it came; the text is lost."""
        return Reply(cards=(echo_card(f"{interruption} {incoming.kind}"),))


class Forgetful:
    """Keeps nothing: the database is not part of this measurement."""

    async def remember(self, reference: ConversationReference) -> None:
        """Do nothing."""

    async def follow(
        self,
        reference: ConversationReference,
        tracked: Tracked,
        *,
        card_id: str,
        card: Mapping[str, object],
    ) -> None:
        """Do nothing."""


async def serve(given: argparse.Namespace) -> None:
    """Serve until cancelled."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    clock, metrics = SystemClock(), EdgeMetrics(CollectorRegistry())
    app = EntraApp(
        client_id=given.app_id,
        authority=given.authority,
        credential="made-up-secret",
        ca_bundle=given.ca_bundle,
    )
    policy = GatePolicy(app_id=given.app_id, tenant_id=given.tenant_id, service_hosts=HOSTS)
    async with aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session:
        keys = SigningKeys(session, given.metadata_url)
        connector = Connector(
            session, MsalTokenSource(app, clock=clock), service_hosts=HOSTS, retry=TURN_RETRY
        )
        boundary = TurnBoundary(
            Echo(),
            Forgetful(),
            seals=Seals([b"a made-up key" * 3], clock=clock, max_age=timedelta(days=1)),
            metrics=metrics,
            new_id=lambda: uuid.uuid4().hex,
        )
        gate = Gate(policy, TokenVerifier(keys=keys, app_id=given.app_id, clock=clock))
        runner = make_runner(
            make_app(gate, EdgeAdapter(connector, boundary.on_turn), metrics=metrics, probes={})
        )
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", int(given.port)).start()
        await keys.keep_fresh()


def main(arguments: list[str]) -> None:
    """Serve until stopped."""
    parser = argparse.ArgumentParser()
    for name in ("port", "app-id", "tenant-id", "metadata-url", "authority", "ca-bundle"):
        parser.add_argument(f"--{name}", required=True)
    asyncio.run(serve(parser.parse_args(arguments)))


if __name__ == "__main__":
    main(sys.argv[1:])
