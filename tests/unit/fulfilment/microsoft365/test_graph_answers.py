"""Refusals of Graph, in its own words, and what a person is told."""

from typing import Any

import pytest

from fulfilment.tenant import PermanentTenantError, TransientTenantError
from fulfilment.tenants.microsoft365.answers import (
    is_there_already,
    raise_for,
    reply_of,
    retry_after_s,
)
from fulfilment.tenants.microsoft365.call import Reply
from tests.unit.fulfilment.microsoft365.scripted import ANNE, BEN, read, write

USER, GROUP = f"/users/{ANNE}", f"/groups/{BEN}/members/{ANNE}/$ref"
SYNCED = (
    "Unable to update the specified properties for on-premises mastered Directory Sync objects or"
    " objects currently undergoing migration."
)
ELSEWHERE = (
    "Unable to update the specified properties for objects that have originated within an"
    " external service."
)
TAKEN = "Another object with the same value for property userPrincipalName already exists."
PLANS = "service plan fe71d6c3-a2ea-4499-9778-da042bf08063"
NO_DOMAIN = (
    "The domain portion of the userPrincipalName property is invalid. You must use one of the"
    " verified domain names in your organization."
)


def reply(status: int, code: str, message: str = "", details: Any = None) -> Reply:
    error = {"code": code, "message": message, "details": details}
    return reply_of(status, {"error": error}, {})


@pytest.mark.parametrize(
    ("path", "message", "key"),
    [
        (USER, SYNCED, "tenant.synced"),
        (GROUP, SYNCED, "tenant.group_kind"),
        (GROUP, ELSEWHERE, "tenant.group_kind"),
        (USER, ELSEWHERE, "tenant.refused"),
        (
            GROUP,
            "Cannot Update a mail-enabled security groups and or distribution list.",
            "tenant.group_kind",
        ),
        (GROUP, "Members of a dynamic group cannot be changed.", "tenant.group_kind"),
        (
            GROUP,
            "The group must have at least one owner, hence this owner cannot be removed.",
            "tenant.last_owner",
        ),
        (USER, TAKEN, "tenant.upn_taken"),
        (USER, TAKEN.replace("userPrincipalName", "proxyAddresses"), "tenant.upn_taken"),
        (USER, NO_DOMAIN, "tenant.domain_unknown"),
        (
            USER,
            f"Subscription with SKU {ANNE} does not have any available licenses.",
            "tenant.licence_none_left",
        ),
        (
            USER,
            f"License assignment failed because {PLANS}, {PLANS} are mutually exclusive",
            "tenant.licence_conflict",
        ),
        (
            USER,
            f"License assignment failed because {PLANS} depends on the service plan(s) {ANNE}",
            "tenant.licence_conflict",
        ),
        (
            USER,
            "License assignment cannot be done for user with invalid usage location.",
            "tenant.licence_conflict",
        ),
        (
            USER,
            "User license is inherited from a group membership and it cannot be removed directly.",
            "tenant.licence_conflict",
        ),
        (USER, "Something that nobody foresaw.", "tenant.refused"),
    ],
)
def test_bad_requests_are_told_apart_by_their_words(path: str, message: str, key: str) -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(400, "Request_BadRequest", message), write(path))

    assert error.value.key == key
    assert error.value.params["code"] == "Request_BadRequest"
    assert message not in str(error.value)


@pytest.mark.parametrize(
    ("code", "key", "reason"),
    [
        ("CountViolation", "tenant.licence_none_left", None),
        ("MutuallyExclusiveViolation", "tenant.licence_conflict", "mutually_exclusive"),
        ("DependencyViolation", "tenant.licence_conflict", "dependency"),
        ("ProhibitedInUsageLocationViolation", "tenant.licence_conflict", "usage_location"),
        ("UniquenessViolation", "tenant.licence_conflict", "uniqueness"),
        ("Request_MultipleObjectsWithSameKeyValue", "tenant.upn_taken", None),
    ],
)
def test_codes_say_it_as_well(code: str, key: str, reason: str | None) -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(400, code), write())

    assert error.value.key == key
    assert error.value.params.get("reason") == reason


def test_details_are_read() -> None:
    details = [{"code": "ObjectConflict", "target": "userPrincipalName", "message": "x"}]

    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(400, "Request_BadRequest", "No.", details), write(), address="a@b.be")

    assert error.value.key == "tenant.upn_taken"
    assert error.value.params["address"] == "a@b.be"


def test_conflict_about_something_else_is_not_a_name_in_use() -> None:
    details = [{"code": "ObjectConflict", "target": "immutableId"}]

    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(400, "Request_BadRequest", "No.", details), write())

    assert error.value.key == "tenant.refused"


@pytest.mark.parametrize(
    ("status", "path", "key"),
    [
        (403, USER, "tenant.permission_missing"),
        (404, USER, "tenant.account_missing"),
        (404, GROUP, "tenant.group_missing"),
        (400, USER, "tenant.refused"),
        (405, USER, "tenant.refused"),
    ],
)
def test_status_speaks_where_no_words_do(status: int, path: str, key: str) -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(status, "Some_Code"), read(path))

    assert error.value.key == key
    assert error.value.params["operation"] == "some.thing"


def test_missing_permission_is_named() -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(403, "Authorization_RequestDenied"), read())

    assert error.value.params["permission"] == "Some.Thing"


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (400, "Directory_ConcurrencyViolation"),
        (409, "Directory_ConcurrencyViolation"),
        (409, "Conflict"),
        *((status, "X") for status in (302, 401, 408, 412, 423, 424, 429, 500, 502, 503, 504)),
    ],
)
def test_what_passes_is_for_the_engine(status: int, code: str) -> None:
    with pytest.raises(TransientTenantError):
        raise_for(reply(status, code), write())


def test_conflict_of_names_does_not_pass() -> None:
    with pytest.raises(PermanentTenantError) as error:
        raise_for(reply(409, "Request_MultipleObjectsWithSameKeyValue"), write())

    assert error.value.key == "tenant.upn_taken"


@pytest.mark.parametrize("status", [200, 201, 202, 204])
def test_done_is_done(status: int) -> None:
    raise_for(reply_of(status, {}, {}), write())


def test_member_already_is_recognised() -> None:
    message = (
        "One or more added object references already exist for the following modified properties:"
        " 'members'."
    )

    assert is_there_already(reply(400, "Request_BadRequest", message))
    assert not is_there_already(reply(400, "Request_BadRequest", "No."))


@pytest.mark.parametrize(
    "error", [None, "text", [], {"code": 7, "details": "x"}, {"details": [1]}]
)
def test_error_of_another_shape_is_a_refusal(error: object) -> None:
    with pytest.raises(PermanentTenantError) as raised:
        raise_for(reply_of(400, {"error": error}, {}), write())

    assert raised.value.key == "tenant.refused"


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "12"}, 12),
        ({"retry-after": "-1"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "9" * 30}, 3600),
        (
            {
                "retry-after": "Mon, 01 Mar 2027 09:01:00 GMT",
                "date": "Mon, 01 Mar 2027 09:00:00 GMT",
            },
            60,
        ),
        ({"retry-after": "Mon, 01 Mar 2027 09:01:00 GMT"}, None),
    ],
)
def test_wait_that_is_asked_for(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after_s(headers) == seconds
