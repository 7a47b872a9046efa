"""Products of matrices whose sizes are known: one function for each, written for the vectors of this processor.

A tile of the result, some rows high and a few vectors wide, stays in registers while the sum runs over what the factors
share. The right factor, where it is constant, is laid out ahead in the order in which it is read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from engines.compiled.code import Code, Term
from engines.compiled.functions import leaky

ROWS = {16: 11, 8: 5, 4: 5}
"""Height of a tile by the lanes of a vector, for tiles two vectors wide: what fits into the registers. The heights of
the networks' matrices, 55 and its multiples, are multiples of these."""

LINE = 16
"""Floats in a line of the cache."""


@dataclass(frozen=True)
class Product:
    """Which function: the result, of ``height`` rows and ``width`` columns, is A @ B, plus what is to be added.

    Attributes:
        height: Rows of A and of the result.
        inner: Columns of A, rows of B.
        width: Columns of B and of the result.
        stride: Floats from one row of A to the next; rows may overlap.
        packed: B is as :func:`packed` lays it out; otherwise it is as it is.
        plus: A matrix of the result's shape is added.
        bias: A row is added to each row.
        slope: Of a LeakyReLU in the end; None for none.
        ahead: Memory that is needed soon is fetched meanwhile.
    """

    height: int
    inner: int
    width: int
    stride: int
    packed: bool
    plus: bool
    bias: bool
    slope: float | None
    ahead: bool = False


