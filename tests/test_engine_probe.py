"""Probing tells what is there or which command installs it, and imports nothing that is missing."""

from __future__ import annotations

import importlib.util
from typing import Any

import pytest

from engines.onnxruntime import OnnxRuntimeEngine
from engines.pytorch import PyTorchEngine
from rtiass.engine import load_engine


@pytest.mark.parametrize("name", ["onnxruntime", "pytorch"])
def test_what_is_there_is_named(name: str) -> None:
    probe = load_engine(name).probe()
    assert probe.available
    assert "CPU" in probe.detail


@pytest.mark.parametrize(
    ("engine", "module", "command"),
    [
        (OnnxRuntimeEngine, "onnxruntime", "pip install onnxruntime"),
        (PyTorchEngine, "torch", "pip install 'rtiass[train]'"),
        (PyTorchEngine, "safetensors", "pip install 'rtiass[train]'"),
    ],
)
def test_what_is_missing_is_named_with_the_command(
    engine: type[Any], module: str, command: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    find = importlib.util.find_spec
    for where in ("engines.onnxruntime.engine", "engines.pytorch.engine"):
        monkeypatch.setattr(f"{where}.find_spec", lambda name: None if name == module else find(name))
    probe = engine().probe()
    assert not probe.available
    assert command in probe.detail
