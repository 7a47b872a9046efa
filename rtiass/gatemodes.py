"""Gates by hand: a stem's gate follows the activity, or is held open or closed, with a ramp from one to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError

GATE_MODES = ("auto", "open", "closed")
"""``auto`` follows the activity, ``open`` lets the stem's mask pass, ``closed`` gives all of it to the rest."""

RAMP_SECONDS = 0.03


class GateModes:
    """How each stem's gate is run, and the weights that come of it.

    Attributes:
        weights: Gate weights in use, 0..1, shape (stems,) float32.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        """Make gates that follow the activity; the last stem has none and stays open."""
        self.stems = tuple(stems)
        self.weights = np.zeros(len(self.stems), np.float32)
        self._modes = np.zeros(len(self.stems), np.int32)
        # A gate that has reached what it follows is not slowed by the ramp: its own course is smooth enough.
        self._reached = np.ones(len(self.stems), np.bool_)
        self._all_auto = True

    def set(self, stem: str, mode: str) -> None:
        """Choose ``auto``, ``open`` or ``closed`` for a stem.

        Raises:
            UserError: There is no such stem or mode, or it is the last stem, which has no gate.
        """
        if stem not in self.stems[:-1]:
            raise UserError(f"There is no gate for '{stem}'. Stems with one: {', '.join(self.stems[:-1])}.")
        if mode not in GATE_MODES:
            raise UserError(f"A gate is one of {', '.join(GATE_MODES)}, not '{mode}'.")
        codes = self._modes.copy()
        codes[self.stems.index(stem)] = GATE_MODES.index(mode)
        self.set_codes(codes)

    def set_codes(self, codes: NDArray[np.int32]) -> None:
        """Choose for all stems at once; indices of ``GATE_MODES``, shape (stems,); others count as ``auto``."""
        for index, code in enumerate(codes[:-1].tolist()):
            wanted = code if 0 <= code < len(GATE_MODES) else 0
            if wanted != self._modes[index]:
                self._modes[index] = wanted
                self._reached[index] = False
                self._all_auto = False

    def get(self, stem: str) -> str:
        """How a stem's gate is run."""
        return GATE_MODES[self._modes[self.stems.index(stem)]]

    def advance(self, gates: NDArray[np.float32], seconds: float) -> None:
        """Move on by one hop.

        Args:
            gates: Weights that the activity gives, shape (stems,).
            seconds: Length of the hop.
        """
        if self._all_auto:
            np.copyto(self.weights, gates)
            return
        step = seconds / RAMP_SECONDS
        for index in range(len(self.stems) - 1):
            mode = self._modes[index]
            target = float(gates[index]) if mode == 0 else float(mode == 1)
            gap = target - float(self.weights[index])
            if abs(gap) <= step:
                self._reached[index] = True
            self.weights[index] = (
                target if self._reached[index] else self.weights[index] + np.float32(np.sign(gap) * step)
            )
        self.weights[-1] = gates[-1]
        self._all_auto = bool(self._reached.all()) and not self._modes.any()

    def reset(self) -> None:
        """Back to before the first hop: all closed, and no ramps."""
        self.weights.fill(0.0)
        self._reached.fill(True)
