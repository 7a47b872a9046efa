"""CUDA without a card: what ``cuda.bindings.runtime`` offers, on host memory, as unforgiving as a card is unforgiving.

Memory that nobody wrote holds NaN. Work waits until the stream is synchronised, and only then reads and writes. Every
access is held against the reserved blocks. A capture records the calls, a graph plays them again with the addresses of
that time. Addresses of the card are no addresses of the host.
"""

from __future__ import annotations

import enum
import threading
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import numpy as np

Work = Callable[[], None]


class Misuse(AssertionError):
    """Something that a card would answer with garbage, a crash, or not at all."""


class cudaError_t(enum.IntEnum):
    cudaSuccess = 0
    cudaErrorInvalidValue = 1
    cudaErrorMemoryAllocation = 2
    cudaErrorInsufficientDriver = 35
    cudaErrorNoDevice = 100
    cudaErrorIllegalAddress = 700
    cudaErrorStreamCaptureUnsupported = 900
    cudaErrorStreamCaptureInvalidated = 901
    cudaErrorUnknown = 999


class cudaMemcpyKind(enum.IntEnum):
    cudaMemcpyHostToDevice = 1
    cudaMemcpyDeviceToHost = 2


class cudaStreamCaptureMode(enum.IntEnum):
    cudaStreamCaptureModeThreadLocal = 1


class cudaDeviceAttr(enum.IntEnum):
    cudaDevAttrComputeCapabilityMajor = 75
    cudaDevAttrComputeCapabilityMinor = 76


OK = cudaError_t.cudaSuccess


class Stream:
    """Work in order; while it is being captured nothing of it runs."""

    def __init__(self, handle: int) -> None:
        self.handle = handle
        self.waiting: list[Work] = []
        self.captured: list[Work] | None = None
        self.invalid = False

    def __int__(self) -> int:
        return self.handle

    def put(self, work: Work) -> None:
        (self.waiting if self.captured is None else self.captured).append(work)


