"""How training mixtures are drawn."""

from __future__ import annotations

from dataclasses import dataclass, field

from offline_train.lineup import CLASSES


@dataclass(frozen=True)
class MixingConfig:
    """How mixtures are drawn. Probabilities and shares are in 0..1.

    Attributes:
        frames: Network frames an example.
        batch: Examples a batch.
        modes: Rows of window L, mask period R, weight: one is drawn for each batch.
        recorded_song: Share of examples that are cut from one aligned recorded song.
        rendered_song: Share of those from one rendered song.
        silence: Share of examples without any sound.
        solo: Share of the random mixtures in which one class plays alone.
        gain: Range of a stem's linear gain.
        absent: Probability by class that it is left out.
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
    views: tuple[str, ...] = ()
    holdout: tuple[str, ...] = ()

    def kinds_of(self, name: str) -> dict[str, float]:
        """How often an item of each kind of a class is taken; those of a class of one's own are all alike."""
        return self.kinds.get(name, {} if name in CLASSES else {"recorded": 1.0, "sampled": 1.0, "rendered": 1.0})

    def absent_share(self, name: str) -> float:
        """Probability that a class is left out; one half for a class of one's own if none is set."""
        return self.absent.get(name, 0.0 if name in CLASSES else 0.5)
