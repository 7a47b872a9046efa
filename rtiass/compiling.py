"""Loops that are compiled for the processor at hand, once for all starts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numba

_njit: Any = numba.njit

# Products and sums may be joined, which rounds once less; nothing else of the arithmetic may change. The interpreter is
# free for other threads meanwhile.
_OPTIONS: dict[str, Any] = {"nogil": True, "fastmath": {"contract"}, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(function: Callable[..., Any]) -> Any:
    """Compile a function at its first call, and keep the machine code in a folder for the next start."""
    try:
        return _njit(cache=True, **_OPTIONS)(function)
    except RuntimeError:  # there is no folder to keep it in
        return _njit(**_OPTIONS)(function)


def part(function: Callable[..., Any]) -> Any:
    """Compile a function that only kernels call; it becomes part of theirs."""
    return _njit(forceinline=True, no_cpython_wrapper=True, **_OPTIONS)(function)
