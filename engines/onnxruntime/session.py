"""One network running in ONNX Runtime, its buffers allocated once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.frames import clean_into
from rtiass.bundle import Bundle


class OnnxRuntimeSession:
    """Steps a network whose inputs, outputs and states are bound to fixed buffers.

    There are two banks of states: a step reads one and writes the other, so nothing is copied and nothing of the
    size of a frame is allocated.
    """

    def __init__(self, session: Any, bundle: Bundle, threads: int, *, synchronise: bool = False) -> None:
        import onnxruntime as ort

        self.threads = threads
        self._synchronise = synchronise
        self.frame_shape = (bundle.channels, bundle.bins)
        stems = len(bundle.stems)
        self._session: Any = session
        self._magnitude = np.zeros((1, *self.frame_shape), np.float32)
        self._mask = np.zeros((1, stems, bundle.bins), np.float32)
        self._activity = np.zeros((1, stems), np.float32)
        self._banks = [{name: np.zeros(shape, np.float32) for name, shape in bundle.states} for _ in range(2)]
        # On the CPU these values are views of the arrays, which must live as long; other providers copy.
        value = ort.OrtValue.ortvalue_from_numpy
        fixed = [value(a) for a in (self._magnitude, self._mask, self._activity)]
        states = [{name: value(array) for name, array in bank.items()} for bank in self._banks]
        self._keep = (fixed, states)
        self._bindings: list[Any] = []
        for now in range(2):
            binding = session.io_binding()
            binding.bind_ortvalue_input("magnitude", fixed[0])
            binding.bind_ortvalue_output("mask", fixed[1])
            binding.bind_ortvalue_output("activity", fixed[2])
            for name, tensor in states[now].items():
                binding.bind_ortvalue_input(name, tensor)
            for name, tensor in states[1 - now].items():
                binding.bind_ortvalue_output(f"{name}_next", tensor)
            self._bindings.append(binding)
        self._now = 0

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """Advance by one frame; see ``rtiass.engine.EngineSession``."""
        if self._session is None:
            raise RuntimeError("This session was closed.")
        clean_into(magnitude, self._magnitude)
        self._session.run_with_iobinding(self._bindings[self._now])
        if self._synchronise:
            self._bindings[self._now].synchronize_outputs()
        self._now = 1 - self._now
        return self._mask[0], self._activity[0]

    def reset(self) -> None:
        """Forget all states."""
        for bank in self._banks:
            for array in bank.values():
                array.fill(0.0)

    def close(self) -> None:
        """Free the network."""
        self._bindings.clear()
        self._session = None
