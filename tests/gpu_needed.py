"""The TensorRT engine on a real card, for tests marked ``gpu``; without one they are skipped and say why."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache


def engine_here(folder: Path) -> TensorRTEngine:
    """An engine with an empty cache of its own; skips the test where there is no card."""
    engine = TensorRTEngine(cache=Cache(folder))
    probe = engine.probe()
    if not probe.available:
        pytest.skip(probe.detail)
    return engine


@pytest.fixture(scope="module")
def gpu_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TensorRTEngine]:
    """One engine for all tests of a file, so that each network is compiled once."""
    yield engine_here(tmp_path_factory.mktemp("engines"))


class Spy:
    """Passes calls on to CUDA's bindings and counts them."""

    def __init__(self, cuda: Any) -> None:
        self._cuda = cuda
        self.calls: Counter[str] = Counter()

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._cuda, name)
        if not callable(found) or isinstance(found, type):
            return found

        def call(*arguments: Any) -> Any:
            self.calls[name] += 1
            return found(*arguments)

        return call
