"""TensorRT without a card: a builder that wraps the ONNX file, and contexts in which ONNX Runtime does the work.

A context needs one call outside a capture after its addresses were set, as the real one does. When a network runs, all
its outputs are spoilt before its inputs are read, which is what a card may do to one that writes over what it reads.
"""

from __future__ import annotations

import enum
import hashlib
import json
from types import SimpleNamespace
from typing import Any

import numpy as np
import onnxruntime as ort
from fake_cuda import FakeCuda, Misuse

from engines.tensorrt.flavour import Flavour, ProperFlavour


class TensorIOMode(enum.IntEnum):
    NONE = 0
    INPUT = 1
    OUTPUT = 2


class DataType(enum.IntEnum):
    FLOAT = 0
    HALF = 1


class Severity(enum.IntEnum):
    INTERNAL_ERROR = 0
    ERROR = 1
    WARNING = 2


class ILogger:
    Severity = Severity


class IProgressMonitor:
    pass


class Context:
    """Runs the network on the memory of the fake card."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._addresses: dict[str, int] = {}
        self._warm = False

    def set_tensor_address(self, name: str, memory: int) -> bool:
        if name not in self._engine.tensors:
            return False
        self._addresses[name] = memory
        self._warm = False
        return True

    def execute_async_v3(self, stream_handle: int) -> bool:
        stream = self._engine.cuda.streams[stream_handle]
        if self._addresses.keys() != self._engine.tensors.keys():
            raise Misuse("a network runs with tensors that have no place")
        if stream.captured is not None and not self._warm:
            stream.invalid = True
            return False
        self._warm = True
        addresses = dict(self._addresses)
        stream.put(lambda: self._engine.run(addresses))
        return True


class Engine:
    """A deserialised engine."""

    def __init__(self, cuda: FakeCuda, graph: bytes) -> None:
        self.cuda = cuda
        options = ort.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 4
        self._session = ort.InferenceSession(graph, options, providers=["CPUExecutionProvider"])
        self.tensors = {node.name: (TensorIOMode.INPUT, node) for node in self._session.get_inputs()}
        self.tensors |= {node.name: (TensorIOMode.OUTPUT, node) for node in self._session.get_outputs()}
        self.num_io_tensors = len(self.tensors)

    def get_tensor_name(self, index: int) -> str:
        return list(self.tensors)[index]

    def get_tensor_mode(self, name: str) -> TensorIOMode:
        return self.tensors[name][0]

    def get_tensor_shape(self, name: str) -> tuple[int, ...]:
        return tuple(self.tensors[name][1].shape)

    def get_tensor_dtype(self, name: str) -> DataType:
        return DataType.FLOAT if self.tensors[name][1].type == "tensor(float)" else DataType.HALF

    def create_runtime_config(self) -> Any:
        return RuntimeConfig()

    def create_execution_context(self, config: Any = None) -> Context:
        return Context(self)

    def run(self, addresses: dict[str, int]) -> None:
        arrays = {}
        for name, (_, node) in self.tensors.items():
            size = 4 * int(np.prod(node.shape))
            arrays[name] = self.cuda.view(addresses[name], size, "card").view(np.float32).reshape(node.shape)
        for name, (mode, _) in self.tensors.items():
            if mode == TensorIOMode.OUTPUT:
                arrays[name].fill(np.nan)
        inputs = {name: arrays[name].copy() for name, (mode, _) in self.tensors.items() if mode == TensorIOMode.INPUT}
        names = [name for name in self.tensors if name not in inputs]
        for name, value in zip(names, self._session.run(names, inputs), strict=True):
            arrays[name][:] = value


class RuntimeCache:
    """Knows whether it was filled from what an earlier one has kept."""

    def __init__(self) -> None:
        self.loaded = False

    def deserialize(self, blob: bytes) -> bool:
        self.loaded = blob == b"finished on the card"
        return self.loaded

    def serialize(self) -> bytes:
        return b"finished on the card"


class RuntimeConfig:
    caches: list[RuntimeCache] = []  # noqa: RUF012 - the tests look at all there were

    def create_runtime_cache(self) -> RuntimeCache:
        self.caches.append(RuntimeCache())
        return self.caches[-1]

    def set_runtime_cache(self, cache: RuntimeCache) -> bool:
        return True


class Config:
    """Settings of a build, and the promises that a build holds them to."""

    def __init__(self) -> None:
        self.tf32 = True
        self.builder_optimization_level = 3
        self.max_aux_streams = -1
        self.num_compute_capabilities = 0
        self.target = ""
        self.progress_monitor: Any = None
        self.timing: Any = None

    def clear_flag(self, flag: str) -> None:
        self.tf32 = self.tf32 and flag != "TF32"

    def set_compute_capability(self, compute_capability: str, index: int) -> bool:
        self.target = compute_capability
        return index < self.num_compute_capabilities

    def create_timing_cache(self, serialized_timing_cache: bytes) -> Any:
        return SimpleNamespace(serialize=lambda: b"measured", old=serialized_timing_cache)

    def set_timing_cache(self, cache: Any, ignore_mismatch: bool) -> bool:
        if cache.old not in (b"", b"measured"):
            return False
        self.timing = cache
        return True

    def get_timing_cache(self) -> Any:
        return self.timing


class FakeTensorRT:
    """The module. Its engines are a line of JSON and the ONNX file; ``builds`` counts them."""

    ILogger = ILogger
    IProgressMonitor = IProgressMonitor
    TensorIOMode = TensorIOMode
    DataType = DataType
    BuilderFlag = SimpleNamespace(TF32="TF32")
    NetworkDefinitionCreationFlag = SimpleNamespace(STRONGLY_TYPED=0)
    ComputeCapability = SimpleNamespace(SM75="SM75", SM80="SM80", SM86="SM86", SM89="SM89")
    CudaGraphStrategy = SimpleNamespace(DISABLED=0)

    def __init__(self, cuda: FakeCuda, version: str = "1.0") -> None:
        self.__version__ = version
        self.cuda = cuda
        self.builds: list[Config] = []
        self.refuse = False

    def Builder(self, logger: Any) -> Any:
        return SimpleNamespace(
            create_network=lambda flags: SimpleNamespace(flags=flags, graph=b""),
            create_builder_config=Config,
            build_serialized_network=lambda network, config: self._built(logger, network, config),
        )

    def OnnxParser(self, network: Any, logger: Any) -> Any:
        def parse(model: bytes) -> bool:
            network.graph = model
            parser.num_errors = 0 if b"magnitude" in model else 1
            return parser.num_errors == 0

        parser = SimpleNamespace(
            parse=parse, num_errors=0, get_error=lambda i: SimpleNamespace(desc=lambda: "No ONNX.")
        )
        return parser

    def Runtime(self, logger: Any) -> Any:
        def deserialize(serialized_engine: bytes) -> Engine | None:
            head, _, graph = serialized_engine.partition(b"\n")
            try:
                wanted = {"version": self.__version__, "sum": hashlib.sha256(graph).hexdigest()}
                if json.loads(head) != wanted:
                    raise ValueError
            except ValueError:
                logger.log(Severity.ERROR, "This is no engine.\nAt line 5.")
                return None
            return Engine(self.cuda, graph)

        return SimpleNamespace(deserialize_cuda_engine=deserialize)

    def _built(self, logger: Any, network: Any, config: Config) -> bytes | None:
        if self.refuse:
            logger.log(Severity.ERROR, "No kernel fits.")
            return None
        if network.flags != 1 or config.tf32 or config.max_aux_streams != 0 or config.builder_optimization_level != 5:
            raise Misuse("a build without the options that were measured to be right")
        self.builds.append(config)
        monitor = config.progress_monitor
        if monitor is not None:
            monitor.phase_start("all", None, 2)
            monitor.phase_start("part", "all", 1)
            monitor.step_complete("part", 0)
            monitor.phase_finish("part")
            monitor.step_complete("all", 0)
            monitor.phase_finish("all")
        head = {"version": self.__version__, "sum": hashlib.sha256(network.graph).hexdigest()}
        return json.dumps(head).encode() + b"\n" + network.graph


def rtx(cuda: FakeCuda, version: str = "1.0") -> Flavour:
    """TensorRT for RTX on a fake card."""
    return Flavour(FakeTensorRT(cuda, version))


def proper(cuda: FakeCuda, version: str = "10.0") -> ProperFlavour:
    """TensorRT proper on a fake card."""
    return ProperFlavour(FakeTensorRT(cuda, version))
