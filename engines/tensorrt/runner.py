"""Steps a compiled network on the card: fixed buffers, two banks of states, two captured graphs used in turn.

Everything is reserved when the runner is made. A step is one launch of a captured graph, which copies the magnitudes to
the card, runs the network and copies the results back, and one wait for it. The modules of CUDA and TensorRT come as
arguments, so that the very same code can be run without a card.
"""

from __future__ import annotations

import contextlib
import ctypes
import math
import weakref
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.tensorrt.driver import DEVICE
from engines.tensorrt.status import CudaError, checked
from rtiass.bundle import Bundle
from rtiass.engine import EngineError

FLOAT = 4
"""Bytes of a value: all inputs, outputs and states are float32."""

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Layout:
    """Names and shapes of a network's tensors, all float32.

    Attributes:
        magnitude: Shape of the input.
        mask: Shape of the masks.
        activity: Shape of the activity probabilities.
        states: Shape of each state by its name; the network writes it as ``NAME_next``.
    """

    magnitude: Shape
    mask: Shape
    activity: Shape
    states: dict[str, Shape]

    @classmethod
    def of(cls, bundle: Bundle) -> Layout:
        """The layout that a bundle's card tells."""
        stems = len(bundle.stems)
        return cls((1, bundle.channels, bundle.bins), (1, stems, bundle.bins), (1, stems), dict(bundle.states))

    def inputs(self) -> dict[str, Shape]:
        """Shape of every input."""
        return {"magnitude": self.magnitude, **self.states}

    def outputs(self) -> dict[str, Shape]:
        """Shape of every output."""
        return {
            "mask": self.mask,
            "activity": self.activity,
            **{f"{name}_next": shape for name, shape in self.states.items()},
        }


