"""What happens while a fader and its parameter are apart: jump, pickup or scale."""

from __future__ import annotations

NEAR = 1.5 / 127
"""Fader and value count as one within this: a step and a half of a 7-bit fader."""

SNAP = 0.25 / 127


class Takeover:
    """Of one absolute control.

    ``jump``: the parameter goes where the fader is. ``pickup``: it stays until the fader passes it. ``scale``: it moves
    in the fader's direction, in proportion to the way that is left to the end, until the two meet.

    Attributes:
        caught: Fader and parameter move as one.
    """

    def __init__(self, kind: str = "pickup") -> None:
        """Make one; ``kind`` is ``jump``, ``pickup`` or ``scale``."""
        self._kind = kind
        self._last: float | None = None
        self.caught = False

    def move(self, fader: float, value: float, moved: bool) -> float | None:
        """Take a fader's position.

        Args:
            fader: Position 0..1.
            value: Where the parameter is on the fader's way, 0..1.
            moved: Something else has moved the parameter since.

        Returns:
            The parameter's new position, or None if it stays.
        """
        last, self._last = self._last, fader
        if self._kind == "jump":
            self.caught = True
            return fader
        if moved:
            self.caught = False
        if self.caught:
            return fader
        if self._kind == "pickup":
            passed = last is not None and min(last, fader) <= value <= max(last, fader)
            self.caught = passed or abs(fader - value) <= NEAR
            return fader if self.caught else None
        return self._scale(last, fader, value)

    def _scale(self, last: float | None, fader: float, value: float) -> float | None:
        if last is None or fader == last:
            self.caught = abs(fader - value) <= SNAP
            return None
        way = fader - last
        share = (1.0 - value) / (1.0 - last) if way > 0.0 else value / last
        new = min(max(value + way * share, 0.0), 1.0)
        self.caught = abs(new - fader) <= SNAP
        return fader if self.caught else new

    def meet(self, fader: float) -> None:
        """The fader was brought to the parameter by its motor."""
        self._last, self.caught = fader, True

    def forget(self) -> None:
        """The controller has gone: where its fader is, nobody knows."""
        self._last, self.caught = None, False
