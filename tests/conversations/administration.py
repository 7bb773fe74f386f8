"""What administrators do behind the bot's back: accounts and registers change."""

from pathlib import Path
from typing import Any

import msgspec

from bot.demo import DEMO_REGISTER
from fulfilment.tenants.simulated.records import Kind
from fulfilment.tenants.simulated.seed import demo_world
from mutations.request import MutationRequest
from tests.conversations.journeys import address, install
from tests.conversations.scenes import ask, decided, now
from tests.conversations.stage import (
    ARNO,
    BRITT,
    INES,
    MONDAY_MORNING,
    Stage,
    eventually,
    object_id,
)

TEN = (ARNO, BRITT, 12, 13, 14, 16, 18, 20, 22, 23)
"""People of the demo world who can all be made approvers."""


async def change_account(stage: Stage, number: int, **changes: Any) -> None:
    """Change an account in the directory, as its administrators would."""
    account = (await stage.bot.world.true_accounts())[object_id(number)]
    body = msgspec.to_builtins(msgspec.structs.replace(account, **changes))
    at = stage.clock.now()
    await stage.bot.storage.simulated_objects.put(Kind.ACCOUNT, account.id, body, at, at)


async def same_human(stage: Stage, number: int, other: int) -> None:
    """Let the first account be a second one of the other's human."""
    account = (await stage.bot.world.true_accounts())[object_id(other)]
    assert account.employee_id
    await change_account(stage, number, employee_id=account.employee_id)


async def stopped(stage: Stage) -> MutationRequest:
    """Return a request whose work stopped: a deleted account holds the new address."""
    install(stage)
    request = await ask(
        stage, colleague=address(INES), effective_on=MONDAY_MORNING.date().isoformat()
    )
    await decided(stage, ARNO, request, "decision.keep")

    async def isstopped() -> bool:
        return (await now(stage, request)).state == "attention"

    await eventually(isstopped)
    return request


def changed_register(folder: Path, old: str, new: str) -> Path:
    """Return the demo's register with one thing changed."""
    text = DEMO_REGISTER.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path = folder / "changed.toml"
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def without_arno(folder: Path) -> Path:
    """Return a register in which only Britt decides for that entity."""
    return changed_register(
        folder, '{ person = "arno" }, { person = "britt" }', '{ person = "britt" }'
    )


def with_ten(folder: Path) -> Path:
    """Return a register in which ten people may decide for one entity."""
    known = DEMO_REGISTER.read_text(encoding="utf-8")
    people, keys = "", []
    for number in TEN:
        person = next(each for each in demo_world().person if each.number == number)
        entry = f'object_id = "{object_id(number)}"'
        if entry in known:
            keys.append(known[: known.index(entry)].rsplit("[people.", 1)[1].split("]")[0])
        else:
            keys.append(f"approver{number}")
            people += f'[people.approver{number}]\n{entry}\nname = "{person.name}"\n'
            people += f'upn = "{person.upn}"\n\n'
    listed = ", ".join(f'{{ person = "{key}" }}' for key in keys)
    path = changed_register(folder, '[{ person = "arno" }, { person = "britt" }]', f"[{listed}]")
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[contract]\n", f"{people}[contract]\n", 1), encoding="utf-8")
    return path
