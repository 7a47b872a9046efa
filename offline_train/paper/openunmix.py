"""Open-Unmix, the paper's baseline: the class of the package ``openunmix`` in the clothes of this project's networks.

F.-R. Stöter, S. Uhlich, A. Liutkus, Y. Mitsufuji, "Open-Unmix - a reference implementation for music source
separation", Journal of Open Source Software 4(41), 2019. Its weights are never loaded: it is trained here.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import Any

import torch
from torch import Tensor

from offline_train.iass import CROP
from offline_train.streaming import State, StreamingNetwork
from rtiass.errors import UserError
from rtiass.stft import BINS


def model_class() -> Any:
    """The network of the package.

    The package imports ``torchaudio`` for reading files and resampling, neither of which is done here. Where that is
    missing, or was built for another PyTorch, an empty module stands in for it during the import.

    Raises:
        UserError: The package is not installed.
    """
    missing = None
    try:
        import torchaudio  # noqa: F401
    except (ImportError, OSError, RuntimeError):
        missing = {name for name in sys.modules if name.split(".")[0] == "torchaudio"}
        for name in missing:
            del sys.modules[name]
        sys.modules["torchaudio"] = ModuleType("torchaudio")
    try:
        from openunmix.model import OpenUnmix
    except ImportError as error:
        raise UserError('Open-Unmix is in the package openunmix: pip install "rtiass[paper]"') from error
    finally:
        if missing is not None:
            del sys.modules["torchaudio"]
    return OpenUnmix


class OpenUnmixNet(StreamingNetwork):
    """Open-Unmix for one target, two channels up to 16 kHz, both directions of time; it cannot stream.

    Args:
        hidden: Width; the package's default trains 8.9 million parameters.
    """

    def __init__(self, hidden: int = 512) -> None:
        super().__init__()
        self.config = {"kind": "openunmix", "hidden": hidden}
        self.net = model_class()(nb_bins=BINS, nb_channels=2, hidden_size=hidden, max_bin=CROP)
        self.stems = 2
        self.lookahead = 0
        self.name_states()

    @torch.no_grad()
    def fit_statistics(self, magnitude: Tensor) -> None:
        """Set the per-bin standardisation from sample magnitudes (B, 2, T, 2049), as its training script does."""
        x = magnitude.mean(dim=1)
        deviation = x.std(dim=(0, 1))
        deviation = deviation.clamp_min(1e-4 * float(deviation.max()))
        self.net.input_mean.copy_(-x.mean(dim=(0, 1))[:CROP])
        self.net.input_scale.copy_(1.0 / deviation[:CROP])

    def forward(self, magnitude: Tensor, state: State | None = None, bins: int = BINS) -> tuple[Tensor, Tensor, State]:
        """Run the network over T frames.

        Args:
            magnitude: (B, 2, T, 2049) float32, at least 0.
            state: Not used: there is nothing to remember.
            bins: Bins whose mask is wanted.

        Returns:
            Mask (2 B, 1, T, bins) at least 0, left and right of each example in turn; zeros (B, 1, T) in place of
            activity; an empty state.
        """
        estimate = self.net(magnitude.transpose(2, 3)).transpose(2, 3)
        mask = (estimate / magnitude.clamp_min(1e-9))[..., :bins]
        return mask.flatten(0, 1).unsqueeze(1), magnitude.new_zeros(len(magnitude), 1, magnitude.shape[2]), {}
