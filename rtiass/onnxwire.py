"""Reads as much of an ONNX file as is needed to judge it, without trusting any of it.

The file is a protobuf message (protobuf.dev/programming-guides/encoding; field numbers from onnx.proto, which are the
keys of the tables below). Whatever is not in these tables is refused, so that nothing is judged that a library would
read in another way.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_FIELDS = 500_000
"""Most fields and packed numbers read from one file: bounds the time for it."""

MAX_RANK = 8
MAX_VALUES_KEPT = 64
"""Whole numbers of tensors up to this size are kept: they may be shapes."""

ITEM_BYTES = {1: 4, 2: 1, 3: 1, 6: 4, 7: 8, 9: 1, 10: 2, 11: 8}
"""Bytes of a value by data type: float32, uint8, int8, int32, int64, bool, float16, float64."""

_FIELDS = {1: "floats", 2: "int32", 3: "int32", 6: "int32", 7: "int64", 9: "int32", 10: "int32", 11: "doubles"}
_WHOLE: dict[int, np.dtype[Any]] = {6: np.dtype("<i4"), 7: np.dtype("<i8"), 9: np.dtype("u1")}

_MODEL = {1: "", 2: "", 3: "", 4: "", 5: "", 6: "", 7: "graph", 8: "opset", 14: ""}
_OPSET = {1: "domain", 2: "version"}
_GRAPH = {1: "node", 2: "", 5: "initializer", 10: "", 11: "input", 12: "output", 13: "", 16: ""}
_NODE = {1: "input", 2: "output", 3: "", 4: "op", 5: "attribute", 6: "", 7: "domain", 9: ""}
_ATTRIBUTE = {1: "name", 2: "f", 3: "i", 4: "s", 5: "t", 7: "floats", 8: "ints", 13: "", 20: "type"}
_TENSOR = {1: "dims", 2: "type", 4: "floats", 5: "int32", 7: "int64", 8: "name", 9: "raw", 10: "doubles", 12: "",
           13: "external", 14: "location", 16: ""}  # fmt: skip
_KINDS = {1: "f", 2: "i", 3: "s", 4: "t", 6: "floats", 7: "ints"}  # of attributes
_VALUE = {1: "name", 2: "type", 3: "", 4: ""}
_TYPE = {1: "tensor", 6: ""}
_TENSOR_TYPE = {1: "element", 2: "shape"}
_SHAPE = {1: "dim"}
_DIM = {1: "value", 3: ""}


class WireError(ValueError):
    """What is wrong with a file, to be put after its name: "has a node without ..."."""


@dataclass(frozen=True)
class Tensor:
    """A tensor whose data are in the file.

    Attributes:
        shape: Its shape.
        values: Its values of the same shape if they are few whole numbers, else None.
    """

    shape: tuple[int, ...]
    values: NDArray[Any] | None


Attribute = int | bytes | tuple[int, ...] | Tensor | None
"""None stands for values without a meaning for shapes."""


@dataclass(frozen=True)
class Node:
    """One operation."""

    op: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    attributes: dict[str, Attribute] = field(default_factory=dict)


@dataclass(frozen=True)
class Graph:
    """A network: operator set version, inputs with shapes, constants, operations in order."""

    opset: int
    inputs: dict[str, tuple[int, ...]]
    constants: dict[str, Tensor]
    nodes: list[Node]
    outputs: list[str]


Value = int | memoryview


class _Message:
    """Fields of a message by name; those of no interest are read over, unknown ones refused."""

    def __init__(self, reader: Reader, data: memoryview, table: dict[int, str]) -> None:
        self._found: dict[str, list[Value]] = {}
        for number, value in reader.fields(data):
            if number not in table:
                raise WireError("holds something that no network of ours needs (field " + str(number) + ")")
            if table[number]:
                self._found.setdefault(table[number], []).append(value)

    def all(self, name: str) -> list[Value]:
        return self._found.get(name, [])

    def messages(self, name: str) -> list[memoryview]:
        return [_bytes(v) for v in self.all(name)]

    def _one(self, name: str) -> Value | None:
        values = self.all(name)
        # Libraries take the last of several, or join them: there must be one.
        if len(values) > 1:
            raise WireError(f"tells '{name}' twice")
        return values[0] if values else None

    def text(self, name: str) -> str:
        value = self._one(name)
        return "" if value is None else _text(value)

    def number(self, name: str, missing: int = 0) -> int:
        value = self._one(name)
        if value is None:
            return missing
        if not isinstance(value, int):
            raise WireError(f"has no number in '{name}'")
        return _signed(value)

    def message(self, name: str) -> memoryview | None:
        value = self._one(name)
        return None if value is None else _bytes(value)


class Reader:
    """Walks through the fields of a file, counting them."""

    def __init__(self) -> None:
        self._left = MAX_FIELDS

    def _count(self) -> None:
        self._left -= 1
        if self._left < 0:
            raise WireError("has too many parts")

    def varint(self, data: memoryview, at: int) -> tuple[int, int]:
        """Number at a position, and the position after it."""
        value = 0
        for i in range(10):
            if at + i >= len(data):
                raise WireError("is cut")
            byte = data[at + i]
            value |= (byte & 0x7F) << (7 * i)
            if byte < 0x80:
                return value & 0xFFFFFFFFFFFFFFFF, at + i + 1
        raise WireError("has a number that does not end")

    def fields(self, data: memoryview) -> Iterator[tuple[int, Value]]:
        """Number and value of each field: an int for a varint, otherwise bytes."""
        at = 0
        while at < len(data):
            self._count()
            key, at = self.varint(data, at)
            number, kind = key >> 3, key & 7
            if kind == 0:
                value, at = self.varint(data, at)
                yield number, value
                continue
            if kind == 2:
                size, at = self.varint(data, at)
            elif kind in (1, 5):
                size = 8 if kind == 1 else 4
            else:
                raise WireError("is no network")
            if size > len(data) - at:
                raise WireError("is cut")
            yield number, data[at : at + size]
            at += size

    def numbers(self, values: list[Value]) -> list[int]:
        """Repeated whole numbers, packed or not."""
        found = []
        for value in values:
            if isinstance(value, int):
                found.append(_signed(value))
                continue
            at = 0
            while at < len(value):
                self._count()
                number, at = self.varint(value, at)
                found.append(_signed(number))
        return found


def _signed(value: int) -> int:
    return value - (1 << 64) if value >= 1 << 63 else value


def _bytes(value: Value) -> memoryview:
    if isinstance(value, int):
        raise WireError("has a number where a part should be")
    return value


def _text(value: Value) -> str:
    try:
        return bytes(_bytes(value)).decode("utf-8")
    except UnicodeDecodeError:
        raise WireError("has a name that can't be read") from None


def read_graph(data: bytes) -> Graph:
    """Read a network.

    Args:
        data: The ONNX file.

    Raises:
        WireError: It is damaged, or has parts that are not read here.
    """
    reader = Reader()
    model = _Message(reader, memoryview(data), _MODEL)
    content = model.message("graph")
    opsets = [_Message(reader, part, _OPSET) for part in model.messages("opset")]
    if content is None or len(opsets) != 1 or opsets[0].text("domain") not in ("", "ai.onnx"):
        raise WireError("is no network of standard operators alone")
    graph = _Message(reader, content, _GRAPH)
    constants: dict[str, Tensor] = {}
    for part in graph.messages("initializer"):
        name, tensor = _tensor(reader, part)
        if name in constants:
            raise WireError(f"tells '{name}' twice")
        constants[name] = tensor
    inputs: dict[str, tuple[int, ...]] = {}
    for part in graph.messages("input"):
        value = _Message(reader, part, _VALUE)
        if value.text("name") in inputs:
            raise WireError(f"tells '{value.text('name')}' twice")
        inputs[value.text("name")] = _static_shape(reader, value)
    outputs = [_Message(reader, part, _VALUE).text("name") for part in graph.messages("output")]
    nodes = [_node(reader, part) for part in graph.messages("node")]
    return Graph(opsets[0].number("version"), inputs, constants, nodes, outputs)


def _static_shape(reader: Reader, value: _Message) -> tuple[int, ...]:
    part = value.message("type")
    for table, name in ((_TYPE, "tensor"), (_TENSOR_TYPE, "shape")):
        part = None if part is None else _Message(reader, part, table).message(name)
    if part is None:
        raise WireError(f"has an input '{value.text('name')}' without a shape")
    dims = [_Message(reader, d, _DIM).number("value", -1) for d in _Message(reader, part, _SHAPE).messages("dim")]
    if len(dims) > MAX_RANK or any(d < 1 for d in dims):
        raise WireError(f"has an input '{value.text('name')}' without a fixed shape")
    return tuple(dims)


def _node(reader: Reader, part: memoryview) -> Node:
    node = _Message(reader, part, _NODE)
    op, domain = node.text("op"), node.text("domain")
    if domain not in ("", "ai.onnx"):
        raise WireError(f"needs the operator '{op[:40]}' of '{domain[:40]}', which is not a standard one")
    attributes: dict[str, Attribute] = {}
    for content in node.messages("attribute"):
        attribute = _Message(reader, content, _ATTRIBUTE)
        name = attribute.text("name")
        if name in attributes:
            raise WireError(f"tells '{name[:40]}' twice")
        attributes[name] = _attribute(reader, attribute)
    inputs, outputs = (tuple(_text(v) for v in node.all(kind)) for kind in ("input", "output"))
    return Node(op, inputs, outputs, attributes)


def _attribute(reader: Reader, attribute: _Message) -> Attribute:
    kind = _KINDS.get(attribute.number("type"), "")
    # Libraries go by the type and pass over values of other kinds.
    if not kind or any(attribute.all(other) for other in _KINDS.values() if other != kind):
        raise WireError("has an attribute of an unknown kind")
    if kind == "i":
        return attribute.number("i")
    if kind == "ints":
        return tuple(reader.numbers(attribute.all("ints")))
    if kind == "s":
        return bytes(attribute.message("s") or b"")
    if kind == "t":
        return _tensor(reader, attribute.message("t") or memoryview(b""))[1]
    return None


def _tensor(reader: Reader, part: memoryview) -> tuple[str, Tensor]:
    tensor = _Message(reader, part, _TENSOR)
    name, dims, kind = tensor.text("name"), reader.numbers(tensor.all("dims")), tensor.number("type")
    if tensor.number("location") or tensor.all("external") or kind not in ITEM_BYTES:
        raise WireError(f"has data of '{name[:40]}' outside of the file, or of an unknown type")
    if len(dims) > MAX_RANK or any(not 0 <= d <= 1 << 32 for d in dims):
        raise WireError(f"has data of '{name[:40]}' in an impossible shape")
    size = 1
    for d in dims:
        size *= d
    fields = [f for f in ("raw", "int64", "int32", "floats", "doubles") if tensor.all(f)]
    if len(fields) > 1:
        raise WireError(f"tells the data of '{name[:40]}' twice")
    values: NDArray[Any] | None = None
    keep = size <= MAX_VALUES_KEPT and kind in _WHOLE
    raw = tensor.message("raw")
    if raw is not None:
        count = len(raw) // ITEM_BYTES[kind] if len(raw) % ITEM_BYTES[kind] == 0 else -1
        if keep and count == size:
            values = np.frombuffer(raw, _WHOLE[kind]).reshape(dims)
    elif fields == [_FIELDS[kind]] and fields[0].startswith("int"):
        numbers = reader.numbers(tensor.all(fields[0]))
        count = len(numbers)
        if keep and count == size:
            values = np.array(numbers, np.int64).astype(_WHOLE[kind]).reshape(dims)
    elif fields == [_FIELDS[kind]]:
        count = sum(len(_bytes(v)) for v in tensor.all(fields[0])) // ITEM_BYTES[kind]
    else:
        count = -1 if fields else 0
    if count != size:
        raise WireError(f"has data of '{name[:40]}' that don't fit its shape")
    return name, Tensor(tuple(dims), values)
