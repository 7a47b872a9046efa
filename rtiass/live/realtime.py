"""Asking the system for real-time treatment. A refusal is told, never fatal."""

from __future__ import annotations

import ctypes
import os
import sys
import threading
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

LATENCY = Path("/dev/cpu_dma_latency")
"""Linux's request for a bearable delay of waking up, in microseconds (PM QoS)."""


def raise_priority(priority: int) -> str:
    """Put the calling thread into the first-in-first-out real-time class.

    Args:
        priority: 1..99; below the audio server's own, so that the device comes first.

    Returns:
        An empty string, or a sentence about the refusal.
    """
    if not hasattr(os, "sched_setscheduler"):
        return "Real-time priority can't be asked for on this system; the ordinary scheduler is used."
    try:
        # 0 is the calling thread, not the process.
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(priority))
    except OSError:
        return (
            "Real-time priority was refused. On Linux, join the group 'audio' or 'realtime' and set "
            "'@audio - rtprio 95' in /etc/security/limits.d/audio.conf, then log in anew."
        )
    return ""


def raise_others(priority: int) -> None:
    """Put all ordinary threads of the interpreter into the real-time class; a refusal is passed over.

    The interpreter has one lock. A thread that holds it while an ordinary process has its processor keeps those that
    make the sound waiting for as long as the scheduler pleases.

    Args:
        priority: 1..99; below that of all who make the sound. Threads that are started later inherit it.
    """
    if not hasattr(os, "sched_setscheduler"):
        return
    for thread in threading.enumerate():
        # A refusal is told where the sound is made; and a thread may have ended meanwhile.
        with suppress(OSError):
            if thread.native_id is not None and os.sched_getscheduler(thread.native_id) == os.SCHED_OTHER:
                os.sched_setscheduler(thread.native_id, os.SCHED_FIFO, os.sched_param(priority))


def lock_memory() -> str:
    """Keep the process's memory out of the swap.

    Returns:
        An empty string, or a sentence about the refusal.
    """
    if sys.platform == "win32":
        return "Memory can't be locked on this system."
    libc = ctypes.CDLL(None, use_errno=True)
    # What is mapped now, not what will be: under a limit, later allocations would fail.
    current, on_fault = 1, 4
    # On Linux only what is in use: all the rest of the mapped libraries would be hundreds of megabytes.
    if libc.mlockall(current | on_fault if sys.platform == "linux" else current) != 0:
        return (
            "Locking memory was refused. On Linux, set '@audio - memlock unlimited' in "
            "/etc/security/limits.d/audio.conf, then log in anew."
        )
    return ""


def keep_awake(path: Path = LATENCY) -> tuple[BinaryIO | None, str]:
    """Keep all processors from going to sleep while nothing is to be done, until the file is closed.

    A processor wakes the later the deeper it slept. Linux lets whoever holds this file open say what delay is bearable:
    here none.

    Args:
        path: Of the file.

    Returns:
        The file, which has to stay open, and an empty string; or None and a sentence about the refusal.
    """
    try:
        file = path.open("wb", buffering=0)
    except OSError:
        return None, (
            'The processor can\'t be kept awake. On Linux, write \'KERNEL=="cpu_dma_latency", GROUP="audio", '
            "MODE=\"0660\"' to /etc/udev/rules.d/99-cpu-latency.rules, join the group 'audio', then start anew; or "
            "leave --awake out."
        )
    file.write((0).to_bytes(4, sys.byteorder))  # microseconds
    return file, ""


def governor() -> str | None:
    """CPU frequency governor of the first core, or None where it isn't known."""
    try:
        return Path("/sys/devices/system/cpu/cpu0/cpufreq/scaling_governor").read_text().strip()
    except OSError:
        return None
