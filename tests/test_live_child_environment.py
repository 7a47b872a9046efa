"""What the audio process is told by its environment: one thread for linear algebra, large pages, the user's own first."""

from __future__ import annotations

import subprocess
import sys

import pytest

from rtiass.live.child import HUGE_PAGES, child_environment

ROOM = """
import ctypes

def heap():
    for line in open("/proc/self/maps"):
        if line.endswith("[heap]\\n"):
            return range(*(int(at, 16) for at in line.split()[0].split("-")))

libc = ctypes.CDLL(None)
libc.malloc.restype = ctypes.c_void_p
print(libc.malloc(ctypes.c_size_t(1 << 24)) in heap())
"""


def test_one_thread_whatever_was_set(monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    assert child_environment()["OMP_NUM_THREADS"] == "1"
    assert child_environment()["OPENBLAS_NUM_THREADS"] == "1"


def test_the_users_own_tuning_is_left(monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    assert child_environment()["GLIBC_TUNABLES"] == HUGE_PAGES
    monkeypatch.setenv("GLIBC_TUNABLES", "glibc.malloc.check=0")
    assert child_environment()["GLIBC_TUNABLES"] == "glibc.malloc.check=0"


@pytest.mark.skipif(sys.platform != "linux", reason="the tuning is that of Linux's C library")
def test_what_is_large_lies_with_the_rest(monkeypatch):
    monkeypatch.delenv("GLIBC_TUNABLES", raising=False)
    run = [sys.executable, "-c", ROOM]
    found = [
        subprocess.run(run, env=environment, capture_output=True, text=True, check=True).stdout.strip()
        for environment in ({}, child_environment())
    ]
    assert found == ["False", "True"]
