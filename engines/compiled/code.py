"""Writes functions in LLVM's language."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np

Term = tuple[str, int]
"""A part of an address: the name of an index, and how many floats it stands for."""


def number(value: float) -> str:
    """A float32 constant; LLVM wants the bits of the double that it is."""
    return "0x%016X" % struct.unpack("<Q", struct.pack("<d", float(np.float32(value))))[0]  # noqa: UP031


@dataclass
class Loop:
    """A loop that is being written.

    Attributes:
        index: Name of its index.
        values: Names of what it carries, as it stands at the beginning of a turn.
        results: The same at the end of a turn, to be set; behind the loop, what came out of it.
    """

    index: str
    values: list[str]
    results: list[str]


class Code:
    """The body of a function as it grows."""

    def __init__(self, declarations: set[str]) -> None:
        """Begin.

        Args:
            declarations: Of intrinsic functions; those that are used are added.
        """
        self._declarations = declarations
        self._lines: list[str] = []
        self._count = 0
        self._block = "entry"

    def do(self, text: str) -> None:
        """An instruction without a value."""
        self._lines.append(f"  {text}")

    def value(self, text: str) -> str:
        """An instruction's value."""
        name = self._name()
        self.do(f"{name} = {text}")
        return name

    def call(self, name: str, *values: str, kind: str = "float") -> str:
        """An intrinsic function of values of one type."""
        suffix = "f32" if kind == "float" else f"v{kind[1:].split()[0]}f32"
        self._declarations.add(f"declare {kind} @llvm.{name}.{suffix}({', '.join([kind] * len(values))})")
        return self.value(f"call {kind} @llvm.{name}.{suffix}({', '.join(f'{kind} {v}' for v in values)})")

    def declare(self, text: str) -> None:
        """Another intrinsic function."""
        self._declarations.add(text)

    def address(self, base: str, terms: Iterable[Term] = (), offset: int = 0) -> str:
        """Address of a float: so many floats behind a pointer."""
        index = ""
        for name, stride in terms:
            term = name if stride == 1 else self.value(f"mul nuw nsw i64 {name}, {stride}")
            index = self.value(f"add nuw nsw i64 {index}, {term}") if index else term
        if offset or not index:
            index = self.value(f"add nuw nsw i64 {index}, {offset}") if index else str(offset)
        return self.value(f"getelementptr inbounds float, ptr {base}, i64 {index}")

    @contextmanager
    def loop(self, end: int, step: int = 1, carry: Sequence[tuple[str, str]] = ()) -> Iterator[Loop]:
        """A loop from 0, run at least once, that carries values of given types from given ones on."""
        self._count += 1
        head, after, before = f"loop{self._count}", f"after{self._count}", self._block
        self.do(f"br label %{head}")
        self._begin(head)
        at = len(self._lines)
        index, following = self._name(), self._name()
        values = [self._name() for _ in carry]
        loop = Loop(index, values, list(values))
        yield loop
        heads = [f"  {index} = phi i64 [0, %{before}], [{following}, %{self._block}]"]
        for name, (kind, start), result in zip(values, carry, loop.results, strict=True):
            heads.append(f"  {name} = phi {kind} [{start}, %{before}], [{result}, %{self._block}]")
        self._lines[at:at] = heads
        self.do(f"{following} = add nuw nsw i64 {index}, {step}")
        more = self.value(f"icmp slt i64 {following}, {end}")
        self.do(f"br i1 {more}, label %{head}, label %{after}")
        self._begin(after)

    def text(self) -> str:
        """The body, from the entry to the return."""
        return "entry:\n" + "\n".join(self._lines) + "\n  ret void\n"

    def _name(self) -> str:
        self._count += 1
        return f"%v{self._count}"

    def _begin(self, label: str) -> None:
        self._lines.append(f"{label}:")
        self._block = label
