"""Shapes and work of the layers proper: products, convolutions and recurrences."""

from __future__ import annotations

import math

from rtiass.onnxshapes import Attributes, Inputs, Known, Result, Rule, Shape, ShapeError, broadcast, need

_LARGEST = 1 << 24


def _matmul(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    a, b = need(inputs, 0).shape, need(inputs, 1).shape
    left, right = (1, *a) if len(a) == 1 else a, (*b, 1) if len(b) == 1 else b
    if left[-1] != right[-2]:
        raise ShapeError("has inputs of different shapes")
    shape = (*broadcast(left[:-2], right[:-2]), left[-2], right[-1])
    work = math.prod(shape) * left[-1]
    if len(a) == 1:
        shape = (*shape[:-2], shape[-1])
    if len(b) == 1:
        shape = shape[:-1]
    return [Known(shape)], work


def _gemm(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    a, b = need(inputs, 0).shape, need(inputs, 1).shape
    rows, inner = reversed(a) if attributes.get("transA") else a
    other, columns = reversed(b) if attributes.get("transB") else b
    if inner != other:
        raise ShapeError("has inputs of different shapes")
    return [Known((rows, columns))], rows * inner * columns


def _settings(attributes: Attributes, axes: int, name: str, missing: int, low: int) -> Shape:
    values = tuple(attributes.get(name) or (missing,) * axes)
    if len(values) != axes or not all(low <= v <= _LARGEST for v in values):
        raise ShapeError(f"has {name} that make no sense")
    return values


def _convolution(attributes: Attributes, x: Shape, weight: Shape) -> tuple[int, list[int], Shape, Shape]:
    """Groups, extent of the kernel by axis, strides, pads of a convolution of either direction."""
    axes = len(x) - 2
    groups = int(attributes.get("group", 1))
    if axes < 1 or len(weight) != len(x) or not 1 <= groups <= _LARGEST or min(weight) < 1:
        raise ShapeError("has a kernel that doesn't fit")
    if attributes.get("auto_pad", b"NOTSET") != b"NOTSET" or "output_shape" in attributes:
        raise ShapeError("leaves its pads open")
    kernel = tuple(attributes.get("kernel_shape") or weight[2:])
    if kernel != weight[2:]:
        raise ShapeError("has a kernel that doesn't fit")
    dilations = _settings(attributes, axes, "dilations", 1, 1)
    strides = _settings(attributes, axes, "strides", 1, 1)
    pads = _settings(attributes, 2 * axes, "pads", 0, 0)
    return groups, [(k - 1) * d + 1 for k, d in zip(kernel, dilations, strict=True)], strides, pads


def _conv(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    x, weight = need(inputs, 0).shape, need(inputs, 1).shape
    groups, extents, strides, pads = _convolution(attributes, x, weight)
    axes = len(extents)
    if x[1] != weight[1] * groups or weight[0] % groups:
        raise ShapeError("has a kernel that doesn't fit")
    padded = [size + pads[i] + pads[axes + i] for i, size in enumerate(x[2:])]
    sizes = [(p - e) // s + 1 for p, e, s in zip(padded, extents, strides, strict=True)]
    # The library lays out the padded input, also where strides pass most of it over.
    if min(sizes) < 1 or math.prod(padded) * x[0] * x[1] > _LARGEST:
        raise ShapeError("has pads that make no sense")
    shape = (x[0], weight[0], *sizes)
    columns = math.prod(sizes) * math.prod(weight[1:]) * groups
    if columns > 8 * _LARGEST:
        raise ShapeError("is larger than a network may be")
    return [Known(shape)], math.prod(shape) * math.prod(weight[1:])


def _conv_transpose(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
    x, weight = need(inputs, 0).shape, need(inputs, 1).shape
    groups, extents, strides, pads = _convolution(attributes, x, weight)
    axes = len(extents)
    more = _settings(attributes, axes, "output_padding", 0, 0)
    if x[1] != weight[0] or weight[0] % groups:
        raise ShapeError("has a kernel that doesn't fit")
    sizes = [strides[i] * (size - 1) + more[i] + extents[i] - pads[i] - pads[axes + i] for i, size in enumerate(x[2:])]
    work = math.prod(x) * math.prod(weight[1:])
    if min(sizes) < 1 or work // max(1, x[1]) * groups > 8 * _LARGEST:
        raise ShapeError("has pads that make no sense")
    return [Known((x[0], weight[1] * groups, *sizes))], work


def _recurrent(gates: int, results: int) -> Rule:
    def rule(inputs: Inputs, attributes: Attributes, outputs: int) -> Result:
        x, weight, again = (need(inputs, i).shape for i in range(3))
        (steps, batch, size), (directions, rows, columns), hidden = x, weight, again[-1]
        if directions not in (1, 2) or attributes.get("layout"):
            raise ShapeError("has directions that make no sense")
        if columns != size or rows != gates * hidden or again != (directions, rows, hidden):
            raise ShapeError("has weights that don't fit")
        last = Known((directions, batch, hidden))
        work = steps * batch * directions * rows * (size + hidden)
        return [Known((steps, directions, batch, hidden)), *[last] * (results - 1)], work

    return rule


LAYERS: dict[str, Rule] = {
    "Conv": _conv,
    "ConvTranspose": _conv_transpose,
    "GRU": _recurrent(3, 2),
    "Gemm": _gemm,
    "LSTM": _recurrent(4, 3),
    "MatMul": _matmul,
}
"""Rules as in ``rtiass.onnxshapes.RULES``."""
