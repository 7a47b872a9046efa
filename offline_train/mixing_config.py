"""How training mixtures are drawn."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from offline_train.lineup import CLASSES, LINEUPS
from rtiass.stft import BINS, FRAME

BY_CLASS = ("absent", "kinds", "focus", "second")
"""Keys that are tables by class."""
KINDS = ("recorded", "sampled", "rendered")
TARGETS = ("phase", "magnitude")
SHARES = (
    *("recorded_song", "rendered_song", "silence", "solo", "seek_active", "speed", "swap", "flip", "narrow", "pan"),
    *("equaliser", "compressor", "level", "lowpass"),
)
"""Keys that are probabilities."""


@dataclass(frozen=True)
class MixingConfig:
    """How mixtures are drawn. Probabilities and shares are in 0..1.

    Attributes:
        frames: Network frames an example.
        batch: Examples a batch.
        modes: Rows of window L, mask period R, weight: one is drawn for each batch.
        hann: Whether frames have the paper's Hann window instead of their mode's.
        recorded_song: Share of examples that are cut from one aligned recorded song.
        rendered_song: Share of those from one rendered song.
        silence: Share of examples without any sound.
        solo: Share of the random mixtures in which one class plays alone.
        gain: Range of a stem's linear gain.
        absent: Probability by class that it is left out. This and the other tables by class are laid over the defaults
            class by class; 0 stands for never.
        kinds: By class, how often an item of each kind is taken.
        focus: By class, how often a song is cut where that class is active.
        seek_active: Probability that an excerpt is cut around an active moment.
        second: Probability by class that a second item of the class is added.
        speed: Probability that an item or song is played at another speed.
        speed_range: Slowest and fastest.
        swap: Probability of exchanged channels.
        flip: Probability of inverted polarity of an item.
        narrow: Probability of a narrower stereo image.
        pan: Probability of another balance.
        equaliser: Probability of a random equaliser on a stem.
        compressor: Probability of a compressor on the mixture.
        level: Probability of another level of the whole example, +-10 dB.
        lowpass: Probability of an upper band limit above the bins of the loss.
        loss_bins: Bins that count in the loss (1394: 15 kHz).
        target: "phase": the part of a stem that the mixture's phase carries; "magnitude": its magnitude.
        exponent: Compression of magnitudes in the loss.
        mono: Whether the loss compares means over the channels, as the paper does, instead of each channel.
        apart: Whether each channel has a mask of its own, as Open-Unmix does it: two examples for the loss.
        levelled: Whether random items are set to one level of their active frames before their gain; if not, they have
            the level of what was packed.
        accompaniment: Least and most random items beside the first stem's class in a mixture of random items, of any
            other class, as the MM set has it; (0, 0): one item of each class that is present.
        label_shift: Samples by which labels are read late (above 0) or early.
        views: Names of coarser line-ups whose stems are targets too.
        holdout: Beginnings of the names of training songs and items that are kept out of training, to watch it by.
    """

    frames: int = 128
    batch: int = 6
    modes: tuple[tuple[int, int, float], ...] = (
        (2048, 1024, 0.40),
        (4096, 1024, 0.10),
        (1024, 512, 0.17),
        (512, 256, 0.12),
        (256, 128, 0.12),
        (1024, 1024, 0.04),
        (256, 1024, 0.05),
    )
    hann: bool = False
    recorded_song: float = 0.5
    rendered_song: float = 0.1
    silence: float = 0.01
    solo: float = 0.05
    gain: tuple[float, float] = (0.25, 1.25)
    absent: dict[str, float] = field(
        default_factory=lambda: {
            "vocals": 0.2,
            "drums": 0.2,
            "bass": 0.25,
            "electric_guitar": 0.55,
            "acoustic_guitar": 0.7,
            "piano": 0.65,
            "other": 0.35,
        }
    )
    kinds: dict[str, dict[str, float]] = field(
        default_factory=lambda: {
            "vocals": {"recorded": 0.65, "sampled": 0.35},
            "drums": {"recorded": 0.3, "sampled": 0.4, "rendered": 0.3},
            "bass": {"recorded": 0.3, "sampled": 0.35, "rendered": 0.35},
            "electric_guitar": {"recorded": 0.4, "sampled": 0.4, "rendered": 0.2},
            "acoustic_guitar": {"recorded": 0.4, "sampled": 0.4, "rendered": 0.2},
            "piano": {"recorded": 0.2, "sampled": 0.5, "rendered": 0.3},
            "other": {"recorded": 0.4, "sampled": 0.2, "rendered": 0.4},
        }
    )
    focus: dict[str, float] = field(
        default_factory=lambda: {**dict.fromkeys(CLASSES, 0.1), "vocals": 0.5, "drums": 0.15, "bass": 0.2}
    )
    seek_active: float = 0.6
    second: dict[str, float] = field(default_factory=lambda: {"other": 0.3})
    speed: float = 0.0
    speed_range: tuple[float, float] = (0.87, 1.15)
    swap: float = 0.5
    flip: float = 0.2
    narrow: float = 0.25
    pan: float = 0.0
    equaliser: float = 0.3
    compressor: float = 0.0
    level: float = 0.5
    lowpass: float = 0.5
    loss_bins: int = 1394
    target: str = "phase"
    exponent: float = 0.5
    mono: bool = False
    apart: bool = False
    levelled: bool = True
    accompaniment: tuple[int, ...] = (0, 0)
    label_shift: int = 0
    views: tuple[str, ...] = ()
    holdout: tuple[str, ...] = ()

    def kinds_of(self, name: str) -> dict[str, float]:
        """How often an item of each kind of a class is taken; those of a class of one's own are all alike."""
        return self.kinds.get(name, {} if name in CLASSES else dict.fromkeys(KINDS, 1.0))

    def absent_share(self, name: str) -> float:
        """Probability that a class is left out; one half for a class of one's own if none is set."""
        return self.absent.get(name, 0.0 if name in CLASSES else 0.5)

    def as_they_are(self, classes: Sequence[str], *, recorded: bool) -> MixingConfig:
        """The same, but of songs alone and with nothing done to them: to watch training and to calibrate by.

        Args:
            classes: All that recordings can have.
            recorded: Whether the songs are recorded ones.
        """
        return replace(
            self,
            holdout=(),
            recorded_song=1.0 if recorded else 0.0,
            rendered_song=0.0 if recorded else 1.0,
            gain=(1.0, 1.0),
            absent=dict.fromkeys(classes, 0.0),
            silence=0.0,
            solo=0.0,
            speed=0.0,
            equaliser=0.0,
            compressor=0.0,
            level=0.0,
        )

    def problem(self, classes: Sequence[str]) -> tuple[str, str] | None:
        """The first key whose value cannot be, and why; None if all is well.

        Args:
            classes: All that recordings can have.
        """
        for key in BY_CLASS:
            for name in getattr(self, key):
                if name not in classes:
                    return key, f"names {name!r}, which is no class; known: {', '.join(classes)}"
        for name, kinds in self.kinds.items():
            odd = [kind for kind in kinds if kind not in KINDS]
            if odd:
                return "kinds", f"names the kind {odd[0]!r} of {name}; known: {', '.join(KINDS)}"
            if not all(_number(weight) and weight >= 0 for weight in kinds.values()):
                return "kinds", f"of {name} must be numbers, 0 or more"
        if not all(_number(weight) and weight >= 0 for weight in self.focus.values()):
            return "focus", "must be numbers by class, 0 or more"
        for key in ("absent", "second"):
            if not _shares(getattr(self, key).values()):
                return key, "must be probabilities by class, in 0..1"
        for key in SHARES:
            if not _shares([getattr(self, key)]):
                return key, "must be in 0..1"
        modes_fit = self.modes and all(
            len(row) == 3 and all(map(_number, row)) and 0 < row[0] <= FRAME and row[0] % 2 == 0 and row[1] > 0
            for row in self.modes
        )
        unknown = [view for view in self.views if view not in LINEUPS]
        checks = (
            ("frames", self.frames >= 1, "must be 1 or more"),
            ("batch", self.batch >= 1, "must be 1 or more"),
            ("modes", modes_fit, f"must be rows of window (even, up to {FRAME}), mask period and weight"),
            (
                "modes",
                modes_fit and _weights(row[2] for row in self.modes),
                "must have weights of 0 or more, one above",
            ),
            (
                "recorded_song",
                self.recorded_song + self.rendered_song <= 1,
                "and rendered_song are more than 1 together",
            ),
            ("gain", _range(self.gain, 0.0), "must be a smallest and a largest factor, 0 or more"),
            ("speed_range", _range(self.speed_range, 0.1), "must be a slowest and a fastest speed, 0.1 or more"),
            ("loss_bins", 1 <= self.loss_bins <= BINS, f"must be in 1..{BINS}"),
            ("lowpass", self.lowpass == 0 or self.loss_bins < BINS, "needs bins above loss_bins; set it to 0"),
            ("target", self.target in TARGETS, f"must be one of {', '.join(TARGETS)}"),
            ("apart", not (self.apart and self.mono), "and mono exclude each other"),
            (
                "accompaniment",
                len(self.accompaniment) == 2
                and all(isinstance(n, int) and n >= 0 for n in self.accompaniment)
                and self.accompaniment[0] <= self.accompaniment[1],
                "must be a least and a most number of items, 0 or more",
            ),
            ("exponent", 0 < self.exponent <= 2, "must be above 0, and 2 at most"),
            ("views", not unknown, f"names {unknown}; known: {', '.join(LINEUPS)}"),
            ("holdout", all(isinstance(name, str) and name for name in self.holdout), "must be beginnings of names"),
        )
        return next(((key, why) for key, holds, why in checks if not holds), None)


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _shares(values: Iterable[float]) -> bool:
    return all(_number(value) and 0 <= value <= 1 for value in values)


def _weights(values: Iterable[float]) -> bool:
    found = list(values)
    return min(found) >= 0 and max(found) > 0


def _range(pair: Sequence[float], least: float) -> bool:
    return len(pair) == 2 and all(map(_number, pair)) and least <= pair[0] <= pair[1]
