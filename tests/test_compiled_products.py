"""Compiled products of matrices are numpy's, for every way in which they can be asked for."""

from __future__ import annotations

import ctypes
from itertools import product as every

import numpy as np
import pytest

pytest.importorskip("llvmlite")

from engines.compiled.machinecode import machine_code
from engines.compiled.processor import processor
from engines.compiled.product import Product, packed, product_function

SIZES = [(1, 9, 40), (2, 3, 100), (5, 7, 7), (11, 4, 32), (33, 5, 24), (58, 3, 67)]


def compiled(kind: Product, lanes: int):
    declarations: set[str] = set()
    text = product_function("@product", kind, lanes, declarations).replace("internal ", "")
    code = machine_code("\n".join([*sorted(declarations), text, "attributes #0 = { nounwind }"]), processor())
    return code, ctypes.CFUNCTYPE(None, *[ctypes.c_void_p] * 6)(code.get_function_address("product"))


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("size", SIZES)
def test_products_are_those_of_numpy(size: tuple[int, int, int], lanes: int) -> None:
    height, inner, width = size
    rng = np.random.default_rng(0)
    a = rng.standard_normal((height, inner)).astype(np.float32)
    b = rng.standard_normal((inner, width)).astype(np.float32)
    plus = rng.standard_normal((height, width)).astype(np.float32)
    bias = rng.standard_normal(width).astype(np.float32)
    for laid, adds, row, slope in every([True, False], [True, False], [True, False], [None, 0.01]):
        code, function = compiled(Product(height, inner, width, inner, laid, adds, row, slope, ahead=laid), lanes)
        right = packed(b, height, lanes) if laid else b
        result = np.full((height + 1, width), 7.0, np.float32)
        function(*(array.ctypes.data for array in (a, right, result, plus, bias, b)))
        expected = a.astype(np.float64) @ b + adds * plus + row * bias
        if slope is not None:
            expected = np.where(expected > 0.0, expected, slope * expected)
        np.testing.assert_allclose(result[:-1], expected, atol=1e-5)
        assert (result[-1] == 7.0).all()  # nothing is written behind the last row
        del code


def test_rows_may_overlap() -> None:
    a = np.arange(24, dtype=np.float32)
    b = np.eye(6, dtype=np.float32)
    code, function = compiled(Product(7, 6, 6, 3, True, False, False, None), 4)
    result = np.zeros((7, 6), np.float32)
    function(*(array.ctypes.data for array in (a, packed(b, 7, 4), result, a, a, a)))
    assert np.array_equal(result, [a[3 * k : 3 * k + 6] for k in range(7)])
    del code
