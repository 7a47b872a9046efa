"""When masks are computed and when they are applied: the two clocks of a mode, and others in their place."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rtiass.errors import UserError
from rtiass.separator import SWITCH_GRID, find_mode
from rtiass.stft import Mode


@dataclass(frozen=True)
class Timing:
    """A mode with a mask period and a mask delay; the shipped modes stay as they are.

    Attributes:
        mode: Name of the mode.
        period: Mask period in samples; None for the mode's own.
        delay: Hops by which masks are applied later than the frame they were computed from.
    """

    mode: str
    period: int | None = None
    delay: int = 0

    @property
    def clock(self) -> Mode:
        """The mode with this period."""
        mode = find_mode(self.mode)
        return mode if self.period is None else replace(mode, period=self.period)

    @property
    def plain(self) -> bool:
        """Whether it is the mode as it ships."""
        return not self.delay and self.clock == find_mode(self.mode)

    @property
    def row(self) -> str:
        """Name of its row: the mode's alone where nothing differs from it."""
        text = self.mode
        if self.clock != find_mode(self.mode):
            text += f", masks every {self.period}"
        return text if not self.delay else f"{text}, masks {self.delay} late"


def as_timing(mode: str | Timing) -> Timing:
    """A mode as it ships, by its name; a timing as it is."""
    return mode if isinstance(mode, Timing) else Timing(mode)


def periods_in(texts: Iterable[str]) -> tuple[Timing, ...]:
    """Timings of texts such as ``instant:256,512``: a mode, and mask periods in samples.

    Raises:
        UserError: There is no such mode, or a period does not fit it.
    """
    found = tuple(Timing(mode, period) for text in texts for mode, period in _numbers(text))
    for timing in found:
        hop, period = timing.clock.hop, timing.clock.period
        if period <= 0 or period % hop or SWITCH_GRID % period:
            fit = ", ".join(str(hop << k) for k in range(11) if hop << k <= SWITCH_GRID)
            raise UserError(f"Mask periods of {timing.mode} are {fit} samples; {period} is none of them.")
    return found


def delays_in(texts: Iterable[str]) -> tuple[Timing, ...]:
    """Timings of texts such as ``live:1,2,4``: a mode, and mask delays in hops.

    Raises:
        UserError: There is no such mode, or a delay is negative.
    """
    found = tuple(Timing(mode, delay=delay) for text in texts for mode, delay in _numbers(text))
    for timing in found:
        if timing.delay < 0:
            raise UserError(f"A mask delay is a number of hops, 0 or more; {timing.delay} is not.")
    return found


def _numbers(text: str) -> list[tuple[str, int]]:
    mode, _, numbers = text.partition(":")
    try:
        return [(find_mode(mode).name, int(number)) for number in numbers.split(",")]
    except ValueError:
        raise UserError(f"Write a mode and whole numbers, for example instant:256,512; not '{text}'.") from None
