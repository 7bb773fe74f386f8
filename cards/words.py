"""Values that many texts use: names out of the register and days in words."""

from collections.abc import Sequence

from cards.parts import LIST_LIMIT
from mutations.identity import EntityCode
from mutations.register import Register
from mutations.request import MutationRequest
from texts.escaping import Safe, escape
from texts.translator import Texts


def entity_name(t: Texts, register: Register, code: EntityCode | None) -> Safe:
    """Return the name of an entity, escaped; also for an entity that the register lacks."""
    return escape(register.name_of(code)) if code else t("entity.unknown")


def contract_words(register: Register) -> dict[str, object]:
    """Return the names and numbers of the contract that is in force now."""
    contract = register.contract
    return {
        "supplier": contract.supplier,
        "portal": contract.order_portal,
        "sdm": contract.service_delivery_manager.name,
        "days": contract.onedrive_days,
        "recycle_days": contract.recycle_bin_days,
    }


def request_words(t: Texts, register: Register, request: MutationRequest) -> dict[str, object]:
    """Return the values that texts about a request may use, with the terms it was made under."""
    return {
        **contract_words(register),
        "days": request.terms.onedrive_days,
        "recycle_days": request.terms.recycle_bin_days,
        "number": request.number,
        "colleague": request.subject.name,
        "requester": request.requester.name,
        "source": entity_name(t, register, request.source),
        "target": entity_name(t, register, request.target),
        "day": request.start_on or request.effective_on,
    }


def enumeration(t: Texts, items: Sequence[str], *, limit: int = LIST_LIMIT) -> Safe:
    """Return names as one phrase, shortened when there are many."""
    if len(items) <= limit:
        return t.join(items)
    left = len(items) - limit + 1
    return t.join([*items[: limit - 1], t("more_inline", n=left)])
