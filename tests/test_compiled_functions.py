"""Compiled functions are good to the last digits of a float32, over all that networks meet."""

from __future__ import annotations

import ctypes

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from engines.compiled import functions
from engines.compiled.code import Code
from engines.compiled.machinecode import machine_code
from engines.compiled.processor import processor

N = 4096


def apply(function, x: np.ndarray) -> np.ndarray:
    declarations: set[str] = set()
    code = Code(declarations)
    with code.loop(N) as loop:
        value = code.value(f"load float, ptr {code.address('%x', [(loop.index, 1)])}")
        code.do(f"store float {function(code, value)}, ptr {code.address('%y', [(loop.index, 1)])}")
    text = "\n".join([*sorted(declarations), f"define void @f(ptr noalias %x, ptr noalias %y) {{\n{code.text()}}}"])
    compiled = machine_code(text, processor())
    x, y = x.astype(np.float32), np.zeros(N, np.float32)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(compiled.get_function_address("f"))(
        x.ctypes.data, y.ctypes.data
    )
    return y


def test_exponential() -> None:
    x = np.linspace(-80, 80, N)
    np.testing.assert_allclose(apply(functions.exp, x), np.exp(x.astype(np.float32).astype(float)), rtol=3e-7)


def test_logarithm() -> None:
    x = np.geomspace(1e-30, 1e30, N)
    exact = np.log(x.astype(np.float32).astype(float))
    np.testing.assert_allclose(apply(functions.log, x), exact, rtol=2e-7, atol=1e-7)


def test_sigmoid_and_tangent() -> None:
    x = np.linspace(-100, 100, N)
    np.testing.assert_allclose(apply(functions.sigmoid, x), 1 / (1 + np.exp(-np.clip(x, -87, 87))), atol=2e-7)
    np.testing.assert_allclose(apply(functions.tanh, x), np.tanh(x), atol=3e-7)


def test_leaky() -> None:
    x = np.linspace(-3, 3, N).astype(np.float32)
    assert np.array_equal(
        apply(lambda code, v: functions.leaky(code, v, 0.01), x), np.where(x > 0, x, np.float32(0.01) * x)
    )
