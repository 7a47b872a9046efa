"""Opens bundles in ONNX Runtime: checks the graph against the card, chooses threads, and has the provider asked for."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from engines.onnxruntime.providers import CPU, PROVIDERS, TRIED, check_had, missing, parse
from engines.onnxruntime.session import OnnxRuntimeSession
from rtiass.bundle import Bundle, BundleError
from rtiass.engine import EngineError, Probe, checked_graph
from rtiass.errors import readable

WARM_UP = 8
TRIAL = 40
GAIN = 0.9
"""A second thread is taken when it brings a frame's median time below this share: one busy core is worth something."""


class OnnxRuntimeEngine:
    """Runs a bundle's ``model.onnx`` on the CPU, or on another execution provider, or its ``model.fp16.onnx``."""

    name = "onnxruntime"

    def __init__(self, provider: str = CPU, *, half: bool = False) -> None:
        """Make an engine.

        Args:
            provider: A key of ``engines.onnxruntime.providers.PROVIDERS``.
            half: Take the network in FP16; on the CPU it is slower, for most of it is taken back to FP32 there.
        """
        self.provider = provider
        self.half = half

    def with_options(self, text: str) -> OnnxRuntimeEngine:
        """The engine of ``onnxruntime:TEXT``: a provider, ``fp16``, or both with a comma.

        Raises:
            EngineError: A word is not known.
        """
        provider, half = parse(text)
        return OnnxRuntimeEngine(provider, half=half)

    def variants(self) -> list[str]:
        """Options that are worth measuring beside the engine as it is: providers that are here."""
        if find_spec("onnxruntime") is None:
            return []
        import onnxruntime

        found = onnxruntime.get_available_providers()
        return [word for word in TRIED if PROVIDERS[word].name in found]

    def probe(self) -> Probe:
        """Tell whether ONNX Runtime is installed, with the provider asked for."""
        if find_spec("onnxruntime") is None:
            return Probe(False, f"ONNX Runtime is not installed: pip install {PROVIDERS[self.provider].package}")
        try:
            import onnxruntime
        except Exception as error:  # a broken installation can fail in any way
            return Probe(False, f"ONNX Runtime can't be loaded ({error}): pip install --force-reinstall onnxruntime")
        version, found = onnxruntime.__version__, onnxruntime.get_available_providers()
        lacking = missing(self.provider, found, version)
        if lacking:
            return Probe(False, lacking)
        if self.provider != CPU:
            return Probe(True, f"ONNX Runtime {version}, {PROVIDERS[self.provider].title}")
        others = [word for word, other in PROVIDERS.items() if word != CPU and other.name in found]
        more = f"; also here: {', '.join(f'onnxruntime:{word}' for word in others)}" if others else ""
        return Probe(True, f"ONNX Runtime {version}, CPU ({platform.machine()}){more}")

    def open(self, bundle: Bundle, *, threads: int | None = None) -> OnnxRuntimeSession:
        """Open a bundle.

        Args:
            bundle: Checked bundle.
            threads: Number of threads; None times one thread against two on the CPU and keeps the faster.

        Raises:
            BundleError: The graph can't be loaded or is not what the card says.
            EngineError: It would not run on the provider asked for.
        """
        if threads is not None and threads < 1:
            raise BundleError(f"The number of threads must be 1 or more, not {threads}.")
        graph = checked_graph(bundle, half=self.half)
        first = self._session(bundle, graph, threads or 1)
        if threads is not None or self.provider != CPU or (os.cpu_count() or 1) < 2:
            return first
        second = self._session(bundle, graph, 2)
        one, two = _median_seconds((first, second))
        keep, drop = (second, first) if two < GAIN * one else (first, second)
        drop.close()
        return keep

    def _session(self, bundle: Bundle, graph: bytes, threads: int) -> OnnxRuntimeSession:
        loaded = _load(bundle, graph, threads, self.provider)
        return OnnxRuntimeSession(loaded, bundle, threads, synchronise=self.provider != CPU)


