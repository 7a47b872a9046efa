"""Sound as frames and back, as a whole song: the paper's centred Hann frames, or the runtime's windows of a mode."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn import functional as F  # noqa: N812

from offline_train.spectra import scaled_window, spectra
from rtiass.stft import FRAME, MODES, window_pair

HOP = 1024
"""Hop of the paper."""


class View(ABC):
    """A transform whose frames a network can be fed with.

    Attributes:
        name: Tells it from others.
    """

    name: str

    @abstractmethod
    def analyse(self, audio: Tensor) -> Tensor:
        """Scaled spectra of audio (..., samples), shape (..., frames, 2049) complex64."""

    @abstractmethod
    def synthesise(self, frames: Tensor, samples: int) -> Tensor:
        """Audio (..., samples) of spectra; of unchanged ones, the audio that they were made from."""

    @abstractmethod
    def moments(self, frames: int) -> NDArray[np.int64]:
        """The sample that the mask of each frame is about, shape (frames,)."""


class Centred(View):
    """4096 samples under a periodic Hann window, centred on every 1024th sample, reflected at both ends."""

    name = "hann"

    def __init__(self) -> None:
        self.window = scaled_window(FRAME, True)

    def analyse(self, audio: Tensor) -> Tensor:
        """See :meth:`View.analyse`."""
        return spectra(F.pad(audio, (FRAME // 2, FRAME // 2), mode="reflect"), FRAME, HOP, True)

    def synthesise(self, frames: Tensor, samples: int) -> Tensor:
        """See :meth:`View.synthesise`: the least-squares inverse (Griffin and Lim 1984)."""
        shape = frames.shape[:-2]
        flat = frames.reshape(-1, *frames.shape[-2:]).transpose(1, 2)
        # A last part of a hop that no frame is centred beyond is still within reach of the last frames.
        audio = torch.istft(flat, FRAME, HOP, window=self.window, center=True, length=samples)
        return audio.reshape(*shape, samples)

    def moments(self, frames: int) -> NDArray[np.int64]:
        """See :meth:`View.moments`."""
        return np.arange(frames) * HOP


class Paired(View):
    """The windows of a latency mode: frames end at the newest sample, the last L of which they put out.

    Args:
        mode: Name of the mode.
    """

    def __init__(self, mode: str) -> None:
        self.name, self.mode = mode, MODES[mode]
        self.scaled = scaled_window(self.mode.window)
        analysis, synthesis = window_pair(self.mode.window, self.mode.hop)
        # What the analysis was scaled by is taken back here.
        self.tail = torch.from_numpy(synthesis) * float(analysis.max() / self.scaled.max())

    def frames(self, samples: int) -> int:
        """Frames of a song."""
        return -(-(samples + self.mode.window) // self.mode.hop)

    def analyse(self, audio: Tensor) -> Tensor:
        """See :meth:`View.analyse`."""
        return self.span(audio, 0, self.frames(audio.shape[-1]))

    def span(self, audio: Tensor, first: int, last: int) -> Tensor:
        """The frames ``first`` to ``last``, itself not among them, of :meth:`analyse`."""
        begin, end = (first + 1) * self.mode.hop - FRAME, last * self.mode.hop
        inside = audio[..., max(0, begin) : end]
        before = max(0, -begin)
        padded = F.pad(inside, (before, end - begin - before - inside.shape[-1]))
        return spectra(padded, self.mode.window, self.mode.hop)

    def synthesise(self, frames: Tensor, samples: int) -> Tensor:
        """See :meth:`View.synthesise`."""
        return self.cut(self.overlapped(frames), samples)

    def overlapped(self, frames: Tensor) -> Tensor:
        """What frames (..., frames, 2049) put out, added up: (frames - 1) hops and a window, shape (..., samples)."""
        window, hop = self.mode.window, self.mode.hop
        tails = torch.fft.irfft(frames, FRAME)[..., -window:] * self.tail
        flat = tails.reshape(-1, *tails.shape[-2:]).transpose(1, 2)
        length = (flat.shape[-1] - 1) * hop + window
        audio = F.fold(flat, (1, length), (1, window), stride=(1, hop))[:, 0, 0]
        return audio.reshape(*frames.shape[:-2], length)

    def cut(self, audio: Tensor, samples: int) -> Tensor:
        """The song in what all of its frames put out: frame 0 ends at sample hop, and begins before the song."""
        return audio[..., self.mode.window - self.mode.hop :][..., :samples]

    def moments(self, frames: int) -> NDArray[np.int64]:
        """See :meth:`View.moments`: the middle of the samples that the mask shapes."""
        return (np.arange(frames) + 1) * self.mode.hop - self.mode.window // 2
