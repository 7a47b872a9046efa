"""From a bundle's ONNX file to a serialised engine."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from engines.tensorrt.flavour import Flavour
from rtiass.bundle import BundleError
from rtiass.engine import EngineError

Progress = Callable[[float], None]
"""Called with the share of a build that is done, 0 to 1, from any thread."""

MOST_CAREFUL = 5
"""Level of optimisation: a network is built once and runs hundreds of times a second."""


def build(
    flavour: Flavour, graph: bytes, target: str, name: str, *, timings: bytes = b"", progress: Progress | None = None
) -> tuple[bytes, bytes]:
    """Compile a network.

    Args:
        flavour: Library to compile with.
        graph: ONNX file, judged by ``rtiass.engine.checked_graph``; its types are those that are computed in.
        target: Compute capability of the card, as ``sm89``.
        name: The model's name, for messages.
        timings: What an earlier build has measured on this card, or nothing.
        progress: Called as the build goes on.

    Returns:
        The serialised engine, and what was measured, to be handed to the next build; empty if nothing.

    Raises:
        BundleError: The library can't read the network.
        EngineError: It can't compile it for this card.
    """
    trt = flavour.trt
    flavour.log.clear()
    builder = trt.Builder(flavour.logger)
    network = builder.create_network(flavour.network_flags())
    parser = trt.OnnxParser(network, flavour.logger)
    # The graph comes as bytes with no path beside it, so it can't name files whose sums weren't checked.
    if not parser.parse(graph):
        reason = parser.get_error(0).desc() if parser.num_errors else flavour.complaint()
        raise BundleError(
            f"{flavour.title} can't read the network of the model '{name}' ({reason.splitlines()[0][:200]}). "
            "Choose another engine: --engine onnxruntime"
        )
    config = builder.create_builder_config()
    # Rounding every product to ten bits would be heard as masks that differ from those of other engines.
    config.clear_flag(trt.BuilderFlag.TF32)
    config.builder_optimization_level = MOST_CAREFUL
    # One stream: what is captured in it is the whole of the network.
    config.max_aux_streams = 0
    flavour.aim(config, target)
    flavour.use_timings(config, timings)
    monitor = _monitor(trt, progress) if progress is not None else None
    if monitor is not None:
        config.progress_monitor = monitor
    made = builder.build_serialized_network(network, config)
    if made is None:
        raise EngineError(
            f"{flavour.title} {flavour.version} can't compile the model '{name}' for {target} ({flavour.complaint()}). "
            "Update the library, or choose another engine: --engine onnxruntime"
        )
    return bytes(made), flavour.timings(config)


def _monitor(trt: Any, progress: Progress) -> Any:
    """Tells of the outermost phase; the library calls it from threads of its own."""

    class Monitor(trt.IProgressMonitor):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            trt.IProgressMonitor.__init__(self)
            self._whole = ""
            self._steps = 1

        def phase_start(self, phase_name: str, parent_phase: str | None, num_steps: int) -> None:
            if parent_phase is None:
                self._whole, self._steps = phase_name, max(1, num_steps)

        def step_complete(self, phase_name: str, step: int) -> bool:
            if phase_name == self._whole:
                progress(min(1.0, (step + 1) / self._steps))
            return True

        def phase_finish(self, phase_name: str) -> None:
            if phase_name == self._whole:
                progress(1.0)

    return Monitor()
