"""How long each network is trained."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rtiass.errors import UserError


@dataclass(frozen=True)
class Budget:
    """A budget of one network.

    Attributes:
        name: As on the command line.
        fit: Values of ``[fit]`` that it changes.
        small: Whether chunks and batches are small, for a stand-in on a CPU.
    """

    name: str
    fit: dict[str, Any] = field(default_factory=dict)
    small: bool = False


PAPER = Budget("paper")
"""What the configurations say: early stopping as published; in this project's own recipe its minutes."""
TINY = Budget("tiny")
"""A few steps of small networks, which learn nothing: for the stand-in."""


def parse(text: str) -> Budget:
    """``paper``, ``tiny`` or minutes. After minutes the last weights count, and nothing stops earlier.

    Raises:
        UserError: It is none of them.
    """
    for known in (PAPER, TINY):
        if text == known.name:
            return known
    try:
        minutes = float(text)
    except ValueError:
        minutes = 0.0
    if not 0 < minutes < float("inf"):
        raise UserError(f"A budget is 'paper', 'tiny', or minutes for each network, not '{text}'.")
    return Budget(text, {"minutes": minutes, "patience": 0})
