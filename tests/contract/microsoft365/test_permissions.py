"""The page of permissions says what the code asks for."""

import re

from fulfilment.tenants.microsoft365.exchange_cmdlets import CMDLETS
from fulfilment.tenants.microsoft365.operations import OPERATIONS
from fulfilment.tenants.microsoft365.permissions import (
    GRAPH_NEEDED,
    NOT_ASKED,
    PURPOSES,
    compared,
)
from tests.contract.microsoft365.permissions_page import PAGE, rendered


def test_tables_on_the_page_are_those_of_the_code() -> None:
    page = PAGE.read_text(encoding="utf-8")

    assert rendered(page) == page, "run `make permissions`"


def test_every_operation_says_what_it_is_for() -> None:
    assert set(PURPOSES) == set(OPERATIONS)
    assert all(operation.source.startswith("https://") for operation in OPERATIONS.values())


def test_nothing_is_asked_that_the_page_says_is_not() -> None:
    refused = {name for names in NOT_ASKED for name in re.findall(r"[\w.-]+\.[\w.]+", names)}

    assert refused & GRAPH_NEEDED == set()


def test_page_names_every_cmdlet_with_its_role() -> None:
    section = PAGE.read_text(encoding="utf-8").partition("## Exchange Online")[2]
    table = "".join(line for line in section.splitlines() if line.startswith("|"))
    table = table.replace("Add-, Remove-", "Add-DistributionGroupMember, Remove-")

    assert set(re.findall(r"\b[A-Z]\w+-[A-Z]\w+", table)) == set(CMDLETS)


def test_wider_permission_in_the_place_of_a_narrow_one_is_missing_and_too_much() -> None:
    difference = compared({"User.ReadWrite.All", "Domain.Read.All"}, {"User.Read.All"})

    assert difference.sentences == (
        "missing: User.Read.All",
        "more than needed: Domain.Read.All, User.ReadWrite.All",
    )
    assert compared({"User.Read.All"}, {"User.Read.All"}).sentences == ()
