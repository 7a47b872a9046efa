"""Writes a network as one function that works on fixed places in memory: nothing is allocated, nothing is looked up."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from engines.compiled import functions
from engines.compiled.code import Code, number
from engines.compiled.memory import ARGUMENTS, Memory, Place
from engines.compiled.product import Product, fetched, packed, product_function
from engines.compiled.steps import Numbers, Step, Steps

EPSILON = 1e-5
"""Of layer normalisation."""
MOST_TEXT = 2 << 20
"""Characters of a module. The shipped models' have 0.6 million, which LLVM works on for a second or two."""


@dataclass(frozen=True)
class Written:
    """A network in LLVM's language.

    Attributes:
        text: The module; its function ``step`` takes ``ARGUMENTS``.
        weights: All constants.
        work: Floats of room to work in.
        states: Floats of all states.
        stems: Number of masks.
    """

    text: str
    weights: Numbers
    work: int
    states: int
    stems: int


def write_network(steps: Steps, lanes: int) -> Written:
    """Write a network of one frame, with results ``mask`` and ``activity``.

    Args:
        steps: What is to be computed.
        lanes: Of a vector of this processor.

    Raises:
        ValueError: It would take too long to compile.
    """
    return _Writing(steps, lanes).run()


class _Writing:
    def __init__(self, steps: Steps, lanes: int) -> None:
        self.steps, self.lanes = steps, lanes
        self.memory = Memory(steps)
        self.declarations: set[str] = set()
        self.code = Code(self.declarations)
        self.products: dict[Product, tuple[str, str]] = {}
        self.left = self.lay_rows()
        # The last and smallest frames before the recurrent layer.
        heights = [steps.shapes[step.output][0] for step in steps.steps if step.kind == "neighbours"]
        self.rows_ahead = min(heights, default=0)

    def lay_rows(self) -> int:
        """Lay out the matrices that a single row is multiplied by, before all other constants; returns their size.

        Each of their numbers is used once a frame, so what such a product takes is the way from memory. Products of
        many rows, which have hardly anything to fetch, fetch them ahead.
        """
        for step in self.steps.steps:
            names = step.inputs[2:4] if step.kind == "gru" else step.inputs[1:2] if step.kind == "product" else ()
            for name in names:
                matrix = self.steps.constants.get(name)
                if matrix is not None and self.steps.shapes[step.inputs[0]][0] == 1:
                    self.memory.constant(packed(matrix, 1, self.lanes))
        return self.memory.constants_size

    def run(self) -> Written:
        for at, step in enumerate(self.steps.steps):
            if step.kind in _EACH:
                self.elementwise(step, _EACH[step.kind])
            else:
                _KINDS[step.kind](self, step)
            self.memory.done(at)
        arguments = ", ".join(f"ptr noalias {name}" for name in ARGUMENTS)
        parts = [
            *sorted(self.declarations),
            *(function for _, function in self.products.values()),
            f"define void @step({arguments}) #0 {{\n{self.code.text()}}}\n",
            f'attributes #0 = {{ nounwind "prefer-vector-width"="{32 * self.lanes}" }}\n',
        ]
        memory, stems, text = self.memory, self.steps.shapes["mask"][1], "\n".join(parts)
        if len(text) > MOST_TEXT:
            raise ValueError("it would take too long to compile")
        return Written(text, memory.constants(), memory.size, memory.states, stems)

    def put(self, name: str) -> Place:
        place, edge = self.memory.put(name), self.memory.framed.get(name, 0)
        if edge:
            size = place.strides[0] * place.shape[0]
            for start in (-edge, size):
                with self.code.loop(edge) as loop:
                    self.store(number(0.0), place, [(loop.index, 1)], start)
        return place

    # Number by number

    def load(self, place: Place, terms: Sequence[tuple[str, int]] = (), offset: int = 0) -> str:
        address = self.code.address(place.base, terms, place.offset + offset)
        return self.code.value(f"load float, ptr {address}, align 4")

    def store(self, value: str, place: Place, terms: Sequence[tuple[str, int]] = (), offset: int = 0) -> None:
        address = self.code.address(place.base, terms, place.offset + offset)
        self.code.do(f"store float {value}, ptr {address}, align 4")

    def each(
        self,
        shape: Sequence[int],
        sources: Sequence[tuple[Place, Sequence[int]]],
        target: tuple[Place, Sequence[int]],
        function: Callable[..., str],
    ) -> None:
        """Loops over ``shape``; sources and target come with their strides. Axes that follow on are one loop."""
        axes: list[tuple[int, list[int]]] = []
        for axis, size in enumerate(shape):
            steps = [strides[axis] for _, strides in (*sources, target)]
            if size == 1:
                continue
            if axes and axes[-1][1] == [step * size for step in steps]:
                axes[-1] = axes[-1][0] * size, steps
            else:
                axes.append((size, steps))

        def inside(indices: list[str]) -> None:
            if len(indices) < len(axes):
                with self.code.loop(axes[len(indices)][0]) as loop:
                    inside([*indices, loop.index])
                return
            terms = [
                [(index, steps[k]) for index, (_, steps) in zip(indices, axes, strict=True) if steps[k]]
                for k in range(len(sources) + 1)
            ]
            values = [self.load(place, where) for (place, _), where in zip(sources, terms[:-1], strict=True)]
            self.store(function(*values), target[0], terms[-1])

        inside([])

    def copy(self, shape: Sequence[int], source: Place, steps: Sequence[int], target: Place, to: Sequence[int]) -> None:
        self.each(shape, [(source, steps)], (target, to), lambda value: value)

    def elementwise(self, step: Step, function: Callable[..., str]) -> None:
        target, sources = self.put(step.output), []
        for name in step.inputs:
            place = self.memory.get(name)
            strides = [0 if size == 1 else stride for size, stride in zip(place.shape, place.strides, strict=True)]
            sources.append((place, [0] * (len(target.shape) - len(strides)) + strides))
        self.each(target.shape, sources, (target, target.strides), lambda *x: function(self.code, *x, step.number))

    # Products

    def multiply(
        self, left: Place, stride: int, right: Place | Numbers, result: Place,
        plus: Place | None = None, bias: Place | None = None, slope: float | None = None,
    ) -> None:  # fmt: skip
        """``left`` is taken as rows of as many numbers as ``right`` has rows, ``stride`` apart."""
        (height, width), inner = result.shape, right.shape[0]
        laid = not isinstance(right, Place)
        soon = self.left if height == self.rows_ahead else 0
        kind = Product(height, inner, width, stride, laid, plus is not None, bias is not None, slope, soon > 0)
        ahead = Place("%weights", 0, ())
        if soon:
            self.left = max(0, soon - fetched(kind, self.lanes))
            ahead = ahead.moved(self.left)
        if not isinstance(right, Place):
            right = self.memory.constant(packed(right, height, self.lanes))
        if kind not in self.products:
            name = f"@product{len(self.products)}"
            self.products[kind] = name, product_function(name, kind, self.lanes, self.declarations)
        places = (left, right, result, plus or left, bias or left, ahead)
        pointers = ", ".join(f"ptr {self.code.address(p.base, (), p.offset)}" for p in places)
        self.code.do(f"call void {self.products[kind][0]}({pointers})")

    def optional(self, name: str) -> Place | None:
        return self.memory.get(name) if name else None

    def product(self, step: Step) -> None:
        a, b, plus, bias = step.inputs
        right = self.steps.constants.get(b)
        left, result = self.memory.get(a), self.put(step.output)
        added = self.optional(plus), self.optional(bias)
        self.multiply(left, left.shape[1], self.memory.get(b) if right is None else right, result, *added, step.number)

    def turned_product(self, step: Step) -> None:
        left, right = (self.memory.get(name) for name in step.inputs[:2])
        turned = self.memory.aside(right.shape[::-1])
        self.copy(turned.shape, right, right.strides[::-1], turned, turned.strides)
        self.multiply(left, left.shape[1], turned, self.put(step.output))

    def neighbours(self, step: Step) -> None:
        """Between rows of zeros a row and its neighbours follow each other: longer rows that overlap need no copy."""
        *names, b, plus, bias = step.inputs
        right, result = self.steps.constants[b], self.put(step.output)
        sums, row = self.optional(plus), self.optional(bias)
        for name in names:
            frame = self.memory.get(name)
            width = frame.shape[1]
            part, right = right[: 3 * width], right[3 * width :]
            slope = step.number if name == names[-1] else None
            self.multiply(frame.moved(-width), width, part, result, sums, row, slope)
            sums, row = result, None

    # Where things are

    def reshape(self, step: Step) -> None:
        place = self.memory.get(step.inputs[0])
        self.memory.alias(step.output, Place(place.base, place.offset, self.steps.shapes[step.output]))

    def part(self, step: Step) -> None:
        source, (start, axis) = self.memory.get(step.inputs[0]), step.whole
        moved = source.moved(start * source.strides[axis])
        if axis == 0:
            self.memory.alias(step.output, Place(moved.base, moved.offset, self.steps.shapes[step.output]))
            return
        target = self.put(step.output)
        self.copy(target.shape, moved, source.strides, target, target.strides)

    def beside(self, step: Step) -> None:
        target, at, axis = self.put(step.output), 0, step.whole[0]
        for name in step.inputs:
            source = self.memory.get(name)
            self.copy(source.shape, source, source.strides, target.moved(at * target.strides[axis]), target.strides)
            at += source.shape[axis]

    def transpose(self, step: Step) -> None:
        source, target = self.memory.get(step.inputs[0]), self.put(step.output)
        self.copy(target.shape, source, [source.strides[axis] for axis in step.whole], target, target.strides)

    # Layers

    def sum(self, step: Step) -> None:
        source, target = self.memory.get(step.inputs[0]), self.put(step.output)
        (rows, columns), most = source.shape, step.kind == "most"
        with self.code.loop(rows) as down:
            start = number(float(np.finfo(np.float32).min) if most else 0.0)
            with self.code.loop(columns, carry=[("float", start)]) as along:
                value = self.load(source, [(down.index, columns), (along.index, 1)])
                if most:
                    along.results[0] = self.code.call("maxnum", along.values[0], value)
                else:
                    along.results[0] = self.code.value(f"fadd reassoc float {along.values[0]}, {value}")
            self.store(along.results[0], target, [(down.index, 1)])

    def norm(self, step: Step) -> None:
        source, scale, shift = (self.memory.get(name) for name in step.inputs)
        code, size, target = self.code, source.shape[1], self.put(step.output)

        def mean(function: Callable[[str], str]) -> str:
            with code.loop(size, carry=[("float", number(0.0))]) as loop:
                value = function(self.load(source, [(loop.index, 1)]))
                loop.results[0] = code.value(f"fadd reassoc float {loop.values[0]}, {value}")
            return code.value(f"fmul float {loop.results[0]}, {number(1.0 / size)}")

        def square(value: str) -> str:
            value = code.value(f"fsub float {value}, {middle}")
            return code.value(f"fmul float {value}, {value}")

        def normal(value: str, scale: str, shift: str) -> str:
            value = code.value(f"fsub float {value}, {middle}")
            value = code.value(f"fmul float {value}, {factor}")
            return code.call("fma", value, scale, shift)

        middle = mean(lambda value: value)
        variance = code.value(f"fadd float {mean(square)}, {number(EPSILON)}")
        factor = code.value(f"fdiv float {number(1.0)}, {code.call('sqrt', variance)}")
        self.each((size,), [(source, [1]), (scale, [1]), (shift, [1])], (target, [1]), normal)

    def gru(self, step: Step) -> None:
        heard, before, *weights = step.inputs
        old, code = self.memory.get(before), self.code
        size = old.shape[1]
        sums = [self.memory.aside((1, 3 * size)) for _ in range(2)]
        for name, matrix, bias, result in zip((heard, before), weights[:2], weights[2:], sums, strict=True):
            place = self.memory.get(name)
            self.multiply(place, place.shape[1], self.steps.constants[matrix], result, bias=self.memory.get(bias))

        def cell(*values: str) -> str:
            (reset, update, new), (reset2, update2, new2), last = values[:3], values[3:6], values[6]
            gate = functions.sigmoid(code, code.value(f"fadd float {reset}, {reset2}"))
            keep = functions.sigmoid(code, code.value(f"fadd float {update}, {update2}"))
            fresh = functions.tanh(code, code.call("fma", gate, new2, new))
            return code.call("fma", keep, code.value(f"fsub float {last}, {fresh}"), fresh)

        sources = [(place.moved(gate * size), [1]) for place in sums for gate in range(3)]
        self.each((size,), [*sources, (old, [1])], (self.put(step.output), [1]), cell)


