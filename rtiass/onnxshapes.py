"""The shape that each allowed operator gives (onnx.ai/onnx/operators), and the multiplications it takes.

A rule gets its inputs (None for one left out), its attributes and the number of outputs, and returns the outputs and
the work. Short whole-number tensors keep their values, for they may become shapes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.onnxwire import ITEM_BYTES, MAX_RANK, MAX_VALUES_KEPT, Tensor

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """An operation whose shape can't be told in advance or makes no sense."""


@dataclass(frozen=True)
class Known:
    """What is known of a tensor: its shape, and its values if they are few whole numbers."""

    shape: Shape
    values: NDArray[Any] | None = None


Inputs = Sequence[Known | None]
Attributes = dict[str, Any]
Result = tuple[list[Known], int]
Rule = Callable[[Inputs, Attributes, int], Result]


def need(inputs: Inputs, index: int) -> Known:
    """An input that must be there."""
    value = inputs[index] if index < len(inputs) else None
    if value is None:
        raise ShapeError("lacks an input")
    return value


def numbers(inputs: Inputs, index: int) -> list[int] | None:
    """Values of an optional input that must be constant."""
    if index >= len(inputs) or inputs[index] is None:
        return None
    values = need(inputs, index).values
    if values is None or values.ndim > 1:
        raise ShapeError("has a shape that is not fixed")
    return [int(v) for v in values.reshape(-1)]


def _axes(inputs: Inputs, attributes: Attributes, index: int, rank: int) -> list[int] | None:
    found = numbers(inputs, index)
    given = found if found is not None else attributes.get("axes")
    return None if given is None else [find_axis(int(a), rank) for a in given]


def find_axis(axis: int, rank: int) -> int:
    """Index of an axis that may be counted from the end."""
    if not -rank <= axis < rank:
        raise ShapeError("names an axis that isn't there")
    return axis % rank


def broadcast(*shapes: Shape) -> Shape:
    """Shape of an element-wise operation."""
    result: list[int] = []
    for i in range(max((len(s) for s in shapes), default=0)):
        sizes = {s[-1 - i] for s in shapes if i < len(s)}
        if len(sizes - {1}) > 1:
            raise ShapeError("has inputs of different shapes")
        result.append(next(iter(sizes - {1}), 1))
    return tuple(reversed(result))


def _small(shape: Shape, values: Any) -> Known:
    """Keep values only where there are few."""
    if values is None or math.prod(shape) > MAX_VALUES_KEPT:
        return Known(shape)
    array = np.asarray(values)
    if array.shape != shape:
        raise ShapeError("has inputs of different shapes")
    return Known(shape, array)


