"""Compiles bundles for the processor at hand: one function for a whole frame, without a library in between."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.compiled.joint import BINS, joint_network
from engines.compiled.machinecode import machine_code
from engines.compiled.network import Written, write_network
from engines.compiled.processor import processor
from engines.compiled.session import CompiledSession, aligned
from engines.compiled.weights import read_weights
from engines.keptfiles import KeptFiles
from rtiass.bundle import Bundle, BundleError
from rtiass.engine import EngineError, Probe

_Ready = tuple[Any, Written, NDArray[np.float32]]
_READY: dict[bytes, _Ready] = {}
"""What was compiled in this process, by the SHA-256 of weights and configuration; sessions share code and weights."""
_COMPILING = threading.Lock()
KEPT = 4


class CompiledEngine:
    """Runs a bundle's weights in the network on its card, compiled by LLVM, on one thread of the CPU."""

    name = "compiled"
    max_threads = 1

    def __init__(self, files: KeptFiles | None = None) -> None:
        """Make the engine; nothing is imported yet.

        Args:
            files: Where machine code is kept; None for the user's own folder.
        """
        self._files = files

    def probe(self) -> Probe:
        """Tell whether LLVM is installed; it comes with numba."""
        if find_spec("llvmlite") is None:
            return Probe(False, "llvmlite is not installed: pip install llvmlite")
        try:
            import llvmlite
            import llvmlite.binding as llvm

            version, kind = llvmlite.__version__, llvm.get_process_triple().partition("-")[0]
            if not hasattr(llvm, "create_pass_builder"):
                return Probe(False, f"llvmlite {version} is too old: pip install --upgrade numba llvmlite")
            vectors = processor().vectors
        except Exception as error:  # a broken installation can fail in any way
            return Probe(False, f"llvmlite can't be loaded ({error}): pip install --force-reinstall llvmlite")
        return Probe(True, f"llvmlite {version}, CPU ({kind}, {vectors}), one thread")

    def fits(self, bundle: Bundle) -> bool:
        """Tell whether a bundle's network is of the kind that is compiled here; nothing of it is read."""
        return not _misfit(bundle)

    def open(self, bundle: Bundle, *, threads: int | None = None) -> CompiledSession:
        """Open a bundle; the first time on a machine it is compiled, which takes a second or two.

        Args:
            bundle: Checked bundle.
            threads: Number of threads; it is always one.

        Raises:
            BundleError: Its weights can't be used or are not what the card says.
            EngineError: It is a network of another kind.
        """
        if threads is not None and threads < 1:
            raise BundleError(f"The number of threads must be 1 or more, not {threads}.")
        what, data = _misfit(bundle), bundle.weights_bytes()
        if data is None or what:
            raise EngineError(
                f"The model '{bundle.name}' has {what}, which is not compiled here. "
                "Choose another engine: --engine onnxruntime"
            )
        try:
            code, written, weights = self._compiled(data, bundle)
        except Exception as error:  # an untrusted card can make this fail in any way
            raise BundleError(
                f"The weights of the model '{bundle.name}' don't fit the network on its card ({error}). "
                "Export or download it again, or choose another engine: --engine onnxruntime"
            ) from error
        return CompiledSession(code, written, weights, bundle)

    def _compiled(self, data: bytes, bundle: Bundle) -> _Ready:
        here, config = processor(), bundle.card.get("network", {})
        key = hashlib.sha256(data + repr((here, len(bundle.stems), sorted(config.items()))).encode()).digest()
        with _COMPILING:
            if key not in _READY:
                written = write_network(joint_network(config, read_weights(data)), here.lanes)
                if written.stems != len(bundle.stems):
                    raise ValueError("its stems are not those of the network")
                weights = aligned(len(written.weights))
                weights[:] = written.weights
                code = machine_code(written.text, here, self._files or KeptFiles(), bundle.name)
                while len(_READY) >= KEPT:
                    del _READY[next(iter(_READY))]
                _READY[key] = code, written, weights
            return _READY[key]


def _misfit(bundle: Bundle) -> str:
    """What keeps a bundle from being compiled here, as a part of a sentence; empty if nothing."""
    config = bundle.card.get("network", {})
    if bundle.weights_bytes() is None:
        return "no weights beside its graph"
    kind = config.get("kind", "joint") if isinstance(config, Mapping) else "?"
    if kind != "joint":
        told = "".join(c for c in str(kind)[:40] if c.isprintable())
        return f"a network of the kind '{told}'"
    if bundle.lookahead or (bundle.channels, bundle.bins) != (2, BINS):
        return "a network of another shape"
    return ""
