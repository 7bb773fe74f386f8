"""The bot under load: 100 activities a second from many people, with moves going on all the time.

`python -m benchmarks.load` starts an embedded PostgreSQL (durable), the fake Microsoft world and
the bot in live mode, each in a process of its own, and sends activities at planned moments: half
are messages, half are presses on the sealed buttons of cards that the bot made. A wait counts from
the planned moment, so a bot that falls behind cannot hide it. Pairs of a requester and an approver
fill in, submit, decide (as asked, otherwise, or not at all), confirm and withdraw all the time;
everybody else asks and presses without changing anything.

Teams lets a bot send 30 or 50 requests a second in one tenant, which is below this load, so the
world runs without Teams' limits here; the bot keeps its own pace for what nobody waits for.

An error is a status other than 200, an invoke that is answered with anything but a card, a
refusal (each is in the audit), a turn that failed or was given up (in the metrics), and a move
that does not come to its end. The exit code is 1 on any error, a p99 of 200 ms or more, or memory
that grows.
"""

import argparse
import asyncio
import sys
import tempfile
import time
from pathlib import Path
from typing import Final

import uvloop

from benchmarks.load_people import PairAtWork, UnexpectedAnswerError
from benchmarks.load_report import Memory, Outcome, faults_of, print_minute, print_report
from benchmarks.load_setting import Setting, open_setting
from benchmarks.processes import rss_mib

_WARM_UP_S: Final = 10.0
_REFUSED: Final = "refus"
"""Part of the kinds of audit entry that say somebody was sent away."""


async def measure(given: argparse.Namespace, home: Path) -> bool:
    """Run the load, print what came of it, and tell whether it was good."""
    async with open_setting(home, pairs=given.pairs, onlookers=given.onlookers) as setting:
        pacer, memory = setting.pacer, Memory()
        print(
            f"set up: {len(pacer.onlookers)} people, {given.pairs} pairs; warming up", flush=True
        )
        await pacer.run(per_s=given.per_second, seconds=_WARM_UP_S)
        pacer.forget()
        before = setting.cpu()
        began = time.perf_counter()
        pairs = [asyncio.create_task(_work(work, setting)) for work in setting.pairs]
        watching = asyncio.create_task(_watch(setting, memory, seconds=given.minutes * 60))
        await pacer.run(per_s=given.per_second, seconds=given.minutes * 60)
        seconds = time.perf_counter() - began
        used = {name: cpu - before[name] for name, cpu in setting.cpu().items()}
        print_minute(max(memory.by_minute), pacer, memory)
        for task in (*pairs, watching):
            task.cancel()
        await asyncio.gather(*pairs, watching, return_exceptions=True)
        await _count_the_rest(setting)
        outcome = Outcome(
            seconds=seconds,
            moves=sum(work.moves for work in setting.pairs),
            changes=sum(work.changes for work in setting.pairs),
            audit=await setting.audit(),
            cpu=used,
        )
        print_report(pacer, memory, outcome)
    faults = faults_of(pacer, memory)
    print("good" if not faults else f"NOT GOOD: {'; '.join(faults)}")
    return not faults


async def _work(work: PairAtWork, setting: Setting) -> None:
    try:
        await work.work(setting.pacer.take)
    except UnexpectedAnswerError as error:
        setting.pacer.fail(f"a move did not come to its end: {error}")


async def _watch(setting: Setting, memory: Memory, *, seconds: float) -> None:
    """Read the memory of the bot every two seconds, and print each minute that is over."""
    began, minute = time.perf_counter(), 0
    while True:
        memory.add(minute, rss_mib(setting.bot_process))
        await asyncio.sleep(2.0)
        now = int((time.perf_counter() - began) // 60)
        if now > minute and now * 60 < seconds:
            print_minute(minute, setting.pacer, memory)
            minute = now


async def _count_the_rest(setting: Setting) -> None:
    """Count the errors that only the bot knows of."""
    audit = await setting.audit()
    refused = sum(count for kind, count in audit.items() if _REFUSED in kind)
    if refused:
        setting.pacer.fail(f"{refused} refusals in the audit", times=refused)
    failed = await setting.failed_turns()
    if failed:
        setting.pacer.fail(f"{failed} turns failed, were given up or turned away")


def main(arguments: list[str]) -> None:
    """Run the load that is asked for and end with its verdict."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--per-second", type=float, default=100.0)
    parser.add_argument("--pairs", type=int, default=2, help="requesters with their approvers")
    parser.add_argument("--onlookers", type=int, default=80)
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="bot-under-load-") as name:
        is_good = uvloop.run(measure(given, Path(name)))
    sys.exit(0 if is_good else 1)


if __name__ == "__main__":
    main(sys.argv[1:])
