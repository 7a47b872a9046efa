"""One network running in PyTorch."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.frames import clean_into
from rtiass.bundle import Bundle


class PyTorchSession:
    """Steps the training network frame by frame; slower than ONNX Runtime and equal to it."""

    def __init__(self, network: Any, bundle: Bundle) -> None:
        import torch

        self._torch = torch
        self._network: Any = network
        self._magnitude = np.zeros((1, bundle.channels, 1, bundle.bins), np.float32)
        self._input = torch.from_numpy(self._magnitude)
        self._state = network.initial_state()

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame; see ``rtiass.engine.EngineSession``."""
        if self._network is None:
            raise RuntimeError("This session was closed.")
        clean_into(magnitude, self._magnitude)
        with self._torch.inference_mode():
            mask, activity, self._state = self._network.stream(self._input, self._state)
        return mask[0, :, 0].numpy(), activity[0, :, 0].numpy()

    def reset(self) -> None:
        """Forget all states."""
        self._state = self._network.initial_state()

    def close(self) -> None:
        """Free the network."""
        self._network = None
