"""The two TensorRTs, and everything in which they differ.

``tensorrt_rtx`` (TensorRT for RTX) compiles on the processor alone, for any card it knows, and finishes on the card
when it is first loaded; what it does then is kept in a runtime cache. ``tensorrt`` compiles on the very card, by trying
kernels; what it measured is kept in a timing cache.
"""

from __future__ import annotations

import os
import re
from collections import deque
from importlib import import_module
from importlib.util import find_spec
from typing import Any

from rtiass.engine import EngineError

CHOICE = "RTIASS_TENSORRT"
"""Environment variable that names the flavour to use; otherwise the first that is installed and knows the card."""

INSTALL = "pip install 'rtiass[tensorrt-rtx]'"
NOT_INSTALLED = f"TensorRT is not installed. For an NVIDIA card: {INSTALL}"
NOT_ENOUGH = ("sm75",)
"""Cards that TensorRT for RTX names but has no single-precision products for; recurrences need some in any case."""

KEPT_MESSAGES = 20


class Flavour:
    """TensorRT for RTX.

    Attributes:
        module: Name of its Python module.
        title: Name for messages.
        trt: The module.
        log: What it has complained about lately; the last message comes last.
    """

    module = "tensorrt_rtx"
    title = "TensorRT for RTX"
    builds_elsewhere = True
    """Compiles without a card, and for other cards than this machine's."""

    keyed_by_driver = False
    """What was compiled belongs to the version of the driver too."""

    def __init__(self, trt: Any) -> None:
        self.trt = trt
        self.log: deque[str] = deque(maxlen=KEPT_MESSAGES)
        self.logger = _logger(trt, self.log)

    @property
    def version(self) -> str:
        """The library's version."""
        return str(self.trt.__version__)

    def knows(self, target: str) -> bool:
        """Tell whether it compiles for a compute capability such as ``sm89``."""
        return target in self.targets()

    def targets(self) -> list[str]:
        """All compute capabilities it compiles for."""
        names = [name.lower() for name in dir(self.trt.ComputeCapability) if re.fullmatch(r"SM\d+", name)]
        return sorted(set(names) - set(NOT_ENOUGH), key=lambda name: int(name[2:]))

    def network_flags(self) -> int:
        """Flags of a new network: the types in the ONNX file are the types that are computed in."""
        flag = getattr(self.trt.NetworkDefinitionCreationFlag, "STRONGLY_TYPED", None)
        return 0 if flag is None else 1 << int(flag)

    def aim(self, config: Any, target: str) -> None:
        """Set the card that a build is for.

        Raises:
            EngineError: It is not one that this library compiles for.
        """
        config.num_compute_capabilities = 1
        if not config.set_compute_capability(getattr(self.trt.ComputeCapability, target.upper()), 0):
            raise EngineError(f"{self.title} refuses to compile for {target}. It knows {', '.join(self.targets())}.")

    def use_timings(self, config: Any, kept: bytes) -> None:
        """Give a build what earlier ones have measured; this flavour measures nothing."""

    def timings(self, config: Any) -> bytes:
        """What a build has measured, to be kept; empty if nothing."""
        return b""

    def contexts(self, engine: Any, count: int, kept: bytes) -> tuple[list[Any], Any]:
        """Make execution contexts that share what is finished on the card.

        Args:
            engine: Deserialised engine.
            count: Number of contexts.
            kept: What ``compiled`` returned the last time, or nothing. A damaged or foreign one is passed over.

        Returns:
            The contexts, and what ``compiled`` is to be asked with and the contexts need.
        """
        settings = engine.create_runtime_config()
        # Graphs are captured by hand: the library's own capture begins anew whenever an address changes.
        settings.cuda_graph_strategy = self.trt.CudaGraphStrategy.DISABLED
        cache = settings.create_runtime_cache()
        if kept:
            cache.deserialize(kept)
        settings.set_runtime_cache(cache)
        # Both must live as long as the contexts.
        return [engine.create_execution_context(settings) for _ in range(count)], (settings, cache)

    def compiled(self, made: Any) -> bytes:
        """What was finished on the card by now, to be kept for the next start; empty if nothing.

        Args:
            made: What ``contexts`` gave for it.
        """
        data = made[1].serialize()
        return b"" if data is None else bytes(data)

    def complaint(self) -> str:
        """The last thing it complained about, in one short line."""
        return (self.log[-1].splitlines() or [""])[0][:200] if self.log else "it gives no reason"


