"""One network running on the card, as rtiass sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.frames import clean_into
from engines.tensorrt.runner import Runner


class TensorRTSession:
    """Steps a network on the card; nothing of the size of a frame is allocated on the way."""

    def __init__(self, runner: Runner, *keep: Any) -> None:
        """Take over a runner.

        Args:
            runner: It is closed with the session.
            keep: What must live as long.
        """
        self._runner: Runner | None = runner
        self._keep: tuple[Any, ...] = keep
        # Results are handed out in memory of Python's own: page-locked memory is gone once the session is closed.
        self._mask = np.zeros(runner.mask.shape, np.float32)
        self._activity = np.zeros(runner.activity.shape, np.float32)

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame; see ``rtiass.engine.EngineSession``.

        Raises:
            CudaError: The card failed.
        """
        runner = self._runner
        if runner is None:
            raise RuntimeError("This session was closed.")
        clean_into(magnitude, runner.magnitude)
        runner.step()
        np.copyto(self._mask, runner.mask)
        np.copyto(self._activity, runner.activity)
        return self._mask[0], self._activity[0]

    def reset(self) -> None:
        """Forget all states."""
        if self._runner is not None:
            self._runner.reset()

    def close(self) -> None:
        """Free the network and the card's memory."""
        if self._runner is not None:
            runner, self._runner = self._runner, None
            runner.close()
            self._keep = ()
