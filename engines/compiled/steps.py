"""What a network does with a frame, step by step: products of matrices, and little else."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import ArrayLike, NDArray

MOST_STEPS = 400
MOST_VALUES = 1 << 24
"""Numbers of all constants, of all states, and of all values that a frame makes: each of the three."""
MOST_WORK = 1 << 30
"""Multiply-accumulates of a frame; the shipped models need a thirtieth of it, and one hop has time for hardly more."""

Shape = tuple[int, ...]
Numbers = NDArray[np.float32]


@dataclass(frozen=True)
class Step:
    """One step.

    Attributes:
        kind: What is done.
        inputs: Names of the values that it works on; "" for one that is left out.
        output: Name of the value that comes of it.
        whole: Whole numbers that it needs: axes, places, an order.
        number: A number that it needs.
    """

    kind: str
    inputs: tuple[str, ...]
    output: str
    whole: tuple[int, ...] = ()
    number: float | None = None


@dataclass
class Steps:
    """A network: steps in order, the shapes of all values, and the numbers of those that never change.

    Every method adds a step and returns its value's name. What doesn't fit together, or is larger than a network may
    be, is a ``ValueError``: what is written from these steps checks nothing while it runs.

    Attributes:
        steps: The steps so far.
        shapes: Of all values.
        constants: Values that never change.
        states: Shapes of what is kept from frame to frame. A value called ``NAME_next`` is found as ``NAME`` by the
            next frame.
    """

    steps: list[Step] = field(default_factory=list)
    shapes: dict[str, Shape] = field(default_factory=dict)
    constants: dict[str, Numbers] = field(default_factory=dict)
    states: dict[str, Shape] = field(default_factory=dict)
    _totals: dict[str, int] = field(default_factory=dict)

    def input(self, name: str, *shape: int) -> str:
        """The frame that is heard."""
        self._count("values", shape)
        self.shapes[name] = shape
        return name

    def state(self, name: str, *shape: int) -> str:
        """What the last frame left; a step must write ``NAME_next``, with ``to``."""
        self._count("states", shape)
        self.states[name] = shape
        return self.input(name, *shape)

    def constant(self, values: ArrayLike) -> str:
        """A value that never changes."""
        name, numbers = f"constant {len(self.constants)}", np.ascontiguousarray(values, np.float32)
        self._count("constants", numbers.shape)
        if not np.isfinite(numbers).all():
            raise ValueError("some of them are no numbers")
        self.constants[name], self.shapes[name] = numbers, numbers.shape
        return name

    # Products

    def product(
        self, a: str, b: str, *, plus: str = "", bias: str = "", slope: float | None = None, to: str = ""
    ) -> str:
        """``a @ b`` plus a matrix and a row, and a LeakyReLU of that slope."""
        (rows, inner), (other, columns) = self.shapes[a], self.shapes[b]
        return self._product("product", (a, b), (rows, inner), (other, columns), plus, bias, slope, to)

    def neighbours(
        self, frames: Sequence[str], b: str, *, plus: str = "", bias: str = "", slope: float | None = None, to: str = ""
    ) -> str:
        """As :meth:`product`, of columns: each row's lower neighbour, itself and its upper one, frame beside frame."""
        rows = {self.shapes[frame][0] for frame in frames}
        inner = 3 * sum(self.shapes[frame][1] for frame in frames)
        if len(rows) != 1:
            raise ValueError("frames of different heights lie beside each other")
        shape = rows.pop(), inner
        return self._product("neighbours", (*frames, b), shape, self.shapes[b], plus, bias, slope, to)

    def turned_product(self, a: str, b: str) -> str:
        """``a @ b.T``."""
        (rows, inner), (columns, other) = self.shapes[a], self.shapes[b]
        return self._product("turned product", (a, b), (rows, inner), (other, columns), "", "", None, "")

    def _product(
        self, kind: str, factors: tuple[str, ...], left: Shape, right: Shape, plus: str, bias: str,
        slope: float | None, to: str,
    ) -> str:  # fmt: skip
        shape = left[0], right[1]
        if left[1] != right[0] or (plus and self.shapes[plus] != shape) or (bias and self.shapes[bias] != shape[1:]):
            raise ValueError("factors of a product don't fit")
        return self._add(kind, (*factors, plus, bias), shape, to, number=slope)

    # Number by number

    def each(self, kind: str, *inputs: str, number: float | None = None, to: str = "") -> str:
        """A function of single numbers, see ``engines.compiled.network``; axes of length 1 are repeated."""
        return self._add(kind, inputs, np.broadcast_shapes(*(self.shapes[name] for name in inputs)), to, number=number)

    def sum(self, x: str, kind: str = "sum") -> str:
        """The sum of each row of a matrix, as a column; or the ``most``, its largest number."""
        return self._add(kind, (x,), (self.shapes[x][0], 1))

    def norm(self, x: str, scale: str, shift: str) -> str:
        """Layer normalisation of one row."""
        if self.shapes[x] != (1, *self.shapes[scale]) or self.shapes[scale] != self.shapes[shift]:
            raise ValueError("a normalisation doesn't fit")
        return self._add("norm", (x, scale, shift), self.shapes[x])

    def gru(self, x: str, before: str, weights: Sequence[str], biases: Sequence[str], to: str) -> str:
        """A recurrent layer's new state, a row; weights (inputs, 3 size) of the row and of the state before.

        The gates are in the order of PyTorch: reset, update, new.
        """
        size = self.shapes[before][1]
        fits = [self.shapes[name] for name in (*weights, *biases)]
        if fits != [(self.shapes[x][1], 3 * size), (size, 3 * size), (3 * size,), (3 * size,)]:
            raise ValueError("a recurrent layer doesn't fit")
        return self._add("gru", (x, before, *weights, *biases), (1, size), to)

    # Where things are

    def reshape(self, x: str, *shape: int, to: str = "") -> str:
        """The same numbers in another shape: no work."""
        if math.prod(shape) != math.prod(self.shapes[x]):
            raise ValueError("a shape doesn't fit")
        return self._add("reshape", (x,), shape, to)

    def part(self, x: str, start: int, end: int, axis: int = 0) -> str:
        """Part of a matrix along an axis."""
        shape = self.shapes[x]
        if not 0 <= start < end <= shape[axis]:
            raise ValueError("a part lies outside")
        return self._add("part", (x,), (*shape[:axis], end - start, *shape[axis + 1 :]), whole=(start, axis))

    def beside(self, *parts: str, axis: int = 1, to: str = "") -> str:
        """Matrices side by side, or with axis 0 below each other."""
        shapes = [self.shapes[name] for name in parts]
        if len({shape[:axis] + shape[axis + 1 :] for shape in shapes}) != 1:
            raise ValueError("parts beside each other don't fit")
        shape = (*shapes[0][:axis], sum(shape[axis] for shape in shapes), *shapes[0][axis + 1 :])
        return self._add("beside", parts, shape, to, whole=(axis,))

    def transpose(self, x: str, *order: int) -> str:
        """Axes in another order."""
        return self._add("transpose", (x,), tuple(self.shapes[x][axis] for axis in order), whole=order)

    def expand(self, x: str, *shape: int) -> str:
        """Axes of length 1 repeated."""
        if np.broadcast_shapes(self.shapes[x], shape) != shape or len(self.shapes[x]) != len(shape):
            raise ValueError("a shape doesn't fit")
        return self._add("same", (x,), shape)

    def _add(
        self,
        kind: str,
        inputs: Sequence[str],
        shape: Shape,
        to: str = "",
        whole: Shape = (),
        number: float | None = None,
    ) -> str:
        if len(self.steps) >= MOST_STEPS:
            raise ValueError(f"it has more than {MOST_STEPS} steps")
        self._count("values", shape)
        name = to or f"value {len(self.steps)}"
        if to.endswith("_next") and self.states.get(to.removesuffix("_next")) != shape:
            raise ValueError("a state doesn't fit")
        self.steps.append(Step(kind, tuple(inputs), name, whole, number))
        self.shapes[name] = shape
        return name

    def _count(self, kind: str, shape: Shape) -> None:
        if min(shape, default=1) < 1:
            raise ValueError("it has an empty layer")
        self._totals[kind] = self._totals.get(kind, 0) + math.prod(shape)
        if self._totals[kind] > MOST_VALUES:
            raise ValueError(f"its {kind} are more than {MOST_VALUES}")

    # What is known of it as a whole

    def origins(self) -> Mapping[str, str]:
        """By the name of a value that is another one, or the rows of another one: that one."""
        found: dict[str, str] = {}
        for step in self.steps:
            if step.kind == "reshape" or (step.kind == "part" and step.whole[1] == 0):
                found[step.output] = found.get(step.inputs[0], step.inputs[0])
        return found

    def work(self) -> int:
        """Multiply-accumulates of one frame."""
        total = 0
        for step in self.steps:
            if step.kind == "gru":
                total += sum(math.prod(self.shapes[name]) for name in step.inputs[2:4])
            elif step.kind in ("product", "neighbours", "turned product"):
                right = self.shapes[step.inputs[-3]]
                total += self.shapes[step.output][0] * math.prod(right)
        return total
