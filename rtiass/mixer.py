"""Stems to buses: faders that act on the masks, before the one inverse transform of each bus."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from rtiass.errors import UserError
from rtiass.loops import mix
from rtiass.ramp import RAMP_SECONDS, ease_left
from rtiass.stft import MODES, RATE

MOVES = math.ceil(RAMP_SECONDS * RATE / min(mode.hop for mode in MODES.values())) + 1
"""Moves of one fader that can be under way at once: one a hop, each as long as a ramp."""

LONGEST_RAMP = 60.0

MAX_GAIN = 16.0


def default_buses(stems: Sequence[str]) -> dict[str, dict[str, float]]:
    """One bus for each stem, named after it."""
    return {stem: {stem: 1.0} for stem in stems}


def karaoke_bus(stems: Sequence[str], vocals: float = 0.0) -> dict[str, dict[str, float]]:
    """One bus named ``karaoke``: vocals at a linear gain, everything else at unity."""
    return {"karaoke": {stem: vocals if stem == "vocals" else 1.0 for stem in stems}}


class Mixer:
    """Weighted sums of stems, one a bus, as one mask a bus.

    With gains g and gated masks m of all stems but the last (``other``), a bus's mask is
    ``g_other + sum_i (g_i - g_other) * m_i``. So ``other`` is the mixture minus the rest, what a gate takes from a stem
    goes to ``other``, and all faders at unity give a mask of exactly one.

    Every move is eased in and out on its own, and a gain is the sum of all moves so far: a fader that is dragged
    follows the hand by half a ramp, never overshoots, and has no corner where a new move begins.

    Attributes:
        stems: Stem names in the network's order.
        buses: Bus names.
        heard: How many of the first buses are heard.
        moving: Gains change from the present hop on.
    """

    def __init__(
        self, stems: Sequence[str], buses: Mapping[str, Mapping[str, float]] | None = None, *, unheard: int = 0
    ) -> None:
        """Make the buses.

        Args:
            stems: Stem names in the network's order; the last takes the rest of the mixture.
            buses: Name of each bus to linear gains by stem; a stem that is not named is at 0. Default: one bus a stem.
            unheard: How many of the last buses go to no ear (they are only recorded): no dry signal stands in for them,
                and they take no share of it.

        Raises:
            UserError: An unknown stem, a bad gain, or no bus.
        """
        self.stems = tuple(stems)
        chosen = default_buses(stems) if buses is None else buses
        if not chosen:
            raise UserError("At least one bus is needed, for example karaoke or one of: " + ", ".join(stems))
        self.buses = tuple(chosen)
        self._target = np.zeros((len(chosen), len(self.stems)), np.float32)
        self._ramp = np.full_like(self._target, RAMP_SECONDS)
        for bus, gains in chosen.items():
            for stem, gain in gains.items():
                self.set_gain(bus, stem, gain)
        self._current = self._target.copy()
        self._towards = self._target.copy()
        # Where the moves that have begun will end. A ramp that is longer than an eased move is a straight line of such
        # moves, one a hop: its ends are as smooth as theirs.
        self._line = self._target.copy()
        self._before = self._target.copy()
        self._left = np.zeros_like(self._target)
        self._span = np.full_like(self._target, RAMP_SECONDS)
        self._part = np.zeros_like(self._target)
        self._way = np.zeros_like(self._target)
        self._which = np.zeros(self._target.shape, np.bool_)
        self._steps = np.zeros((MOVES, *self._target.shape), np.float32)
        self._spans = np.ones_like(self._steps)
        self._ages = np.full((MOVES, 1, 1), np.inf, np.float32)
        self._times = np.zeros_like(self._steps)
        self._rest = np.zeros_like(self._steps)
        self._done = np.zeros(self._steps.shape, np.bool_)
        self._next = 0
        self._touched = False
        self.moving = False
        self.heard = len(self.buses) - unheard
        self._fallback = np.empty(self.heard, np.float32)

    def set_gain(self, bus: str, stem: str, gain: float, ramp: float = RAMP_SECONDS) -> None:
        """Move a fader, eased, from the next hop on. Other faders' moves go on as they were.

        Args:
            bus: Bus name.
            stem: Stem name.
            gain: Linear gain, 0..16.
            ramp: Length of the move in seconds, 0..60; less than a hop is a hop.

        Raises:
            UserError: Unknown names, or a gain or a ramp out of range.
        """
        if bus not in self.buses:
            raise UserError(f"There is no bus '{bus}'. Buses: {', '.join(self.buses)}.")
        if stem not in self.stems:
            raise UserError(f"There is no stem '{stem}'. Stems: {', '.join(self.stems)}.")
        if not (math.isfinite(gain) and 0.0 <= gain <= MAX_GAIN):
            raise UserError(f"A fader goes from 0 to {MAX_GAIN:g} (+24 dB); {gain} is outside.")
        if not 0.0 <= ramp <= LONGEST_RAMP:
            raise UserError(f"A fader's ramp takes 0 to {LONGEST_RAMP:g} seconds; {ramp} is outside.")
        place = self.buses.index(bus), self.stems.index(stem)
        self._target[place] = gain
        self._ramp[place] = ramp
        self._touched = True

    def set_gains(self, gains: NDArray[np.float32]) -> None:
        """Set all faders at once.

        Args:
            gains: Shape (n, stems), linear, of the first n buses; the rest stay as they are. Values that are not finite
                are ignored, others limited to 0..16.
        """
        np.clip(gains, 0.0, MAX_GAIN, out=self._target[: len(gains)], where=np.isfinite(gains))
        self._ramp[: len(gains)] = RAMP_SECONDS
        self._touched = True

    def gain(self, bus: str, stem: str) -> float:
        """Where a fader is set, as a linear gain."""
        return float(self._target[self.buses.index(bus), self.stems.index(stem)])

    def advance(self, seconds: float) -> None:
        """Go on by one hop of this many seconds; what was set meanwhile begins to move now."""
        if not (self._touched or self.moving):
            return  # moves that are over don't get older
        self._touched = False
        self._ages += np.float32(seconds)
        np.not_equal(self._target, self._towards, out=self._which)
        if self._which.any():
            np.copyto(self._towards, self._target)
            np.clip(self._ramp, np.float32(seconds), np.float32(RAMP_SECONDS), out=self._part)
            np.copyto(self._span, self._part, where=self._which)
            np.subtract(self._ramp, self._part, out=self._part)
            np.maximum(self._part, 0.0, out=self._part)
            np.copyto(self._left, self._part, where=self._which)
            self._begin_moves(seconds)
        elif not self.moving:
            return
        elif self._left.any():
            self._begin_moves(seconds)
        self.moving = bool(self._left.any()) or self._under_way()
        self.look(0.0)

    def _begin_moves(self, seconds: float) -> None:
        """Go on along the straight lines, and ease in what that adds."""
        # Of what is left of the way, the part that is due of what is left of the time: a straight line, even when the
        # hops change their length.
        np.copyto(self._before, self._line)
        np.maximum(self._left, np.float32(seconds), out=self._part)
        np.divide(np.float32(seconds), self._part, out=self._part)
        np.subtract(self._towards, self._line, out=self._way)
        self._way *= self._part
        self._line += self._way
        np.less_equal(self._left, np.float32(seconds * 1.0001), out=self._which)
        np.copyto(self._line, self._towards, where=self._which)
        self._left -= np.float32(seconds)
        np.maximum(self._left, 0.0, out=self._left)
        np.subtract(self._line, self._before, out=self._steps[self._next])
        np.copyto(self._spans[self._next], self._span)
        self._ages[self._next] = 0.0
        self._next = (self._next + 1) % MOVES

    def _under_way(self) -> bool:
        np.less(self._ages, self._spans, out=self._done)
        np.not_equal(self._steps, 0.0, out=self._done, where=self._done)
        return bool(self._done.any())

    def look(self, ahead: float) -> None:
        """Take the gains as they will be if nothing else is set.

        Args:
            ahead: Seconds from the present hop's beginning, 0 or more.
        """
        if not self.moving:
            np.copyto(self._current, self._line)
            return
        np.add(self._ages, np.float32(ahead), out=self._times)
        self._times /= self._spans
        ease_left(self._times, self._rest)
        self._rest *= self._steps
        np.sum(self._rest, axis=0, out=self._current)
        np.subtract(self._line, self._current, out=self._current)

    def snap(self) -> None:
        """End all moves at once: the state right after a reset."""
        for values in (self._current, self._towards, self._line):
            np.copyto(values, self._target)
        self._left.fill(0.0)
        self._steps.fill(0.0)
        self.moving = False

    def masks(self, masks: NDArray[np.float32], weights: NDArray[np.float32], out: NDArray[np.float32]) -> None:
        """Mix the stems' masks into one mask a bus, with the gains that were last looked at.

        Args:
            masks: Shape (stems, bins) float32.
            weights: Gate weights, shape (stems,), 0..1; that of ``other`` is not used.
            out: Shape (buses, bins) float32, overwritten.
        """
        mix(self._current, weights, masks, out)

    def fallback(self) -> NDArray[np.float32]:
        """Each heard bus's share of a dry signal that stands in for the stems, shape (heard,).

        A bus takes part in the measure of its faders, and all buses together are never louder than the loudest fader:
        one karaoke bus gets the whole signal, four stem buses a quarter each.
        """
        gains = self._current[: self.heard]
        total = float(gains.sum())
        if total <= 0.0:
            self._fallback.fill(0.0)
            return self._fallback
        np.sum(gains, axis=1, out=self._fallback)
        self._fallback *= gains.max(axis=1) / total
        return self._fallback
