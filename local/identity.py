"""Which process is which: a pid alone is given out again."""

import os
from functools import lru_cache
from pathlib import Path

import psutil  # type: ignore[import-untyped]


def born(pid: int) -> str:
    """When this process began, as text that never changes while it lives, or `""` when there is none.

    On Linux the kernel's own tick count and boot, as psutil's wall-clock time moves when the clock is set.
    """
    try:
        stat = Path(f"/proc/{pid}/stat").read_text()
    except FileNotFoundError:
        return _born_elsewhere(pid)
    except OSError:
        return ""
    after_name = stat[stat.rindex(")") + 2 :].split()  # the name may hold spaces and brackets
    return f"{_boot()}:{after_name[19]}"


def is_alive(pid: int, birth: str) -> bool:
    """Whether that very process still runs. One that ended but was not collected by its parent does not."""
    try:
        return birth != "" and born(pid) == birth and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def command_of(pid: int) -> list[str]:
    """Its command line, empty when it is gone or hidden."""
    try:
        return list(psutil.Process(pid).cmdline())
    except psutil.Error:
        return []


def _born_elsewhere(pid: int) -> str:
    if Path("/proc/self/stat").exists():
        return ""
    try:
        return f"{psutil.Process(pid).create_time():.2f}"
    except psutil.Error:
        return ""


@lru_cache(maxsize=1)
def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return os.uname().nodename
