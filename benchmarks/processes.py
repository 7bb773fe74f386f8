"""What processes use of the machine."""

from pathlib import Path

import psutil


def cpu_s(process: psutil.Process | None) -> float:
    """Return the CPU seconds of a process and of all it ever started; 0 for none."""
    if process is None:
        return 0.0
    times = process.cpu_times()
    gone = times.children_user + times.children_system
    living = sum(cpu_s(child) for child in process.children())
    return float(times.user + times.system + gone + living)


def rss_mib(process: psutil.Process) -> float:
    """Return the memory that a process holds, in MiB."""
    return float(process.memory_info().rss) / 1024 / 1024


def postgres_of(home: Path) -> psutil.Process:
    """Return the first process of the embedded PostgreSQL in a folder."""
    lines = (home / "cluster/postmaster.pid").read_text().splitlines()
    return psutil.Process(int(lines[0]))