class FakeCuda:
    """One card. ``error`` is what the driver answers; ``fail`` names calls that fail, with their status."""

    cudaError_t = cudaError_t
    cudaMemcpyKind = cudaMemcpyKind
    cudaStreamCaptureMode = cudaStreamCaptureMode
    cudaDeviceAttr = cudaDeviceAttr
    cudaStreamNonBlocking = 1
    cudaDeviceScheduleSpin = 1

    def __init__(
        self,
        *,
        count: int = 1,
        error: cudaError_t = OK,
        capability: tuple[int, int] = (8, 6),
        driver: int = 13000,
        fail: dict[str, cudaError_t] | None = None,
    ) -> None:
        self._count, self._error, self._capability, self._driver = count, error, capability, driver
        self.fail = fail if fail is not None else {}
        self.blocks: dict[int, np.ndarray[Any, Any]] = {}
        self.kinds: dict[int, str] = {}
        self.streams: dict[int, Stream] = {}
        self.graphs: set[int] = set()
        self.flags: int | None = None
        self.launches = 0
        self.threads: set[int] = set()
        self._next_address = 0x7F00_0000_0000

    # The driver and the card.

    def cudaGetErrorString(self, error: Any) -> tuple[Any, ...]:
        return OK, cudaError_t(error).name.encode()

    def cudaGetDeviceCount(self) -> tuple[Any, ...]:
        return self._error, None if self._error else self._count

    def cudaDriverGetVersion(self) -> tuple[Any, ...]:
        return OK, self._driver

    def cudaRuntimeGetVersion(self) -> tuple[Any, ...]:
        return OK, 13000

    def cudaDeviceGetAttribute(self, attr: Any, device: int) -> tuple[Any, ...]:
        return OK, self._capability[attr - 75]

    def cudaGetDeviceProperties(self, device: int) -> tuple[Any, ...]:
        return OK, SimpleNamespace(name=b"Fake Card\0\0")

    def cudaSetDeviceFlags(self, flags: int) -> tuple[Any, ...]:
        if self.blocks or self.streams:
            return (cudaError_t.cudaErrorUnknown,)
        self.flags = flags
        return (OK,)

    def cudaSetDevice(self, device: int) -> tuple[Any, ...]:
        return (self.fail.get("cudaSetDevice", OK),)

    # Memory.

    def cudaMalloc(self, size: int) -> tuple[Any, ...]:
        if "cudaMalloc" in self.fail:
            return self.fail["cudaMalloc"], None
        address = self._next_address
        self._next_address += (size + 0x1FF) // 0x100 * 0x100
        return OK, self._reserve(address, np.full(size, 0xFF, np.uint8), "card")

    def cudaFree(self, devPtr: int) -> tuple[Any, ...]:
        return self._free(devPtr, "card")

    def cudaMallocHost(self, size: int) -> tuple[Any, ...]:
        block = np.full(size, 0xFF, np.uint8)
        return OK, self._reserve(block.ctypes.data, block, "host")

    def cudaFreeHost(self, ptr: int) -> tuple[Any, ...]:
        return self._free(ptr, "host")

    def _reserve(self, address: int, block: np.ndarray[Any, Any], kind: str) -> int:
        self.blocks[address], self.kinds[address] = block, kind
        return address

    def _free(self, address: int, kind: str) -> tuple[Any, ...]:
        if self.kinds.get(address) != kind:
            raise Misuse(f"{address:#x} is freed as memory of the {kind}, which it is not")
        if any(stream.waiting for stream in self.streams.values()):
            raise Misuse("memory is freed while work waits that may need it")
        del self.blocks[address], self.kinds[address]
        return (OK,)

    def view(self, address: int, size: int, kind: str) -> np.ndarray[Any, Any]:
        """Bytes at an address; all of them must lie in one reserved block of that kind."""
        for start, block in self.blocks.items():
            if self.kinds[start] == kind and start <= address < start + len(block):
                if address + size > start + len(block):
                    raise Misuse(f"{size} bytes at {address:#x} go over the end of a block of {len(block)}")
                return block[address - start : address - start + size]
        raise Misuse(f"{address:#x} is no address of the {kind}")

    # Streams.

    def cudaDeviceGetStreamPriorityRange(self) -> tuple[Any, ...]:
        return OK, 0, -5

    def cudaStreamCreateWithPriority(self, flags: int, priority: int) -> tuple[Any, ...]:
        if flags != self.cudaStreamNonBlocking or priority != -5:
            raise Misuse("the stream must not wait for others, and must come first")
        stream = Stream(0x1000 + len(self.streams))
        self.streams[int(stream)] = stream
        return OK, stream

    def cudaStreamDestroy(self, stream: Any) -> tuple[Any, ...]:
        if stream.waiting:
            raise Misuse("a stream is destroyed while work waits in it")
        del self.streams[int(stream)]
        return (OK,)

    def cudaStreamSynchronize(self, stream: Any) -> tuple[Any, ...]:
        self.threads.add(threading.get_ident())
        if stream.captured is not None:
            stream.invalid = True
            return (cudaError_t.cudaErrorStreamCaptureUnsupported,)
        while stream.waiting:
            stream.waiting.pop(0)()
        return (self.fail.get("cudaStreamSynchronize", OK),)

    def cudaMemcpyAsync(self, dst: int, src: int, count: int, kind: Any, stream: Any) -> tuple[Any, ...]:
        to, of = ("card", "host") if kind == cudaMemcpyKind.cudaMemcpyHostToDevice else ("host", "card")

        def work() -> None:
            self.view(dst, count, to)[:] = self.view(src, count, of)

        stream.put(work)
        return (OK,)

    def cudaMemsetAsync(self, devPtr: int, value: int, count: int, stream: Any) -> tuple[Any, ...]:
        def work() -> None:
            self.view(devPtr, count, "card")[:] = value

        stream.put(work)
        return (OK,)

    # Graphs.

    def cudaStreamBeginCapture(self, stream: Any, mode: Any) -> tuple[Any, ...]:
        if stream.captured is not None or stream.waiting:
            raise Misuse("a capture begins while work waits, or another one is going on")
        stream.captured, stream.invalid = [], False
        return (OK,)

    def cudaStreamEndCapture(self, stream: Any) -> tuple[Any, ...]:
        works, stream.captured = stream.captured, None
        if stream.invalid:
            return cudaError_t.cudaErrorStreamCaptureInvalidated, None
        if "cudaStreamEndCapture" in self.fail:
            return self.fail["cudaStreamEndCapture"], None
        return OK, SimpleNamespace(works=works)

    def cudaGraphInstantiate(self, graph: Any, flags: int) -> tuple[Any, ...]:
        ready = SimpleNamespace(works=list(graph.works))
        self.graphs.add(id(ready))
        return OK, ready

    def cudaGraphDestroy(self, graph: Any) -> tuple[Any, ...]:
        graph.works = None
        return (OK,)

    def cudaGraphExecDestroy(self, graphExec: Any) -> tuple[Any, ...]:
        self.graphs.remove(id(graphExec))
        return (OK,)

    def cudaGraphUpload(self, graphExec: Any, stream: Any) -> tuple[Any, ...]:
        return (OK,)

    def cudaGraphLaunch(self, graphExec: Any, stream: Any) -> tuple[Any, ...]:
        if id(graphExec) not in self.graphs:
            raise Misuse("a graph is launched that isn't there")
        self.launches += 1
        for work in graphExec.works:
            stream.put(work)
        return (OK,)

    def is_clean(self) -> bool:
        """All was given back."""
        return not (self.blocks or self.streams or self.graphs)