def _load(bundle: Bundle, graph: bytes, threads: int, word: str) -> Any:
    import onnxruntime as ort

    provider = PROVIDERS[word]
    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.execution_mode = ort.ExecutionMode.ORT_SEQUENTIAL
    options.log_severity_level = 4
    # A thread that waits for the next hop must not burn a core meanwhile.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    # The graph comes as bytes, whose sum was checked; it may not name files that weren't.
    nowhere = str(Path(os.devnull) / "none")
    options.add_session_config_entry("session.model_external_initializers_file_folder_path", nowhere)
    # ONNX is what was judged; the library would read its own format too.
    options.add_session_config_entry("session.load_model_format", "ONNX")
    if word != CPU:
        options.add_session_config_entry("session.record_ep_graph_assignment_info", "1")
    if word == "directml":
        options.enable_mem_pattern = False  # it asks for that
    try:
        # Without the library's own second try, which is on the CPU.
        asked = [(provider.name, _known_settings(provider.settings, ort.__version__))]
        session = ort.InferenceSession(graph, options, providers=asked, enable_fallback=0)
    except Exception as error:  # the library raises a dozen types of its own
        reason = readable((str(error).splitlines() or [type(error).__name__])[0])
        if word != CPU:
            raise EngineError(
                f"ONNX Runtime can't run the model '{bundle.name}' on {provider.title} ({reason}). Check its driver "
                f"and libraries, or leave ':{word}' out to run on the CPU."
            ) from error
        raise BundleError(
            f"ONNX Runtime can't load the network of the model '{bundle.name}' ({reason}). "
            "Download the model again, or update ONNX Runtime: pip install --upgrade onnxruntime"
        ) from error
    check_had(word, session, bundle.name)
    _check(bundle, session)
    return session


def _known_settings(settings: dict[str, str], version: str) -> dict[str, str]:
    """Settings that this version of the library takes; before 1.18 it knew no switch for TF32."""
    numbers = tuple(int(part) for part in version.split(".")[:2] if part.isdigit())
    return {key: value for key, value in settings.items() if key != "use_tf32" or numbers >= (1, 18)}


def _check(bundle: Bundle, session: Any) -> None:
    stems = len(bundle.stems)
    inputs = {"magnitude": (1, bundle.channels, bundle.bins), **dict(bundle.states)}
    outputs: dict[str, tuple[int, ...]] = {"mask": (1, stems, bundle.bins), "activity": (1, stems)}
    outputs |= {f"{name}_next": shape for name, shape in bundle.states}
    for kind, wanted, found in (
        ("input", inputs, session.get_inputs()),
        ("output", outputs, session.get_outputs()),
    ):
        have = {node.name: (tuple(node.shape), node.type) for node in found}
        for name in sorted(wanted.keys() | have.keys()):
            if name not in have:
                problem = f"lacks the {kind} '{name}'"
            elif name not in wanted:
                problem = f"has an {kind} '{name}' that its card doesn't name"
            elif have[name] != (wanted[name], "tensor(float)"):
                problem = f"has the {kind} '{name}' as {have[name][1]} {list(have[name][0])}, not as float32 "
                problem += f"{list(wanted[name])}"
            else:
                continue
            raise BundleError(f"The network of the model '{bundle.name}' {problem}. Export or download it again.")


def _median_seconds(sessions: Sequence[OnnxRuntimeSession]) -> list[float]:
    """Median time of a frame in each session; they take turns, so that a passing load on the machine meets all."""
    frame = np.full(sessions[0].frame_shape, 0.1, np.float32)
    seconds = np.empty((len(sessions), WARM_UP + TRIAL))
    for i in range(WARM_UP + TRIAL):
        for row, session in zip(seconds, sessions, strict=True):
            start = time.perf_counter()
            session.step(frame)
            row[i] = time.perf_counter() - start
    for session in sessions:
        session.reset()
    return [float(m) for m in np.median(seconds[:, WARM_UP:], axis=1)]