def tile(height: int, lanes: int) -> tuple[int, int]:
    """Rows and vectors of a tile."""
    rows = min(height, ROWS[lanes])
    return rows, max(2, min(8, 2 * ROWS[lanes] // rows))


def fetched(product: Product, lanes: int) -> int:
    """Floats that a product can fetch ahead: a line of the cache for every row of B that it reads."""
    rows, vectors = tile(product.height, lanes)
    return -(-product.height // rows) * -(-product.width // (vectors * lanes)) * product.inner * LINE


def packed(matrix: NDArray[np.float32], height: int, lanes: int) -> NDArray[np.float32]:
    """A right factor as the function reads it: strips as wide as a tile, one after the other, each row by row.

    Args:
        matrix: Shape (inner, width).
        height: Of the left factor.
        lanes: Of a vector; the last strip is filled up with zeros to a multiple of it.
    """
    width = tile(height, lanes)[1] * lanes
    strips = []
    for start in range(0, matrix.shape[1], width):
        strip = matrix[:, start : start + width]
        strips.append(np.pad(strip, ((0, 0), (0, -strip.shape[1] % lanes))).reshape(-1))
    return np.concatenate(strips)


def product_function(name: str, product: Product, lanes: int, declarations: set[str]) -> str:
    """The function, of pointers to A, B, the result, what is added, the row that is added, and what to fetch ahead."""
    code = Code(declarations)
    _Tiles(code, product, lanes).write()
    head = "ptr readonly %a, ptr readonly %b, ptr %c, ptr readonly %plus, ptr readonly %bias, ptr %ahead"
    return f"define internal void {name}({head}) #0 {{\n{code.text()}}}\n"


class _Tiles:
    def __init__(self, code: Code, product: Product, lanes: int) -> None:
        self.code, self.p, self.lanes = code, product, lanes
        self.kind = f"<{lanes} x float>"
        self.rows, self.vectors = tile(product.height, lanes)
        self.wide = self.vectors * lanes

    def write(self) -> None:
        whole = self.p.height // self.rows
        with self.code.loop(whole * self.rows, self.rows) as loop:
            self.strip(self.rows, [loop.index])
        rest = self.p.height % self.rows
        if rest:
            self.strip(rest, [], whole * self.rows)

    def strip(self, rows: int, row: list[str], first: int = 0) -> None:
        """Tiles beside each other, from a row on that is told by an index or as a number."""
        whole, rest = divmod(self.p.width, self.wide)
        if whole:
            with self.code.loop(whole) as loop:
                self.tile(rows, row, first, [loop.index], 0, [self.lanes] * self.vectors)
        if rest:
            filled = [min(self.lanes, rest - at) for at in range(0, rest, self.lanes)]
            self.tile(rows, row, first, [], whole, filled)

    def tile(self, rows: int, row: list[str], first: int, strip: list[str], number: int, filled: list[int]) -> None:
        """One tile; ``filled`` tells how many lanes of each of its vectors are used."""
        code, p, lanes = self.code, self.p, self.lanes
        start = number * self.wide
        across: list[Term] = [(index, self.wide) for index in strip]

        def place(base: str, stride: int, across: list[Term], offset: int) -> str:
            return code.address(base, [*((index, stride) for index in row), *across], first * stride + offset)

        left = place("%a", p.stride, [], 0)
        result = place("%c", p.width, across, start)
        plus = place("%plus", p.width, across, start) if p.plus else ""
        bias = code.address("%bias", across, start) if p.bias else ""
        # A strip that is packed is a block of its own.
        step = len(filled) * lanes if p.packed else p.width
        down = self.wide * p.inner if p.packed else self.wide
        right = code.address("%b", [(index, down) for index in strip], number * down)
        sums = [
            self.begin(plus, bias, i * p.width, j * lanes, lane) for i in range(rows) for j, lane in enumerate(filled)
        ]
        soon = self.ahead(row, first, strip, number) if p.ahead else ""
        with code.loop(p.inner, carry=[(self.kind, value) for value in sums]) as loop:
            if soon:
                code.declare("declare void @llvm.prefetch.p0(ptr, i32, i32, i32)")
                line = code.address(soon, [(loop.index, LINE)])
                code.do(f"call void @llvm.prefetch.p0(ptr {line}, i32 0, i32 2, i32 1)")
            factors = [
                self.load(code.address(right, [(loop.index, step)], j * lanes), lanes if p.packed else lane)
                for j, lane in enumerate(filled)
            ]
            for i in range(rows):
                factor = self.everywhere(code.address(left, [(loop.index, 1)], i * p.stride))
                for j, other in enumerate(factors):
                    at = i * len(factors) + j
                    loop.results[at] = code.call("fma", factor, other, loop.values[at], kind=self.kind)
        for i in range(rows):
            for j, lane in enumerate(filled):
                value = loop.results[i * len(filled) + j]
                if p.slope is not None:
                    value = leaky(code, value, p.slope, self.kind)
                self.store(value, code.address(result, [], i * p.width + j * lanes), lane)

    def ahead(self, row: list[str], first: int, strip: list[str], number: int) -> str:
        """What a tile fetches: as many lines as it reads rows of B, behind those of the tiles before it."""
        strips, lines = -(-self.p.width // self.wide), self.p.inner * LINE
        terms = [(self.code.value(f"udiv i64 {index}, {self.rows}"), strips * lines) for index in row]
        terms += [(index, lines) for index in strip]
        return self.code.address("%ahead", terms, (first // self.rows * strips + number) * lines)

    def begin(self, plus: str, bias: str, down: int, across: int, lane: int) -> str:
        """What a sum begins with."""
        parts = [self.load(self.code.address(plus, [], down + across), lane)] if plus else []
        parts += [self.load(self.code.address(bias, [], across), lane)] if bias else []
        if len(parts) == 2:
            return self.code.value(f"fadd {self.kind} {parts[0]}, {parts[1]}")
        return parts[0] if parts else "zeroinitializer"

    def everywhere(self, address: str) -> str:
        """A number in every lane."""
        value = self.code.value(f"load float, ptr {address}, align 4")
        value = self.code.value(f"insertelement {self.kind} poison, float {value}, i64 0")
        order = f"<{self.lanes} x i32> zeroinitializer"
        return self.code.value(f"shufflevector {self.kind} {value}, {self.kind} poison, {order}")

    def load(self, address: str, lane: int) -> str:
        if lane == self.lanes:
            return self.code.value(f"load {self.kind}, ptr {address}, align 4")
        name, truths = f"@llvm.masked.load.v{self.lanes}f32.p0", f"<{self.lanes} x i1>"
        self.code.declare(f"declare {self.kind} {name}(ptr, i32, {truths}, {self.kind})")
        chosen = f"{truths} {_chosen(lane, self.lanes)}"
        return self.code.value(f"call {self.kind} {name}(ptr {address}, i32 4, {chosen}, {self.kind} zeroinitializer)")

    def store(self, value: str, address: str, lane: int) -> None:
        if lane == self.lanes:
            self.code.do(f"store {self.kind} {value}, ptr {address}, align 4")
            return
        name, truths = f"@llvm.masked.store.v{self.lanes}f32.p0", f"<{self.lanes} x i1>"
        self.code.declare(f"declare void {name}({self.kind}, ptr, i32, {truths})")
        chosen = f"{truths} {_chosen(lane, self.lanes)}"
        self.code.do(f"call void {name}({self.kind} {value}, ptr {address}, i32 4, {chosen})")


def _chosen(lane: int, lanes: int) -> str:
    truths: Sequence[str] = ["i1 true" if at < lane else "i1 false" for at in range(lanes)]
    return f"<{', '.join(truths)}>"
