"""What `Set-Mailbox` makes of a mailbox: its addresses and its litigation hold."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from msgspec.structs import replace

from tests.fakes import tenant_exchange_errors as errors
from tests.fakes.tenant_records import Mailbox, plain, proxies

_TABLE: Final = "#Exchange.GenericHashTable"


def addresses_after(mailbox: Mailbox, value: Any) -> Mailbox:
    """Return the mailbox with `-EmailAddresses`: a table adds and removes, a list replaces all.

    An address with `SMTP:` in capitals becomes the primary one.
    """
    if isinstance(value, Mapping):
        if value.get("@odata.type") != _TABLE:
            raise errors.bad_value("EmailAddresses")
        changes = {name.casefold(): part for name, part in value.items() if name[0] != "@"}
        if set(changes) - {"add", "remove"}:
            raise errors.bad_value("EmailAddresses")
        kept = _without(mailbox, _texts(changes.get("remove", [])))
        return _with(mailbox, kept, _texts(changes.get("add", [])))
    return _with(mailbox, [], _texts(value))


def hold_after(mailbox: Mailbox, wanted: Mapping[str, Any], now: datetime) -> Mailbox:
    """Return the mailbox with the parameters that are about the litigation hold."""
    changes: dict[str, Any] = {}
    if "RetentionComment" in wanted:
        changes["retention_comment"] = wanted["RetentionComment"] or ""
    if "LitigationHoldOwner" in wanted:
        changes["litigation_hold_owner"] = wanted["LitigationHoldOwner"] or ""
    enabled = wanted.get("LitigationHoldEnabled")
    if enabled is not None and not isinstance(enabled, bool):
        raise errors.bad_value("LitigationHoldEnabled")
    if enabled is True and not mailbox.litigation_hold_enabled:
        changes |= {"litigation_hold_enabled": True, "litigation_hold_date": now}
    if enabled is False:
        changes |= {
            "litigation_hold_enabled": False,
            "litigation_hold_date": None,
            "litigation_hold_owner": "",
        }
    return replace(mailbox, **changes)


def _without(mailbox: Mailbox, removed: list[str]) -> list[str]:
    gone = {plain(one).casefold() for one in removed}
    if mailbox.primary_smtp_address.casefold() in gone:
        raise errors.primary_needed(mailbox.primary_smtp_address)
    return [one for one in mailbox.email_addresses if plain(one).casefold() not in gone]


def _with(mailbox: Mailbox, kept: list[str], added: list[str]) -> Mailbox:
    primary = mailbox.primary_smtp_address
    for one in added:
        if one.startswith("SMTP:"):
            primary = plain(one)
    whole: dict[str, str] = {}
    for one in [*kept, *added]:
        whole.setdefault(plain(one).casefold(), plain(one))
    aliases = [one for key, one in whole.items() if key != primary.casefold()]
    if primary.casefold() not in whole:
        raise errors.primary_needed(primary)
    return replace(
        mailbox, primary_smtp_address=primary, email_addresses=proxies(primary, aliases)
    )


def _texts(value: Any) -> list[str]:
    texts = [value] if isinstance(value, str) else value
    if not isinstance(texts, list) or not all(isinstance(one, str) for one in texts):
        raise errors.bad_value("EmailAddresses")
    return texts
