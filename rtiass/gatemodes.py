"""Gates by hand: a stem's gate follows the activity, or is held open or closed, with a ramp from one to the other."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError
from rtiass.ramp import RAMP_SECONDS, ease

GATE_MODES = ("auto", "open", "closed")
"""``auto`` follows the activity, ``open`` lets the stem's mask pass, ``closed`` gives all of it to the rest."""


class GateModes:
    """How each stem's gate is run, and the weights that come of it.

    Attributes:
        weights: Gate weights in use, 0..1, shape (stems,) float32.
        moving: A hand has moved a gate, and it is still on its way.
    """

    def __init__(self, stems: Sequence[str]) -> None:
        """Make gates that follow the activity; the last stem has none and stays open."""
        self.stems = tuple(stems)
        self.weights = np.zeros(len(self.stems), np.float32)
        self._modes = np.zeros(len(self.stems), np.int32)
        # A gate that has reached what it follows is not slowed by the ramp: its own course is smooth enough.
        self._since = np.full(len(self.stems), np.inf)
        self._from = np.zeros(len(self.stems), np.float32)
        self._towards = np.zeros(len(self.stems), np.float32)
        self._new = np.zeros(len(self.stems), np.bool_)
        self._all_auto = True
        self.moving = False

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
                self._new[index] = True
                self._all_auto = False

    def get(self, stem: str) -> str:
        """How a stem's gate is run."""
        return GATE_MODES[self._modes[self.stems.index(stem)]]

    def advance(self, gates: NDArray[np.float32], seconds: float) -> None:
        """Go on by one hop; gates that were moved by hand meanwhile are on their way from now on.

        Args:
            gates: Weights that the activity gives, shape (stems,).
            seconds: Length of the hop.
        """
        if self._all_auto:
            np.copyto(self._towards, gates)
            np.copyto(self.weights, gates)
            return
        self._since += seconds
        self.look(0.0)
        for index in range(len(self.stems) - 1):
            if self._new[index]:
                self._from[index] = self.weights[index]
                self._since[index] = 0.0
            mode = self._modes[index]
            self._towards[index] = gates[index] if mode == 0 else float(mode == 1)
        self._towards[-1] = gates[-1]
        self._new.fill(False)
        self.moving = float(self._since.min()) < RAMP_SECONDS
        self._all_auto = not self.moving and not self._modes.any()
        self.look(0.0)

    def look(self, ahead: float) -> None:
        """Take the weights as they will be if nothing else is set.

        Args:
            ahead: Seconds from the present hop's beginning, 0 or more.
        """
        np.copyto(self.weights, self._towards)
        if not self.moving:
            return
        for index in range(len(self.stems) - 1):
            done = ease((float(self._since[index]) + ahead) / RAMP_SECONDS)
            if done < 1.0:
                begun = float(self._from[index])
                self.weights[index] = begun + done * (float(self._towards[index]) - begun)

    def reset(self) -> None:
        """Back to before the first hop: all closed, and nothing on its way."""
        self.weights.fill(0.0)
        self._towards.fill(0.0)
        self._since.fill(np.inf)
        self._new.fill(False)
        self.moving = False
