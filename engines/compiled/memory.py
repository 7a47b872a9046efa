"""Where each value of a network is: all places are settled before it runs."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.compiled.steps import Numbers, Shape, Steps

GRAIN = 16
"""Values begin at multiples of this many floats, 64 bytes."""
ARGUMENTS = ("%work", "%weights", "%magnitude", "%before", "%after", "%mask", "%activity")
"""Pointers that the function takes: room to work in, constants, the frame, the states, and where results go."""


@dataclass(frozen=True)
class Place:
    """Where a value is: a pointer, so many floats behind it, and the value's shape."""

    base: str
    offset: int
    shape: Shape

    @property
    def strides(self) -> list[int]:
        """Floats from one element to the next along each axis."""
        return [math.prod(self.shape[axis + 1 :]) for axis in range(len(self.shape))]

    def moved(self, by: int) -> Place:
        """The same shape so many floats further on."""
        return Place(self.base, self.offset + by, self.shape)


class Memory:
    """Places of a network's values; room is given again once nothing that is there is needed.

    Attributes:
        size: Floats of room to work in, so far.
        states: Floats of all states.
        constants_size: Floats of all constants, so far.
        framed: Values that have a row of zeros before their first row and one behind their last.
    """

    def __init__(self, steps: Steps) -> None:
        self._steps = steps
        self._origins = steps.origins()
        self._places: dict[str, Place] = {"magnitude": Place("%magnitude", 0, steps.shapes["magnitude"])}
        self._fixed = {"mask": ("%mask", 0), "activity": ("%activity", 0)}
        self.states = 0
        for name, shape in steps.states.items():
            self._places[name] = Place("%before", self.states, shape)
            self._fixed[f"{name}_next"] = "%after", self.states
            self.states += rounded(math.prod(shape))
        # What is put out in another shape is made where it is put out.
        for output, origin in self._origins.items():
            if output in self._fixed:
                self._fixed[origin] = self._fixed[output]
        self._last: dict[str, int] = {}
        self.framed: dict[str, int] = {}
        for at, step in enumerate(steps.steps):
            for name in step.inputs:
                self._last[self._origins.get(name, name)] = at
            if step.kind == "neighbours":
                for name in step.inputs[:-3]:
                    origin, width = self._origins.get(name, name), steps.shapes[name][1]
                    if origin in self._fixed or origin in self._places or origin in steps.constants:
                        raise ValueError(f"{origin} has no room for rows of zeros")
                    self.framed[origin] = max(width, self.framed.get(origin, 0))
        self._taken: list[tuple[int, int, str]] = []
        self.size = 0
        self._constants: list[Numbers] = []
        self.constants_size = 0
        self._known: dict[tuple[Shape, bytes], Place] = {}

    def constant(self, values: NDArray[np.float32]) -> Place:
        """A place among the constants."""
        key = values.shape, values.tobytes()
        if key not in self._known:
            self._known[key] = Place("%weights", self.constants_size, values.shape)
            self._constants.append(np.pad(values.reshape(-1), (0, rounded(values.size) - values.size)))
            self.constants_size += len(self._constants[-1])
        return self._known[key]

    def constants(self) -> Numbers:
        """All constants, as they lie."""
        return np.concatenate(self._constants)

    def get(self, name: str) -> Place:
        """Where a value is."""
        if name not in self._places:
            self._places[name] = self.constant(self._steps.constants[name])
        return self._places[name]

    def alias(self, name: str, place: Place) -> None:
        """A value that is a part of another one, or another one in another shape."""
        self._places[name] = place

    def put(self, name: str) -> Place:
        """A place for a value that is about to be made; a framed one needs its rows of zeros written."""
        shape = self._steps.shapes[name]
        size, edge = math.prod(shape), self.framed.get(name, 0)
        if name in self._fixed:
            self._places[name] = Place(*self._fixed[name], shape)
        else:
            self._places[name] = Place("%work", self._room(size + 2 * edge, name) + edge, shape)
        return self._places[name]

    def aside(self, shape: Shape) -> Place:
        """Room for one step."""
        return Place("%work", self._room(math.prod(shape), ""), shape)

    def done(self, at: int) -> None:
        """A step is done; what it was the last to need is needed no more."""
        self._taken = [taken for taken in self._taken if self._last.get(taken[2], at) > at]

    def _room(self, size: int, name: str) -> int:
        size, at = rounded(size), 0
        for start, length, _ in sorted(self._taken):
            if at + size <= start:
                break
            at = max(at, start + length)
        self._taken.append((at, size, name))
        self.size = max(self.size, at + size)
        return at


def rounded(size: int) -> int:
    """Floats of room for so many; a grain more, for what may be read a whole vector at a time."""
    return -(-size // GRAIN) * GRAIN + GRAIN
