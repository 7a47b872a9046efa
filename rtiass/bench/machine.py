"""The machine that was measured on, without a word of whose it is, and how busy it was with other things."""

from __future__ import annotations

import os
import platform
import time
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

from rtiass import __version__
from rtiass.live.realtime import governor
from rtiass.machine import machine

PACKAGES = ("numpy", "numba", "onnxruntime", "onnxruntime-gpu", "torch", "tensorrt", "tensorrt-rtx", "sounddevice")
ROOT = Path("/")


def describe(root: Path = ROOT) -> dict[str, Any]:
    """Processor, cores, governor, kernel and versions; no names of hosts, users, folders or devices.

    Args:
        root: Where the system's files are.

    Returns:
        As in ``rtiass.machine``, and ``virtual`` and ``governor`` (None where not known), ``kernel``, ``python``,
        ``rtiass`` and ``packages``.
    """
    virtual: bool | None = None
    with suppress(OSError):
        lines = (root / "proc/cpuinfo").read_text(errors="replace").splitlines()
        virtual = any("hypervisor" in line.split() for line in lines if line.startswith("flags"))
    return {
        **machine(root),
        "virtual": virtual,
        "governor": governor(),
        "kernel": platform.release(),
        "python": platform.python_version(),
        "rtiass": __version__,
        "packages": dict(sorted(_versions().items())),
    }


def _versions() -> dict[str, str]:
    found = {}
    for name in PACKAGES:
        with suppress(PackageNotFoundError):
            found[name] = version(name)
    return found


def cpu_seconds(pid: int, root: Path = ROOT) -> float | None:
    """Processor time of a process and all its threads, without its children; None where the system doesn't tell."""
    try:
        # The name in brackets may hold spaces.
        fields = (root / f"proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _ticks()
    except (OSError, IndexError, ValueError):
        return None


def memory_mb(pid: int, root: Path = ROOT) -> float | None:
    """Resident memory of a process in megabytes; None where the system doesn't tell."""
    try:
        lines = (root / f"proc/{pid}/status").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 / 1e6 for line in lines if line.startswith("VmRSS:"))
    except (OSError, StopIteration, IndexError, ValueError):
        return None


def busy_seconds(root: Path = ROOT) -> tuple[float, float] | None:
    """Processor time of the whole machine, and what the machine around it took (steal); None where it isn't told."""
    try:
        fields = (root / "proc/stat").read_text().split()[1:9]
        user, nice, system, _, _, interrupts, soft, steal = map(int, fields)
    except (OSError, ValueError):
        return None
    return (user + nice + system + interrupts + soft) / _ticks(), steal / _ticks()


def _ticks() -> int:
    return os.sysconf("SC_CLK_TCK") if hasattr(os, "sysconf") else 100


@dataclass(frozen=True)
class Load:
    """A look at the processor; the difference of two tells what others took between them."""

    at: float
    busy: tuple[float, float] | None
    own: float

    @staticmethod
    def look(*pids: int | None) -> Load:
        """Look now.

        Args:
            pids: Further processes that are ours beside this one.
        """
        more = sum(cpu_seconds(pid) or 0.0 for pid in pids if pid is not None)
        return Load(time.monotonic(), busy_seconds(), time.process_time() + more)

    def until(self, later: Load) -> tuple[float | None, float | None]:
        """Cores that other processes took between two looks, and that were stolen."""
        if self.busy is None or later.busy is None:
            return None, None
        wall = max(1e-9, later.at - self.at)
        busy, stolen = (b - a for a, b in zip(self.busy, later.busy, strict=True))
        return max(0.0, busy - (later.own - self.own)) / wall, stolen / wall
