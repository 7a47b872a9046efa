"""The fake card finds the mistakes that a runner could have: each, made on purpose, fails the comparison or is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_cuda import Misuse
from tensorrt_runs import bundle_of, fake_runner, frames, reference, run

from engines.tensorrt.runner import Runner, Shape
from engines.tensorrt.session import TensorRTSession
from rtiass.bundle import Bundle
from rtiass.engine import EngineError

FRAMES = frames(12, seed=8)


class Aliasing(Runner):
    """Writes the new states over the old ones."""

    def _addresses(self, bank: int) -> dict[str, int]:
        here = self._banks[bank]
        return {**super()._addresses(bank), **{f"{name}_next": address for name, address in here.items()}}


class NoSwap(Runner):
    """Reads the same bank at every step."""

    def step(self) -> None:
        super().step()
        self._now = 0


class SameDirection(Runner):
    """Has two graphs that both read the first bank."""

    def _addresses(self, bank: int) -> dict[str, int]:
        return super()._addresses(0)


class NoWarmUp(Runner):
    """Captures the very first call."""

    def _warm_up(self) -> None:
        pass


class HalfWarmUp(Runner):
    """Runs only one of the contexts before the capture."""

    def _warm_up(self) -> None:
        self._enqueue(0)
        super()._synchronise()


class NoWait(Runner):
    """Takes the results without waiting for them."""

    def step(self) -> None:
        self._cuda.cudaGraphLaunch(self._graphs[self._now], self._stream)
        self._now = 1 - self._now


class Overrun(Runner):
    """Copies the size of one tensor for another."""

    def _copy(self, target: int, source: int, shape: Shape, kind: Any) -> None:
        super()._copy(target, source, self._layout.mask if shape == self._layout.activity else shape, kind)


class ShortCopy(Runner):
    """Leaves out the last value of a copy."""

    def _copy(self, target: int, source: int, shape: Shape, kind: Any) -> None:
        super()._copy(target, source, (*shape[:-1], shape[-1] - 1), kind)


class NoReset(Runner):
    """Keeps the states when it is told to forget them."""

    _cleared = 0

    def reset(self) -> None:
        self._cleared += 1
        if self._cleared <= 2:  # when it is made, before the warm-up and after it
            super().reset()


class NeverCleared(Runner):
    """Begins with whatever is in memory."""

    def reset(self) -> None:
        pass


class HalfReset(Runner):
    """Forgets one of the two banks."""

    def reset(self) -> None:
        banks, self._banks = self._banks, self._banks[:1]
        super().reset()
        self._banks = banks


class InputOutsideTheGraph(Runner):
    """Copies the magnitudes once, at the capture's time."""

    def _enqueue(self, bank: int) -> None:
        if self._stream.captured is None:
            super()._enqueue(bank)
        else:
            self._contexts[bank].execute_async_v3(int(self._stream))


DIFFERENT = "Arrays are not equal"
SPOILT = "nan location mismatch"
BUGS: list[tuple[type[Runner], type[Exception], str]] = [
    (Aliasing, AssertionError, SPOILT),
    (NoSwap, AssertionError, DIFFERENT),
    (SameDirection, AssertionError, DIFFERENT),
    (NoWarmUp, EngineError, "did not start"),
    (HalfWarmUp, EngineError, "did not start"),
    (NoWait, AssertionError, DIFFERENT),
    (Overrun, Misuse, "go over the end of a block"),
    (ShortCopy, AssertionError, SPOILT),
    (NoReset, AssertionError, DIFFERENT),
    (NeverCleared, AssertionError, SPOILT),
    (HalfReset, AssertionError, DIFFERENT),
    (InputOutsideTheGraph, AssertionError, DIFFERENT),
]


def check(bundle: Bundle, kind: type[Runner]) -> None:
    """A run, a reset after an odd number of steps, and another run; each must be what ONNX Runtime makes of it."""
    session = TensorRTSession(fake_runner(bundle, kind))
    try:
        for some in (FRAMES[:7], FRAMES[7:]):
            for found, wanted in zip(run(session, some), reference(bundle, some), strict=True):
                np.testing.assert_array_equal(found, wanted)
            session.reset()
    finally:
        session.close()


def test_the_runner_itself_passes(tiny_bundle: Path) -> None:
    check(bundle_of(str(tiny_bundle)), Runner)


@pytest.mark.parametrize(("bug", "kind", "what"), BUGS)
def test_a_seeded_bug_is_caught(bug: type[Runner], kind: type[Exception], what: str, tiny_bundle: Path) -> None:
    with pytest.raises(kind, match=what):
        check(bundle_of(str(tiny_bundle)), bug)
