"""The forged battery of the tests against this bot, stock botbuilder and Microsoft's newer SDKs.

`python -m benchmarks.battery` makes an environment for each SDK from its hash-pinned lock file,
starts each bot as a process of its own beside the same fake channel, sends it every forgery, turns
the channel's key, lets the channel's keys hang, and prints one table, which it also writes into
docs/security.md. It takes about a quarter of an hour. `--lock` writes the lock files anew instead.

The exit code is 1 when this bot heard a forgery or answered one with a fault.
"""

import argparse
import asyncio
import sys
from datetime import UTC, datetime

from benchmarks.battery.contest import CONTESTANTS, Outcome, Result, contend
from benchmarks.battery.environments import write_locks
from benchmarks.battery.table import table, write


async def main(arguments: list[str]) -> int:
    """Run the named contestants, or all of them, and return the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lock", action="store_true", help="write the lock files anew")
    parser.add_argument("--details", action="store_true", help="name what each bot heard")
    parser.add_argument("contestants", nargs="*", help="fewer than all: nothing is written")
    given = parser.parse_args(arguments)
    if given.lock:
        await write_locks()
        return 0
    chosen = [each for each in CONTESTANTS if each.name in given.contestants] or CONTESTANTS
    results = []
    for contestant in chosen:
        print(f"{contestant.title} ...", file=sys.stderr)
        results.append(await contend(contestant))
    text = table(results, today=datetime.now(UTC).date())
    print(text)
    if given.details:
        _tell_details(results)
    if not given.contestants:
        write(text)
    return 1 if any(_has_holes(result) for result in results) else 0


def _has_holes(result: Result) -> bool:
    """Tell whether this project's own bot let anything through."""
    seen = {outcome for group in result.outcomes.values() for outcome in group}
    return not result.contestant.module and seen != {Outcome.REFUSED}


def _tell_details(results: list[Result]) -> None:
    for result in results:
        for word, ids in (("heard", result.heard), ("fault", result.faults)):
            for identity in ids:
                print(f"{result.contestant.name}\t{word}\t{identity}")


if __name__ == "__main__":
    sys.exit(asyncio.run(main(sys.argv[1:])))