class ProperFlavour(Flavour):
    """TensorRT proper."""

    module = "tensorrt"
    title = "TensorRT"
    builds_elsewhere = False
    keyed_by_driver = True

    def knows(self, target: str) -> bool:
        """It compiles for the card it runs on; the oldest it takes is Turing."""
        return int(target[2:]) >= 75

    def targets(self) -> list[str]:
        """None by name: only the card of this machine."""
        return []

    def aim(self, config: Any, target: str) -> None:
        """Nothing is to be set: a build is for the card it runs on."""

    def use_timings(self, config: Any, kept: bytes) -> None:
        """Give a build what earlier ones have measured; a cache of another card or version is refused inside."""
        cache = config.create_timing_cache(kept)
        if cache is None or not config.set_timing_cache(cache, False):
            config.set_timing_cache(config.create_timing_cache(b""), False)

    def timings(self, config: Any) -> bytes:
        """What a build has measured."""
        cache = config.get_timing_cache()
        return b"" if cache is None else bytes(cache.serialize())

    def contexts(self, engine: Any, count: int, kept: bytes) -> tuple[list[Any], Any]:
        """Make execution contexts; nothing is left to be finished."""
        return [engine.create_execution_context() for _ in range(count)], None

    def compiled(self, made: Any) -> bytes:
        """Nothing: an engine is complete when it is built."""
        return b""


FLAVOURS: tuple[type[Flavour], ...] = (Flavour, ProperFlavour)


def installed() -> list[type[Flavour]]:
    """Flavours whose modules are here, in order of preference; nothing is imported.

    Raises:
        EngineError: The environment variable ``RTIASS_TENSORRT`` names one that there isn't.
    """
    wanted = os.environ.get(CHOICE)
    if wanted and wanted not in [kind.module for kind in FLAVOURS]:
        names = " or ".join(kind.module for kind in FLAVOURS)
        raise EngineError(f"{CHOICE} is '{wanted}'; it can be {names}.")
    return [kind for kind in FLAVOURS if wanted in (None, "", kind.module) and find_spec(kind.module) is not None]


def load(kind: type[Flavour]) -> Flavour:
    """Import a flavour's library.

    Raises:
        EngineError: It is broken.
    """
    try:
        return kind(import_module(kind.module))
    except Exception as error:  # a broken installation can fail in any way
        package = kind.module.replace("_", "-")
        raise EngineError(f"{kind.title} can't be loaded ({error}): pip install --force-reinstall {package}") from error


def load_for(target: str) -> Flavour:
    """Import the first flavour that is installed and compiles for a card such as ``sm89``.

    Raises:
        EngineError: None does.
    """
    kinds = installed()
    if not kinds:
        raise EngineError(NOT_INSTALLED)
    known: list[str] = []
    for kind in kinds:
        flavour = load(kind)
        if flavour.knows(target):
            return flavour
        known += flavour.targets()
    raise EngineError(
        f"The TensorRT installed here doesn't compile for {target}, only for {', '.join(known) or 'newer cards'}. "
        "Choose another engine: --engine onnxruntime"
    )


def _logger(trt: Any, log: deque[str]) -> Any:
    """A logger that keeps complaints: they belong into our own messages, not onto the screen of a show."""

    class Keep(trt.ILogger):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            trt.ILogger.__init__(self)

        def log(self, severity: Any, msg: str) -> None:
            if int(severity) <= int(trt.ILogger.Severity.ERROR):
                log.append(msg)

    return Keep()
