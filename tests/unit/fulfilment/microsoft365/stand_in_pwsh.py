"""Stands in for PowerShell: speaks the protocol of `exchange_session.ps1`, as a test says.

`STAND_IN` is a folder: what came in is appended to `lines`, and `mode` says how to behave.
"""

import json
import os
import sys
import time
from pathlib import Path

_HOME = Path(os.environ["STAND_IN"])  # noqa: TID251 - not the bot: a program of its own


def note(what: object) -> None:
    with (_HOME / "lines").open("a", encoding="utf-8") as lines:
        lines.write(json.dumps(what) + "\n")


def say(what: object) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def answer(number: int, mode: str) -> None:
    if mode == "hang":
        time.sleep(60)
    if mode == "die":
        sys.exit(1)
    if mode == "endless":
        sys.stdout.write("x" * (17 * 2**20))
        sys.stdout.flush()
    if mode == "stray":
        sys.stdout.write("WARNING: something\n\n[1]\n")
    if mode == "chatty":
        sys.stdout.write("WARNING: something\n" * 1000)
    if mode.startswith("error:"):
        say({"id": number, "error": mode.removeprefix("error:")})
        return
    found = [{"ExchangeGuid": "g"}]
    warnings = ["no settings of 'x'"] if mode == "warn" else []
    late = number - 1 if mode == "late" else number
    say({"id": late, "objects": found, "warnings": warnings})


def main() -> None:
    note({"pid": os.getpid(), "arguments": sys.argv[1:], "environment": sorted(os.environ)})  # noqa: TID251
    note(json.loads(sys.stdin.readline()))
    if (_HOME / "mode").read_text(encoding="utf-8") == "refuse":
        say({"id": 0, "error": "A.B.MsalServiceException|no"})
        sys.exit(1)
    say({"id": 0, "objects": [], "warnings": []})
    for line in sys.stdin:
        order = json.loads(line)
        note(order)
        answer(order["id"], (_HOME / "mode").read_text(encoding="utf-8"))


main()
