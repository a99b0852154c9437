"""Memory of this process, as the system tells it."""

from __future__ import annotations

import resource
import sys
from pathlib import Path

__all__ = ["forget_peak", "peak", "resident", "system_time"]

KIB = 1024


def resident() -> int:
    """Bytes of physical memory in use; where the system does not tell, their peak so far."""
    status = _status()
    return status["VmRSS"] if status else peak()


def peak() -> int:
    """The largest `resident` since `forget_peak`; where there is no /proc, since the start."""
    if status := _status():
        return status["VmHWM"]
    usage = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return usage if sys.platform == "darwin" else usage * KIB


def forget_peak() -> None:
    """Start `peak` afresh, where the system can."""
    # getrusage() would not do on Linux: its maximum is inherited from the parent process.
    path = Path("/proc/self/clear_refs")
    if path.exists():
        path.write_text("5")


def _status() -> dict[str, int]:
    path = Path("/proc/self/status")
    if not path.exists():
        return {}
    fields = (line.split() for line in path.read_text().splitlines())
    return {f[0].rstrip(":"): int(f[1]) * KIB for f in fields if f and f[-1] == "kB"}


def system_time() -> float:
    """Seconds that the system has worked for this process so far: most of it fills pages with zeros
    that are touched for the first time."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_stime
