"""From a serialised engine to a session on the card."""

from __future__ import annotations

from typing import Any

from engines.tensorrt.flavour import Flavour
from engines.tensorrt.runner import Layout, Runner
from engines.tensorrt.session import TensorRTSession
from engines.tensorrt.status import CudaError
from rtiass.engine import EngineError

CONTEXTS = 2
"""One for each direction between the two banks of states."""


class UnfitError(EngineError):
    """A serialised engine that is damaged or of another network: it is to be built again."""


def open_session(
    flavour: Flavour, cuda: Any, data: bytes, layout: Layout, kept: bytes = b""
) -> tuple[TensorRTSession, bytes]:
    """Load a serialised engine and make it ready to run.

    Args:
        flavour: Library that built it.
        cuda: ``cuda.bindings.runtime``, or what stands for it.
        data: The serialised engine.
        layout: Tensors that it must have.
        kept: What was finished on the card an earlier time, or nothing.

    Returns:
        The session, and what was finished on the card, to be kept; empty if nothing.

    Raises:
        UnfitError: It can't be loaded, or is of another network.
        EngineError: The card refuses it.
    """
    runtime = flavour.trt.Runtime(flavour.logger)
    engine = runtime.deserialize_cuda_engine(data)
    if engine is None:
        raise UnfitError(f"{flavour.title} can't load the compiled network ({flavour.complaint()}). Build it again.")
    difference = compare(flavour.trt, engine, layout)
    if difference:
        raise UnfitError(f"The compiled network {difference}. Build it again: rtiass engines build MODEL")
    contexts, made = flavour.contexts(engine, CONTEXTS, kept)
    if any(context is None for context in contexts):
        raise UnfitError(
            f"{flavour.title} can't make the compiled network ready ({flavour.complaint()}). "
            "Close other programs that use the card, or build it again: rtiass engines build MODEL"
        )
    try:
        runner = Runner(cuda, engine, contexts, layout)
    except CudaError:
        raise  # the card's own trouble; another build of the network would meet it too
    except EngineError as error:
        raise UnfitError(str(error)) from error
    # Freed from the last to the first, as each needs those before it.
    return TensorRTSession(runner, flavour, runtime, engine, made), flavour.compiled(made)


def compare(trt: Any, engine: Any, layout: Layout) -> str:
    """What of an engine's tensors is not as the layout says, or nothing."""
    wanted = {name: (True, shape) for name, shape in layout.inputs().items()}
    wanted |= {name: (False, shape) for name, shape in layout.outputs().items()}
    names = [engine.get_tensor_name(i) for i in range(engine.num_io_tensors)]
    for name in sorted(wanted.keys() ^ set(names)):
        return f"lacks the tensor '{name}'" if name in wanted else f"has a tensor '{name[:64]}' that its card lacks"
    for name in names:
        is_input, shape = wanted[name]
        if (engine.get_tensor_mode(name) == trt.TensorIOMode.INPUT) != is_input:
            return f"has the tensor '{name}' on the wrong side"
        found = tuple(engine.get_tensor_shape(name))
        if found != shape or engine.get_tensor_dtype(name) != trt.DataType.FLOAT:
            return (
                f"has the tensor '{name}' as {engine.get_tensor_dtype(name)} {list(found)}, not float32 {list(shape)}"
            )
    return ""