def _same(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    if attributes.get("training_mode"):
        raise ShapeError("is made for training")
    return [Known(need(inputs, 0).shape)], 0


def _identity(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    return [need(inputs, 0)], 0


def _cast(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first = need(inputs, 0)
    if attributes.get("to") not in ITEM_BYTES:
        raise ShapeError("makes values of an unknown type")
    kind = {6: np.int32, 7: np.int64, 9: np.bool_}.get(attributes["to"])
    keep = first.values is not None and kind is not None
    return [Known(first.shape, first.values.astype(kind) if keep and first.values is not None else None)], 0


def _elementwise(function: Callable[..., Any] | None = None) -> Rule:
    def rule(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
        given = [need(inputs, i) for i in range(len(inputs))]
        if function is not None and len(given) != (3 if function is np.where else 2):
            raise ShapeError("has too many or too few inputs")
        shape = broadcast(*(g.shape for g in given))
        values = None
        if function is not None and all(g.values is not None for g in given) and math.prod(shape) <= MAX_VALUES_KEPT:
            with np.errstate(all="ignore"):
                values = function(*(g.values for g in given))
        return [_small(shape, values)], 0

    return rule


def _reduce(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    shape = need(inputs, 0).shape
    axes = _axes(inputs, attributes, 1, len(shape))
    if not axes:
        axes = [] if axes is not None and attributes.get("noop_with_empty_axes") else list(range(len(shape)))
    keep = attributes.get("keepdims", 1)
    return [Known(tuple(1 if i in axes else d for i, d in enumerate(shape) if keep or i not in axes))], 0


def _layer_norm(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    shape = need(inputs, 0).shape
    axis = find_axis(int(attributes.get("axis", -1)), len(shape))
    small = Known(tuple(1 if i >= axis else d for i, d in enumerate(shape)))
    return [Known(shape), small, small], 0


def _concat(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    given = [need(inputs, i) for i in range(len(inputs))]
    axis = find_axis(int(attributes["axis"]), len(given[0].shape))
    rest = {g.shape[:axis] + g.shape[axis + 1 :] for g in given}
    if len(rest) != 1 or len({len(g.shape) for g in given}) != 1:
        raise ShapeError("has inputs of different shapes")
    size = sum(g.shape[axis] for g in given)
    shape = (*given[0].shape[:axis], size, *given[0].shape[axis + 1 :])
    values = None
    if all(g.values is not None for g in given) and math.prod(shape) <= MAX_VALUES_KEPT:
        values = np.concatenate([np.asarray(g.values) for g in given], axis)
    return [_small(shape, values)], 0


def _slice(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first = need(inputs, 0)
    starts, ends = numbers(inputs, 1) or [], numbers(inputs, 2) or []
    axes = _axes(inputs, {}, 3, len(first.shape))
    axes = list(range(len(starts))) if axes is None else axes
    steps = numbers(inputs, 4) or [1] * len(starts)
    cuts = [slice(None)] * len(first.shape)
    for axis, start, end, step in zip(axes, starts, ends, steps, strict=True):
        cuts[axis] = slice(start, end, step)
    shape = tuple(len(range(*cut.indices(size))) for cut, size in zip(cuts, first.shape, strict=True))
    return [_small(shape, None if first.values is None else first.values[tuple(cuts)])], 0


def _split(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    shape = need(inputs, 0).shape
    axis = find_axis(int(attributes.get("axis", 0)), len(shape))
    sizes = numbers(inputs, 1)
    if sizes is None:
        each = -(-shape[axis] // outputs)
        sizes = [min(each, shape[axis] - i * each) for i in range(outputs)]
    if sum(sizes) != shape[axis] or min(sizes) < 0:
        raise ShapeError("does not split its input evenly")
    return [Known((*shape[:axis], size, *shape[axis + 1 :])) for size in sizes], 0


def _reshape(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first, wanted = need(inputs, 0), numbers(inputs, 1)
    size = math.prod(first.shape)
    if wanted is None or len(wanted) > MAX_RANK or wanted.count(-1) > 1 or min(wanted, default=0) < -1:
        raise ShapeError("has a shape that is not fixed")
    if not attributes.get("allowzero"):
        wanted = [first.shape[i] if d == 0 else d for i, d in enumerate(wanted)]
    if -1 in wanted:
        others = -math.prod(wanted)
        wanted = [size // others if d == -1 else d for d in wanted] if others else wanted
    if math.prod(wanted) != size or -1 in wanted:
        raise ShapeError("does not keep the size")
    return [_small(tuple(wanted), None if first.values is None else first.values.reshape(wanted))], 0


def _expand(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    wanted = numbers(inputs, 1)
    if wanted is None or min(wanted, default=0) < 0:
        raise ShapeError("has a shape that is not fixed")
    return [Known(broadcast(need(inputs, 0).shape, tuple(wanted)))], 0


def _constant_of_shape(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    wanted, value = numbers(inputs, 0), attributes.get("value")
    if wanted is None or min(wanted, default=0) < 0 or len(wanted) > MAX_RANK:
        raise ShapeError("has a shape that is not fixed")
    fill = value.values if isinstance(value, Tensor) else None
    shape = tuple(wanted)
    few = fill is not None and fill.size == 1 and math.prod(shape) <= MAX_VALUES_KEPT
    return [_small(shape, np.full(shape, fill.reshape(())) if few and fill is not None else None)], 0


def _shape_of(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    if attributes:
        raise ShapeError("has attributes that are not known here")
    shape = need(inputs, 0).shape
    return [Known((len(shape),), np.array(shape, np.int64))], 0


def _transpose(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    shape = need(inputs, 0).shape
    order = attributes.get("perm", tuple(reversed(range(len(shape)))))
    if sorted(order) != list(range(len(shape))):
        raise ShapeError("does not name each axis once")
    return [Known(tuple(shape[i] for i in order))], 0


def _squeeze(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first = need(inputs, 0)
    axes = _axes(inputs, attributes, 1, len(first.shape))
    axes = [i for i, d in enumerate(first.shape) if d == 1] if axes is None else axes
    if any(first.shape[i] != 1 for i in axes):
        raise ShapeError("drops an axis that is longer than 1")
    shape = tuple(d for i, d in enumerate(first.shape) if i not in axes)
    return [_small(shape, None if first.values is None else first.values.reshape(shape))], 0


def _unsqueeze(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first, given = need(inputs, 0), numbers(inputs, 1) or attributes.get("axes", ())
    rank = len(first.shape) + len(given)
    axes = {find_axis(int(a), rank) for a in given}
    if len(axes) != len(given) or rank > MAX_RANK:
        raise ShapeError("names an axis twice")
    rest = iter(first.shape)
    shape = tuple(1 if i in axes else next(rest) for i in range(rank))
    return [_small(shape, None if first.values is None else first.values.reshape(shape))], 0


def _gather(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    first, where = need(inputs, 0), need(inputs, 1)
    axis = find_axis(int(attributes.get("axis", 0)), len(first.shape))
    shape = first.shape[:axis] + where.shape + first.shape[axis + 1 :]
    values = None
    if first.values is not None and where.values is not None and math.prod(shape) <= MAX_VALUES_KEPT:
        values = np.take(first.values, where.values, axis)
    return [_small(shape, values)], 0


def _pad(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    shape, pads = need(inputs, 0).shape, numbers(inputs, 1)
    axes = _axes(inputs, {}, 3, len(shape))
    axes = list(range(len(shape))) if axes is None else axes
    if pads is None or len(pads) != 2 * len(axes):
        raise ShapeError("has pads that are not fixed")
    result = list(shape)
    for i, axis in enumerate(axes):
        result[axis] += pads[i] + pads[len(axes) + i]
    if min(result, default=0) < 0:
        raise ShapeError("takes away more than there is")
    # Pads of opposite signs would not show in the size.
    if any(abs(p) > 1 << 24 for p in pads):
        raise ShapeError("pads by more than a network may")
    return [Known(tuple(result))], 0


_UNARY = (
    "Abs", "BatchNormalization", "Ceil", "Clip", "Elu", "Erf", "Exp", "Floor", "Gelu", "HardSigmoid", "HardSwish",
    "InstanceNormalization", "LeakyRelu", "Log", "LogSoftmax", "Neg", "Not", "Reciprocal", "Relu", "Round",
    "Selu", "Sigmoid", "Sign", "Softmax", "Softplus", "Sqrt", "Tanh",
)  # fmt: skip
_BINARY: dict[str, Callable[..., Any] | None] = {
    "Add": np.add, "Sub": np.subtract, "Mul": np.multiply, "Max": None, "Min": None, "Div": None, "Pow": None,
    "PRelu": None, "Equal": np.equal, "Greater": np.greater, "GreaterOrEqual": np.greater_equal, "Less": np.less,
    "LessOrEqual": np.less_equal, "And": np.logical_and, "Or": np.logical_or, "Where": np.where,
}  # fmt: skip

RULES: dict[str, Rule] = {
    **dict.fromkeys(_UNARY, _same),
    **{name: _elementwise(function) for name, function in _BINARY.items()},
    **dict.fromkeys(("ReduceMax", "ReduceMean", "ReduceMin", "ReduceSum"), _reduce),
    "Cast": _cast, "Concat": _concat, "ConstantOfShape": _constant_of_shape, "Expand": _expand, "Gather": _gather,
    "Identity": _identity, "LayerNormalization": _layer_norm, "Pad": _pad, "Reshape": _reshape, "Shape": _shape_of,
    "Slice": _slice, "Split": _split, "Squeeze": _squeeze, "Transpose": _transpose, "Unsqueeze": _unsqueeze,
}  # fmt: skip
"""Rules of the allowed operators by name; ``Constant`` needs none."""
