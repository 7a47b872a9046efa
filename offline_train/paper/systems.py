"""What is compared: networks for one target each, one network for several, Open-Unmix, ideal masks, the mixture."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from offline_train.labels import at_samples
from offline_train.paper.gating import GATES, MEDIAN, THRESHOLD, weights
from offline_train.paper.nets import REST
from offline_train.paper.views import Centred
from offline_train.paper.whole import Found, run
from offline_train.pool import Song
from offline_train.streaming import StreamingNetwork
from offline_train.wiener import wiener

Audio = NDArray[np.float32]
IDEAL, MIXTURE, WIENER = "ideal binary mask", "mixture", "wiener"


@dataclass(frozen=True)
class Truth:
    """A test song.

    Attributes:
        name: Of the song.
        sources: By target, shape (2, samples), and the rest of the mixture if there is any.
        labels: Activity of the targets, by label frame.
    """

    name: str
    sources: dict[str, Audio]
    labels: dict[str, NDArray[np.bool_]]

    @property
    def targets(self) -> list[str]:
        """What is to be separated."""
        return list(self.labels)

    @property
    def mixture(self) -> Audio:
        """Sum of the sources."""
        return np.sum(list(self.sources.values()), axis=0)

    @classmethod
    def of(cls, song: Song, targets: Sequence[str], everything: bool) -> Truth:
        """A song's targets; with ``everything`` they are all that songs of its set have."""
        parts = {name: song.read(name, 0, song.samples) for name in song.stems}
        nothing = np.zeros((2, song.samples), np.float32)
        sources = {name: parts.pop(name, nothing) for name in targets}
        if parts or not everything:
            sources[REST] = np.sum([nothing, *parts.values()], axis=0)
        silent = np.zeros(1, dtype=np.bool_)
        return cls(song.name, sources, {n: song.stem_active(n) if n in song.stems else silent for n in targets})


@dataclass
class Separated:
    """What a system makes of a song.

    Attributes:
        rows: By row, such as a gate, and target the estimates, shape (2, samples). The rest's, where it is missing, is
            what is left of the mixture.
        activity: By target the probabilities of the frames, shape (frames,).
        moments: The samples that the frames are about.
    """

    rows: dict[str, dict[str, Audio]] = field(default_factory=dict)
    activity: dict[str, NDArray[np.float32]] = field(default_factory=dict)
    moments: NDArray[np.int64] | None = None


class System(ABC):
    """Something that separates.

    Attributes:
        name: Of its scores' folder.
        digest: Changes when its estimates could.
    """

    name: str
    digest: str

    @abstractmethod
    def separate(self, truth: Truth) -> Separated:
        """Estimates of the targets of a song."""


class Networks(System):
    """Networks, a whole song at a time, in the paper's frames and with the mixture's phase.

    Args:
        name: Of the system.
        nets: By target, a network with the digest of its weights and the index of its stem.
        filtered: Add a row of the Wiener filter over the open estimates of all targets.
        median: Frames of the gate's median.
        threshold: Of the gate.
        labelled: Whether the networks were trained with labels, and so have an activity.
        gates: Rows that are wanted, of those that the networks can drive.
    """

    def __init__(
        self,
        name: str,
        nets: Mapping[str, tuple[StreamingNetwork, str, int]],
        filtered: bool = False,
        median: int = MEDIAN,
        threshold: float = THRESHOLD,
        labelled: bool = True,
        gates: Sequence[str] = GATES,
    ) -> None:
        self.name, self.nets, self.view, self.filtered = name, dict(nets), Centred(), filtered
        self.median, self.threshold, self.labelled, self.gates = median, threshold, labelled, tuple(gates)
        how = (self.view.name, filtered, median, threshold, labelled, self.gates)
        self.digest = " ".join([*(f"{t} {d} {i}" for t, (_, d, i) in nets.items()), str(how)])

    def separate(self, truth: Truth) -> Separated:
        """See :meth:`System.separate`: without labels in training there is no activity, nor a gate that follows it."""
        mixture = self.view.analyse(torch.from_numpy(truth.mixture))
        magnitude = mixture.abs()
        out = Separated(moments=self.view.moments(mixture.shape[1]))
        heard: tuple[StreamingNetwork, Found] | None = None
        images = []
        for target in truth.targets:
            network, _, index = self.nets[target]
            if heard is None or heard[0] is not network:
                heard = network, run(network, magnitude, labelled=self.labelled)
            found = heard[1]
            image = found.masks[index] * mixture
            self._add(out, truth, target, image, None if found.activity is None else found.activity[index])
            if self.filtered:
                images.append(image)
        if self.filtered:
            self._filter(out, truth, torch.stack(images), mixture)
        return out

    def _add(
        self, out: Separated, truth: Truth, target: str, image: Tensor, activity: NDArray[np.float32] | None
    ) -> None:
        samples = next(iter(truth.sources.values())).shape[1]
        assert out.moments is not None
        labels = at_samples(truth.labels[target], out.moments)
        if activity is not None:
            out.activity[target] = activity
        for gate, weight in weights(activity, labels, self.median, self.threshold).items():
            if gate in self.gates:
                gated = self.view.synthesise(image * torch.from_numpy(weight)[:, None], samples)
                out.rows.setdefault(gate, {})[target] = gated.numpy()

    def _filter(self, out: Separated, truth: Truth, images: Tensor, mixture: Tensor) -> None:
        samples = next(iter(truth.sources.values())).shape[1]
        if REST in truth.sources:
            images = torch.cat((images, (mixture - images.sum(dim=0))[None]))
        filtered = self.view.synthesise(torch.from_numpy(wiener(images.numpy(), mixture.numpy())), samples)
        out.rows[WIENER] = dict(zip(truth.targets, filtered.numpy(), strict=False))


class Reference(System):
    """What needs no network: the ideal binary mask in the paper's frames, and the mixture in place of each target."""

    name = "reference"
    digest = "2"

    def separate(self, truth: Truth) -> Separated:
        """See :meth:`System.separate`: of a bin the ideal mask takes all where the target is louder than the rest."""
        view = Centred()
        mixture = view.analyse(torch.from_numpy(truth.mixture))
        out = Separated(rows={IDEAL: {}, MIXTURE: {}})
        for target in truth.targets:
            own = view.analyse(torch.from_numpy(truth.sources[target]))
            mask = own.abs().mean(dim=0) > (mixture - own).abs().mean(dim=0)
            out.rows[IDEAL][target] = view.synthesise(mask * mixture, truth.mixture.shape[1]).numpy()
        # In place of every source: what is left of the mixture beside itself would be silence, which has no figures.
        out.rows[MIXTURE] = dict.fromkeys(truth.sources, truth.mixture)
        return out
