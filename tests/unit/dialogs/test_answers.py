"""Short typed answers are read on the safe side: unclear is asked again."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialogs.answers import understand_keep, understand_yes_no

YES = [
    *("ja", "JA", " ja ", "Ja.", "ja!", "ja, graag", "ja hoor", "jawel", "j", "ja aub", "ja ja"),
    *("ok", "oké", "OKE", "okay", "akkoord", "in orde", "klopt", "dat klopt", "zeker", "graag"),
    *("ja a.u.b.", "natuurlijk", "yes", "y", "yes please", "oui", "d'accord", "d\u2019accord"),
]
NO = [
    *("nee", "neen", "NEE", "n", "Nee.", "nee dank u", "nee, bedankt", "neen hoor", "niet"),
    *("zeker niet", "niet akkoord", "dat klopt niet", "no", "non", "non merci", "nope"),
]
UNCLEAR = [
    *("", " ", "?", "ja?", "ja nee", "ja, nee", "nee ja", "ok niet", "misschien", "weet ik niet"),
    *("ja maar niet de mailbox", "nja", "jan", "neef", "status", "ja\x00nee", "1", "👍👎"),
    *("ja " * 100, "nee " * 4000, "a" * 10_000),
]
KEEP = [
    *("ja", "behouden", "Behouden!", "behoud", "bewaren", "data behouden", "alles bewaren"),
    *("ja, behouden", "ja alles behouden", "met behoud", "met behoud van data", "niet wissen"),
    *("ik wil de data behouden", "mailbox en OneDrive behouden", "mag niet weg", "niet weg"),
    *("wel behouden", "keep", "oui", "garder", "behouden aub"),
]
NOT_KEEP = [
    *("nee", "niet behouden", "Niet bewaren.", "weg", "mag weg", "alles weg", "zonder"),
    *("zonder behoud", "zonder behoud van data", "nee, niet behouden", "nee weg ermee", "wissen"),
    *("verwijderen", "ik wil de data niet behouden", "geen behoud", "don't keep", "do not keep"),
    *("don\u2019t keep", "non", "ne pas garder", "supprimer"),
]
UNCLEAR_KEEP = [
    *("", "ja niet behouden", "nee behouden", "ja weg", "nee niet weg", "behouden niet weg"),
    *("mailbox behouden", "enkel de mailbox", "mailbox wel, onedrive niet", "onedrive weg"),
    *("niet alles behouden", "niet alles weg", "behouden?", "wat is behouden?", "alles", "data"),
    *("behouden " * 50, "weg " * 3000),
]


@pytest.mark.parametrize("text", YES)
def test_yes_is_understood(text: str) -> None:
    assert understand_yes_no(text) is True


@pytest.mark.parametrize("text", NO)
def test_no_is_understood(text: str) -> None:
    assert understand_yes_no(text) is False


@pytest.mark.parametrize("text", UNCLEAR)
def test_anything_else_is_asked_again(text: str) -> None:
    assert understand_yes_no(text) is None


@pytest.mark.parametrize("text", KEEP)
def test_wish_to_keep_is_understood(text: str) -> None:
    assert understand_keep(text) is True


@pytest.mark.parametrize("text", NOT_KEEP)
def test_wish_not_to_keep_is_understood(text: str) -> None:
    assert understand_keep(text) is False


@pytest.mark.parametrize("text", UNCLEAR_KEEP)
def test_contradiction_or_part_is_asked_again(text: str) -> None:
    assert understand_keep(text) is None


@given(st.sampled_from(YES), st.sampled_from(NO))
def test_yes_and_no_together_are_unclear(yes: str, no: str) -> None:
    agreed = {understand_yes_no(f"{yes}, {no}"), understand_keep(f"{no}. {yes}")}

    assert agreed <= {None, False}  # "zeker" and "graag" before a no only make it polite


@given(st.sampled_from(KEEP), st.sampled_from(NOT_KEEP))
def test_keep_and_not_keep_together_are_never_kept_nor_deleted(keep: str, drop: str) -> None:
    polite = {"zeker", "graag"}

    assert keep in polite or understand_keep(f"{keep}, {drop}") is None


@given(st.text(max_size=200))
def test_plain_yes_or_no_means_the_same_for_keeping(text: str) -> None:
    answer = understand_yes_no(text)

    assert answer is None or understand_keep(text) is answer
