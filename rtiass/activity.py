"""Instrument activity: running medians and the gate that they drive.

The paper smooths the activity probability with a centred median of 21 frames and multiplies the mask by the binary
result (Hung and Lerch, ISMIR 2020, section 3.3). Centred means late: ``StrictGate`` keeps it, with its delay of ten
frames, for reproduction. ``FastGate`` opens within two frames and closes by a causal median and a hangover.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import deque
from dataclasses import dataclass
from typing import Protocol

STRICT_FRAMES = 21
"""Length of the paper's median, in network frames."""


@dataclass(frozen=True)
class GateSettings:
    """How one stem's gate decides.

    Attributes:
        threshold: Probability at and above which a frame counts as active, 0..1.
        median_seconds: Length of the running median of the fast gate.
        open_frames: Successive active frames that open a closed fast gate.
        hangover_seconds: How long an open fast gate stays open after its median fell.
        attack_seconds: Ramp of the weight from 0 to 1.
        release_seconds: Ramp of the weight from 1 to 0.
    """

    threshold: float = 0.5
    median_seconds: float = 0.49
    open_frames: int = 2
    hangover_seconds: float = 0.25
    attack_seconds: float = 0.02
    release_seconds: float = 0.25


class MajorityFilter:
    """Running median of a binary sequence: a majority vote over the last ``size`` values, O(1) a step.

    Until ``size`` values have come, those missing count as inactive.
    """

    def __init__(self, size: int) -> None:
        if size < 1 or size % 2 == 0:
            raise ValueError(f"a running median needs an odd length, not {size}")
        self._values = bytearray(size)
        self._next = 0
        self._ones = 0

    def push(self, value: bool) -> bool:
        """Add a value and return the majority of the last ``size``."""
        self._ones += int(value) - self._values[self._next]
        self._values[self._next] = value
        self._next = (self._next + 1) % len(self._values)
        return 2 * self._ones > len(self._values)

    def fill(self, value: bool) -> None:
        """Forget all values: as if ``value`` had come ``size`` times."""
        size = len(self._values)
        self._values[:] = bytes([value]) * size
        self._ones = size * value


class RunningMedian:
    """Median of the last ``size`` real values, kept as an ordered window: O(size) moves of a small list a step."""

    def __init__(self, size: int, initial: float = 0.0) -> None:
        if size < 1 or size % 2 == 0:
            raise ValueError(f"a running median needs an odd length, not {size}")
        self._size = size
        self._initial = initial
        self.reset()

    def push(self, value: float) -> float:
        """Add a finite value and return the median of the last ``size``."""
        oldest = self._order.popleft()
        del self._sorted[bisect_left(self._sorted, oldest)]
        self._order.append(value)
        insort(self._sorted, value)
        return self._sorted[self._size // 2]

    def reset(self) -> None:
        """Fill the window with the initial value."""
        self._order = deque([self._initial] * self._size)
        self._sorted = [self._initial] * self._size


class Gate(Protocol):
    """Turns one stem's activity probabilities into weights on its mask."""

    lookahead: int

    def push(self, probability: float) -> float:
        """Take a frame's probability; return the weight, 0..1, of the frame ``lookahead`` frames earlier."""
        ...

    def retime(self, frame_seconds: float) -> None:
        """Go on with another mask period, in seconds, without a jump of the weight."""
        ...

    def reset(self) -> None:
        """Start anew with the gate closed."""
        ...


class OpenGate:
    """A gate that is always open: masks pass as they are."""

    lookahead = 0

    def push(self, probability: float) -> float:
        """Return 1."""
        return 1.0

    def retime(self, frame_seconds: float) -> None:
        """An open gate knows no time."""

    def reset(self) -> None:
        """Nothing to forget."""


class StrictGate:
    """The paper's gate: threshold on the centred median of 21 probabilities, binary weight, ten frames late."""

    def __init__(self, settings: GateSettings, frames: int = STRICT_FRAMES) -> None:
        self.lookahead = frames // 2
        self._threshold = settings.threshold
        self._median = RunningMedian(frames)

    def push(self, probability: float) -> float:
        """Return 1.0 if the median around the frame ``lookahead`` frames ago reaches the threshold, else 0.0."""
        return 1.0 if self._median.push(probability) >= self._threshold else 0.0

    def retime(self, frame_seconds: float) -> None:
        """The paper counts frames, not seconds: nothing changes."""

    def reset(self) -> None:
        """Start anew with the gate closed."""
        self._median.reset()


class FastGate:
    """Opens within ``open_frames``, closes by a causal running median and a hangover, with ramped weights."""

    lookahead = 0

    def __init__(self, settings: GateSettings, frame_seconds: float) -> None:
        """Make a closed gate.

        Args:
            settings: The stem's settings.
            frame_seconds: Mask period in seconds: durations keep their meaning in every mode.
        """
        self._settings = settings
        self._run = 0
        self._hold = 0
        self._weight = 0.0
        self._set_time(frame_seconds)

    def _set_time(self, frame_seconds: float) -> None:
        settings = self._settings
        self._majority = MajorityFilter(2 * int(settings.median_seconds / frame_seconds / 2) + 1)
        self._hangover = round(settings.hangover_seconds / frame_seconds)
        self._attack = min(1.0, frame_seconds / settings.attack_seconds)
        self._release = min(1.0, frame_seconds / settings.release_seconds)

    def push(self, probability: float) -> float:
        """Take a frame's probability and return this frame's weight."""
        active = probability >= self._settings.threshold
        majority = self._majority.push(active)
        self._run = self._run + 1 if active else 0
        if majority or self._run >= self._settings.open_frames:
            self._hold = self._hangover + 1
        elif self._hold:
            self._hold -= 1
        self._weight = min(1.0, self._weight + self._attack) if self._hold else max(0.0, self._weight - self._release)
        return self._weight

    def retime(self, frame_seconds: float) -> None:
        """Go on with another mask period: an open gate stays open for a median's length, a closed one closed."""
        is_open = self._hold > 0
        self._set_time(frame_seconds)
        if is_open:
            self._majority.fill(True)
            self._hold = self._hangover + 1

    def reset(self) -> None:
        """Start anew with the gate closed."""
        self._majority.fill(False)
        self._run = 0
        self._hold = 0
        self._weight = 0.0


GATE_KINDS = ("fast", "strict", "off")


def make_gate(kind: str, settings: GateSettings, frame_seconds: float) -> Gate:
    """Make a gate.

    Args:
        kind: ``fast``, ``strict`` (the paper's) or ``off``.
        settings: The stem's settings.
        frame_seconds: Mask period in seconds.

    Raises:
        ValueError: Unknown kind.
    """
    if kind == "fast":
        return FastGate(settings, frame_seconds)
    if kind == "strict":
        return StrictGate(settings)
    if kind == "off":
        return OpenGate()
    raise ValueError(f"gate must be one of {', '.join(GATE_KINDS)}, not '{kind}'")