class Runner:
    """A compiled network in its buffers.

    Attributes:
        magnitude: Where the next frame is to be written, page-locked; shape as in the layout, float32.
        mask: Masks of the last step, page-locked, float32.
        activity: Activity probabilities of the last step, page-locked, float32.
    """

    def __init__(self, cuda: Any, engine: Any, contexts: list[Any], layout: Layout) -> None:
        """Reserve everything, run the network once in either direction, and capture it.

        Args:
            cuda: ``cuda.bindings.runtime``, or what stands for it.
            engine: Deserialised engine, kept as long as the contexts live.
            contexts: Two execution contexts of it.
            layout: Its tensors.

        Raises:
            EngineError: The card has not enough memory, or refuses something.
        """
        self._cuda = cuda
        self._layout = layout
        self._contexts = contexts
        self._engine = engine
        self._now = 0
        self._stack = contextlib.ExitStack()
        # What is never closed is given back once nobody holds it. Not at the end of the process: another thread may be
        # in a step then, and the driver takes everything back anyway.
        self._finalizer = weakref.finalize(self, self._stack.close)
        self._finalizer.atexit = False
        try:
            self._reserve()
            self._bind()
            self._warm_up()
            self._capture()
            self.reset()
        except BaseException:
            self.close()
            raise

    def step(self) -> None:
        """Run the network on ``magnitude`` and wait until ``mask`` and ``activity`` are there.

        Raises:
            CudaError: The card failed.
        """
        cuda = self._cuda
        checked(cuda, cuda.cudaGraphLaunch(self._graphs[self._now], self._stream), "starting the network")
        self._synchronise()
        self._now = 1 - self._now

    def reset(self) -> None:
        """Fill all states with zeros: the next step is the first.

        Raises:
            CudaError: The card failed.
        """
        for bank in self._banks:
            for name, address in bank.items():
                self._clear(address, self._layout.states[name])
        self._synchronise()

    def close(self) -> None:
        """Give everything back; may be called again. The arrays must not be used afterwards."""
        if self._finalizer.alive:
            with contextlib.suppress(CudaError, AttributeError):
                self._synchronise()  # nothing is freed under a network that still runs
            self._contexts.clear()
            self._finalizer()
            self._engine = None

    def _reserve(self) -> None:
        cuda, layout = self._cuda, self._layout
        _, first = checked(cuda, cuda.cudaDeviceGetStreamPriorityRange(), "asking for priorities")
        self._stream = checked(
            cuda, cuda.cudaStreamCreateWithPriority(cuda.cudaStreamNonBlocking, first), "making a stream"
        )
        self._stack.callback(cuda.cudaStreamDestroy, self._stream)
        self.magnitude, self._magnitude_host = self._pinned(layout.magnitude)
        self.mask, self._mask_host = self._pinned(layout.mask)
        self.activity, self._activity_host = self._pinned(layout.activity)
        self._magnitude = self._on_card(layout.magnitude)
        self._mask = self._on_card(layout.mask)
        self._activity = self._on_card(layout.activity)
        self._banks = [{name: self._on_card(shape) for name, shape in layout.states.items()} for _ in range(2)]

    def _pinned(self, shape: Shape) -> tuple[NDArray[np.float32], int]:
        """Page-locked memory, as an array and as an address."""
        cuda, count = self._cuda, math.prod(shape)
        address = int(checked(cuda, cuda.cudaMallocHost(count * FLOAT), "locking memory"))
        self._stack.callback(cuda.cudaFreeHost, address)
        array = np.ctypeslib.as_array((ctypes.c_float * count).from_address(address)).reshape(shape)
        array.fill(0.0)
        return array, address

    def _on_card(self, shape: Shape) -> int:
        """Memory on the card."""
        cuda = self._cuda
        address = int(checked(cuda, cuda.cudaMalloc(math.prod(shape) * FLOAT), "reserving memory on it"))
        self._stack.callback(cuda.cudaFree, address)
        return address

    def _addresses(self, bank: int) -> dict[str, int]:
        """Where each tensor is when a bank's states are read.

        The new states go to the other bank, never over the old: the network may still read one when it has begun to
        write the next.
        """
        return {
            "magnitude": self._magnitude,
            "mask": self._mask,
            "activity": self._activity,
            **self._banks[bank],
            **{f"{name}_next": address for name, address in self._banks[1 - bank].items()},
        }

    def _bind(self) -> None:
        for bank, context in enumerate(self._contexts):
            for name, address in self._addresses(bank).items():
                if not context.set_tensor_address(name, address):
                    raise EngineError(f"The compiled network refuses a place for its tensor '{name}'. Build it again.")

    def _warm_up(self) -> None:
        """Run each context once uncaptured: what a first call sets up may not happen inside a capture."""
        self.reset()
        for bank in range(2):
            self._enqueue(bank)
        self._synchronise()

    def _enqueue(self, bank: int) -> None:
        """Put a whole step into the stream, copies included."""
        cuda, stream, layout = self._cuda, self._stream, self._layout
        self._copy(self._magnitude, self._magnitude_host, layout.magnitude, cuda.cudaMemcpyKind.cudaMemcpyHostToDevice)
        if not self._contexts[bank].execute_async_v3(int(stream)):
            raise EngineError(
                "The compiled network did not start on the card. Build it again with 'rtiass engines build', "
                "or choose another engine: --engine onnxruntime"
            )
        back = cuda.cudaMemcpyKind.cudaMemcpyDeviceToHost
        self._copy(self._mask_host, self._mask, layout.mask, back)
        self._copy(self._activity_host, self._activity, layout.activity, back)

    def _capture(self) -> None:
        self._graphs = [self._captured(bank) for bank in range(len(self._contexts))]

    def _captured(self, bank: int) -> Any:
        cuda = self._cuda
        # Only this thread is held to the rules of capturing: other threads may be using the card meanwhile.
        mode = cuda.cudaStreamCaptureMode.cudaStreamCaptureModeThreadLocal
        checked(cuda, cuda.cudaStreamBeginCapture(self._stream, mode), "beginning to record the network")
        try:
            self._enqueue(bank)
        except BaseException:
            cuda.cudaStreamEndCapture(self._stream)  # whatever it says, the stream is usable again
            raise
        graph = checked(cuda, cuda.cudaStreamEndCapture(self._stream), "recording the network")
        try:
            ready = checked(cuda, cuda.cudaGraphInstantiate(graph, 0), "preparing the recorded network")
        finally:
            cuda.cudaGraphDestroy(graph)
        self._stack.callback(cuda.cudaGraphExecDestroy, ready)
        # Sent to the card now rather than with the first frame.
        checked(cuda, cuda.cudaGraphUpload(ready, self._stream), "sending the network to it")
        return ready

    def _copy(self, target: int, source: int, shape: Shape, kind: Any) -> None:
        cuda, size = self._cuda, math.prod(shape) * FLOAT
        checked(cuda, cuda.cudaMemcpyAsync(target, source, size, kind, self._stream), "copying a frame")

    def _clear(self, address: int, shape: Shape) -> None:
        cuda, size = self._cuda, math.prod(shape) * FLOAT
        checked(cuda, cuda.cudaMemsetAsync(address, 0, size, self._stream), "clearing the states")

    def _synchronise(self) -> None:
        cuda = self._cuda
        checked(cuda, cuda.cudaStreamSynchronize(self._stream), "running the network")


def prepare_device(cuda: Any) -> None:
    """Take the card for this process: a thread that waits for it polls, since to be woken would take longer.

    Raises:
        CudaError: The card can't be had.
    """
    # Refused where something else in the process has already begun to use the card; then it waits as that has set it.
    cuda.cudaSetDeviceFlags(cuda.cudaDeviceScheduleSpin)
    checked(cuda, cuda.cudaSetDevice(DEVICE), "being taken for this program")
