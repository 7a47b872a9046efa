"""Judges an ONNX network before a library loads it: some hundred bytes can ask for all memory, or never end.

Only operators that networks of this kind are made of are allowed, none with a graph inside. The shape of every value is
worked out (operators as in onnx.ai/onnx/operators, versions from 13 on), and sizes and work are bounded.
"""

from __future__ import annotations

import math

from rtiass.bundle import BundleError
from rtiass.errors import readable
from rtiass.onnxlayers import LAYERS
from rtiass.onnxshapes import RULES, Known, ShapeError
from rtiass.onnxwire import MAX_RANK, Graph, Node, Tensor, WireError, read_graph

_RULES = {**RULES, **LAYERS}
OPSETS = range(13, 31)
MAX_NODES = 20_000
MAX_VALUES = 1 << 24
"""Most values of one tensor that a network computes."""

MAX_ALL_VALUES = 1 << 27
"""Most values of all of them together."""

MAX_WORK = 1 << 33
"""Most multiplications for one frame; more would not be done in a hop's time on any processor."""


def check_graph(data: bytes, name: str) -> None:
    """Refuse a network that is damaged, strange, or larger than it may be.

    Args:
        data: The ONNX file.
        name: The model's name, for the message.

    Raises:
        BundleError: It is not to be loaded; a sentence says why.
    """
    try:
        graph = read_graph(data)
        _walk(graph)
    except (WireError, ShapeError) as error:
        raise BundleError(
            f"The network of the model '{name}' is not used: it {readable(error)}. "
            "Download the model again, from its own source, or export it again."
        ) from None


def works(graph: Graph) -> list[int]:
    """Multiplications that each operation takes, in the graph's order; element-wise ones are not counted.

    Raises:
        WireError, ShapeError: It is not a network that may be used.
    """
    costs: list[int] = []
    _walk(graph, costs)
    return costs


def _walk(graph: Graph, costs: list[int] | None = None) -> dict[str, Known]:
    """Shapes of all values; each operation's work is added to ``costs``."""
    if graph.opset not in OPSETS:
        raise WireError(f"is of operator set {graph.opset}, not {OPSETS[0]} to {OPSETS[-1]}")
    if len(graph.nodes) > MAX_NODES:
        raise WireError(f"has more than {MAX_NODES} operations")
    known: dict[str, Known] = {"": Known(())}  # an input that is left out has no name
    for name, tensor in graph.constants.items():
        _add(known, name, Known(tensor.shape, tensor.values))
    total = 0
    work = 0
    for name, shape in graph.inputs.items():
        total += _bounded(shape)
        _add(known, name, Known(shape))
    for node in graph.nodes:
        rule = _RULES.get(node.op)
        if rule is None and node.op != "Constant":
            raise WireError(f"needs the operator '{node.op[:40]}', which is not one of those allowed")
        missing = [name for name in node.inputs if name not in known]
        if missing:
            raise WireError(f"uses '{missing[0][:40]}' before it is there")
        if rule is None:
            results, cost = [_constant(node)], 0
        else:
            inputs = [known[name] if name else None for name in node.inputs]
            try:
                results, cost = rule(inputs, node.attributes, len(node.outputs))
            except (IndexError, KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
                if isinstance(error, ShapeError):
                    raise ShapeError(f"has an operation {node.op} that {error}") from None
                raise ShapeError(f"has an operation {node.op} whose inputs don't fit it") from None
        if len(node.outputs) > len(results):
            raise WireError(f"has an operation {node.op} with too many outputs")
        if costs is not None:
            costs.append(cost)
        work += cost
        for name, result in zip(node.outputs, results, strict=False):
            total += _bounded(result.shape)
            if name:
                _add(known, name, result)
        if total > MAX_ALL_VALUES or work > MAX_WORK:
            raise WireError("would need more memory or time than a network may")
    for name in graph.outputs:
        if name not in known:
            raise WireError(f"has no value for its output '{name[:40]}'")
    return known


def _add(known: dict[str, Known], name: str, value: Known) -> None:
    if name in known:
        raise WireError(f"tells '{name[:40]}' twice")
    known[name] = value


def _bounded(shape: tuple[int, ...]) -> int:
    if len(shape) > MAX_RANK:
        raise WireError(f"has a tensor of {len(shape)} axes, more than a network may")
    size = math.prod(shape)
    if size > MAX_VALUES:
        raise WireError(f"has a tensor of {size:.0e} values, more than a network may")
    return size


def _constant(node: Node) -> Known:
    value = node.attributes.get("value")
    if not isinstance(value, Tensor) or len(node.attributes) != 1:
        raise WireError("has a constant without a value")
    return Known(value.shape, value.values)
