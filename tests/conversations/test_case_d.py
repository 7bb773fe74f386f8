"""Case D: no order, but two free ones that the customer places itself, in sequence."""

from mutations.life_cycle import State
from tests.conversations.journeys import (
    FIRST,
    address,
    assert_hides,
    assert_shows,
    install,
    ledger,
    say,
    summarise,
    titles,
)
from tests.conversations.stage import ARNO, BERT, MARLEEN, Stage, words_of


async def test_case_d_shows_the_two_free_orders_in_their_sequence_and_keeps_them(
    stage: Stage,
) -> None:
    install(stage)
    marleen = stage.person(MARLEEN)
    summary = await summarise(
        stage, colleague=address(BERT), status_changes="yes", wish="not_keep"
    )
    assert_shows(summary.card, "kan deze operatie volledig door de klant uitgevoerd worden")
    _assert_in_sequence(words_of(summary.card))
    assert "Bewaren als checklist" in titles(summary.card)

    saved = await marleen.press(summary, "Bewaren als checklist")
    assert_shows(saved, f"De checklist is bewaard als {FIRST}")
    assert_hides(saved, "OneDrive weg vanaf")  # nobody deactivated anything yet
    _assert_in_sequence(words_of(saved))
    request = await stage.request(FIRST)
    assert request.state is State.SELF_SERVICE
    assert not request.is_open

    status = await say(marleen, "status Bert")
    _assert_in_sequence(words_of(status.card))
    assert stage.person(ARNO).inbox == []  # there is no order to decide about
    assert await ledger(stage) == ()


def _assert_in_sequence(words: str) -> None:
    places = [
        words.index(step)
        for step in (
            "Deactivatie van een O365-abonnement**. Doe dit vóór",
            "in WebIDM, en",
            "Activatie van een O365-abonnement**. Doe dit na",
            "30 dagen in de prullenbak",
        )
    ]
    assert places == sorted(places)
    assert "Beide bestellingen kosten 0 euro" in words
