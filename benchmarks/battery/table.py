"""The table of the battery: printed, and written between two marks of the security page."""

import platform
from collections import Counter
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Final

from benchmarks.battery.contest import LONGEST_S, SEED, Outcome, Result
from tests.battery.forgery import Group

PAGE: Final = Path(__file__).parents[2] / "docs/security.md"

_START: Final = "<!-- battery: start -->"
_END: Final = "<!-- battery: end -->"


def table(results: Sequence[Result], *, today: date) -> str:
    """Return the table in markdown; each cell is heard, or heard and faults."""
    names = [result.contestant.title for result in results]
    rows = [
        ["what is forged", "forgeries", *names],
        ["---", "---:", *["---:"] * len(names)],
        *([group, str(_size(results, group)), *_cells(results, group)] for group in Group),
        ["**all together**", f"**{_all(results[0]).total()}**", *_totals(results)],
        [
            f"new key of the channel heard after (watched {LONGEST_S:.0f} s)",
            "",
            *_rollover(results),
        ],
        ["longest wait for another answer while the keys hang 60 s", "", *_stalls(results)],
        ["good request heard after the keys came back", "", *_recoveries(results)],
    ]
    lines = [f"| {' | '.join(row)} |" for row in rows]
    made = (
        f"Made by `make battery` on {today.isoformat()}, seed {SEED}, "
        f"Python {platform.python_version()}, one run."
    )
    return "\n".join([made, "", *lines])


def write(text: str) -> None:
    """Put the table in the page, in the place of the one that was there."""
    page = PAGE.read_text(encoding="utf-8")
    before, _, rest = page.partition(_START)
    _, _, after = rest.partition(_END)
    PAGE.write_text(f"{before}{_START}\n{text}\n{_END}{after}", encoding="utf-8")


def _size(results: Sequence[Result], group: Group) -> int:
    return results[0].outcomes[group].total()


def _cells(results: Sequence[Result], group: Group) -> list[str]:
    return [_cell(result.outcomes[group]) for result in results]


def _cell(outcomes: Counter[Outcome]) -> str:
    heard, faults = outcomes[Outcome.HEARD], outcomes[Outcome.FAULT]
    return f"{heard} heard, {faults} faults" if heard or faults else "0"


def _all(result: Result) -> Counter[Outcome]:
    return sum(result.outcomes.values(), Counter[Outcome]())


def _totals(results: Sequence[Result]) -> list[str]:
    return [f"**{_cell(_all(result))}**" for result in results]


def _rollover(results: Sequence[Result]) -> list[str]:
    return [_seconds(result.rollover_s) for result in results]


def _stalls(results: Sequence[Result]) -> list[str]:
    return [_seconds(result.stalled_s) for result in results]


def _recoveries(results: Sequence[Result]) -> list[str]:
    return [_seconds(result.recovered_s) for result in results]


def _seconds(value: float | None) -> str:
    if value is None:
        return "not in that time"
    return f"over {LONGEST_S:.0f} s" if value >= LONGEST_S else f"{value:.2f} s"
