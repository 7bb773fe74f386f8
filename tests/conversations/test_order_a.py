"""Order A, from the first message to the accounts: the walk through the whole system."""

from tests.conversations.stage import (
    ARNO,
    BRITT,
    JAN,
    MARLEEN,
    Stage,
    eventually,
    message_with,
    words_of,
)


async def test_manager_asks_source_keeps_and_account_moves(stage: Stage) -> None:
    marleen, arno, britt, jan = (stage.person(who) for who in (MARLEEN, ARNO, BRITT, JAN))
    [welcome] = await marleen.join()
    await marleen.press(welcome, "Nieuwe mutatie")
    form = marleen.last
    summary = await marleen.press(
        form,
        "draft.fill",
        colleague="jan.peeters@wegenwater.vlaanderen.example",
        target="OVO000102",
        effective_on="2026-11-23",
        status_changes="no",
        wish="keep",
    )
    assert "jan.peeters@omgevingruimte.vlaanderen.example" in words_of(summary)

    sent = await marleen.press(form, "Indienen")
    assert "M-2026-00001" in words_of(sent)
    question = await eventually(lambda: message_with(arno, "Jan Peeters"))
    other = await eventually(lambda: message_with(britt, "Jan Peeters"))
    final = await arno.press(question, "decision.keep")

    assert "Arno Wouters" in words_of(final)
    await eventually(lambda: "Arno Wouters" in words_of(other.card))
    assert "decision.keep" not in str(other.card)
    await eventually(lambda: message_with(jan, "jan.peeters@omgevingruimte.vlaanderen.example"))

    async def is_done() -> bool:
        return (await stage.request("M-2026-00001")).state == "done"

    await eventually(is_done)
    account = await stage.bot.world.account(jan.persona.object_id)
    assert account is not None
    assert account.upn == "jan.peeters@omgevingruimte.vlaanderen.example"
    assert account.entity == "OVO000102"
