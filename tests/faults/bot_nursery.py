"""Forks processes of the bot that have read its code already: seconds of imports once, not often.

Run as `python -m tests.faults.bot_nursery COMMAND...` with one JSON object a line on standard
input: `{"environment": {...}, "log": path}` forks and answers the process id; the next line is
read only when that process has ended. What is forked runs `python -m bot COMMAND...`.
"""

import ctypes
import json
import os
import signal
import sys
from pathlib import Path

from bot import serve as serve  # noqa: PLC0414 - what `python -m bot` reads once it serves
from bot.command_line import app
from dialogs.dates import load_languages

_SET_SIGNAL_OF_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG of prctl(2)


def main() -> None:
    """Fork one process after another, as asked, until standard input ends."""
    _die_with_parent()
    load_languages()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _become(order["environment"], Path(order["log"]))
        print(child, flush=True)  # noqa: T201 - the answer
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)  # noqa: T201 - the answer


def _become(environment: dict[str, str], log: Path) -> None:
    """Be `python -m bot` from here on."""
    _die_with_parent()
    os.environ.clear()  # noqa: TID251 - a new process
    os.environ.update(environment)  # noqa: TID251 - a new process
    output = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    nothing = os.open(os.devnull, os.O_RDONLY)
    for source, target in ((nothing, 0), (output, 1), (output, 2)):
        os.dup2(source, target)
    sys.argv = ["bot", *sys.argv[1:]]
    app()


def _die_with_parent() -> None:
    """Leave nothing running behind a test run that is killed itself."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SET_SIGNAL_OF_PARENTS_DEATH, signal.SIGKILL)


if __name__ == "__main__":
    main()