def _binary(instruction: str) -> Callable[..., str]:
    return lambda code, a, b, _: code.value(f"{instruction} float {a}, {b}")


_EACH: dict[str, Callable[..., str]] = {
    "abs": lambda code, x, _: code.call("fabs", x),
    "add": _binary("fadd"),
    "divide": _binary("fdiv"),
    "exp": lambda code, x, _: functions.exp(code, x),
    "held": lambda code, x, bound: functions.held(code, x, number(-bound), number(bound)),
    "leaky": functions.leaky,
    "log": lambda code, x, _: functions.log(code, x),
    "multiply": _binary("fmul"),
    "same": lambda code, x, _: x,
    "sigmoid": lambda code, x, _: functions.sigmoid(code, x),
    "sqrt": lambda code, x, _: code.call("sqrt", x),
    "subtract": _binary("fsub"),
}
_KINDS: dict[str, Callable[[_Writing, Step], None]] = {
    "beside": _Writing.beside,
    "gru": _Writing.gru,
    "most": _Writing.sum,
    "neighbours": _Writing.neighbours,
    "norm": _Writing.norm,
    "part": _Writing.part,
    "product": _Writing.product,
    "reshape": _Writing.reshape,
    "sum": _Writing.sum,
    "transpose": _Writing.transpose,
    "turned product": _Writing.turned_product,
}
