"""Compiles bundles for the processor at hand: one function for a whole frame, without a library in between."""

from __future__ import annotations

import hashlib
import threading
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from engines.compiled.code import lanes, machine_code
from engines.compiled.joint import BINS, joint_network
from engines.compiled.network import Written, write_network
from engines.compiled.session import CompiledSession, aligned
from engines.compiled.weights import read_weights
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

    def probe(self) -> Probe:
        """Tell whether LLVM is installed; it comes with numba."""
        if find_spec("llvmlite") is None:
            return Probe(False, "llvmlite is not installed: pip install llvmlite")
        try:
            import llvmlite
            import llvmlite.binding as llvm

            version, processor = llvmlite.__version__, llvm.get_process_triple()
            if not hasattr(llvm, "create_pass_builder"):
                return Probe(False, f"llvmlite {version} is too old: pip install --upgrade numba llvmlite")
            width = 32 * lanes()
        except Exception as error:  # a broken installation can fail in any way
            return Probe(False, f"llvmlite can't be loaded ({error}): pip install --force-reinstall llvmlite")
        return Probe(True, f"llvmlite {version}, CPU ({processor.split('-')[0]}, vectors of {width} bits), one thread")

    def open(self, bundle: Bundle, *, threads: int | None = None) -> CompiledSession:
        """Compile a bundle, which takes a second or two, and open it.

        Args:
            bundle: Checked bundle.
            threads: Number of threads; it is always one.

        Raises:
            BundleError: Its weights can't be used or are not what the card says.
            EngineError: It is a network of another kind.
        """
        if threads is not None and threads < 1:
            raise BundleError(f"The number of threads must be 1 or more, not {threads}.")
        data, config = bundle.weights_bytes(), bundle.card.get("network", {})
        if data is None or config.get("kind", "joint") != "joint":
            what = "no weights beside its graph" if data is None else f"a network of the kind '{config['kind']}'"
            raise EngineError(
                f"The model '{bundle.name}' has {what}, which is not compiled here. "
                "Choose another engine: --engine onnxruntime"
            )
        try:
            code, written, weights = _compiled(data, config)
            if written.stems != len(bundle.stems) or bundle.lookahead or (bundle.channels, bundle.bins) != (2, BINS):
                raise ValueError("its stems are not those of the network")
        except Exception as error:  # an untrusted card can make this fail in any way
            raise BundleError(
                f"The weights of the model '{bundle.name}' don't fit the network on its card ({error}). "
                "Export or download it again, or choose another engine: --engine onnxruntime"
            ) from error
        return CompiledSession(code, written, weights, bundle)


def _compiled(data: bytes, config: Mapping[str, Any]) -> _Ready:
    width = lanes()
    key = hashlib.sha256(data + repr((width, sorted(config.items()))).encode()).digest()
    with _COMPILING:
        if key not in _READY:
            written = write_network(joint_network(config, read_weights(data)), width)
            weights = aligned(len(written.weights))
            weights[:] = written.weights
            while len(_READY) >= KEPT:
                del _READY[next(iter(_READY))]
            _READY[key] = machine_code(written.text), written, weights
        return _READY[key]
