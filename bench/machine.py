"""The machine that the figures are of, and what its processes use of it."""

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import psutil


def machine() -> dict[str, Any]:
    """What kind of machine this is; nothing that would name it."""
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(psutil.virtual_memory().total / 2**30),
        "system": f"{platform.system()} {platform.release().split('-')[0]}",
        "python": platform.python_version(),
    }


def cpu_seconds(pids: Iterable[int]) -> float:
    """Seconds of the processor that these processes and their children have used, those that ended included."""
    used = 0.0
    for parent in map(psutil.Process, pids):
        for process in (*parent.children(recursive=True), parent):
            try:
                times = process.cpu_times()
            except psutil.NoSuchProcess:  # its parent has it now
                continue
            used += float(times.user + times.system + times.children_user + times.children_system)
    return used


def memory_mb(pids: Iterable[int]) -> float:
    """Resident memory of these processes and their children, in MB of 10^6 bytes; what they share counts once."""
    used = 0
    for parent in map(psutil.Process, pids):
        for process in (*parent.children(recursive=True), parent):
            try:
                used += process.memory_full_info().pss if psutil.LINUX else process.memory_info().rss
            except psutil.NoSuchProcess:
                continue
    return round(used / 1e6, 1)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text("utf-8").splitlines()
    except OSError:
        return platform.processor()
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), "")
