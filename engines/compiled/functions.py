"""Functions of one number, spelt out so that LLVM works on many numbers at once.

Exponential and logarithm are those of the Cephes library (S. Moshier, ``expf`` and ``logf``), good to about 1e-7.
"""

from __future__ import annotations

import math

from engines.compiled.code import Code, number

LOWEST, HIGHEST = -87.0, 88.0
"""Between them ``exp`` is a normal number."""
_LN2_HIGH, _LN2_LOW = 0.693359375, -2.12194440e-4
_EXP = (1.9875691500e-4, 1.3981999507e-3, 8.3334519073e-3, 4.1665795894e-2, 1.6666665459e-1, 5.0000001201e-1)
_LOG = (
    7.0376836292e-2, -1.1514610310e-1, 1.1676998740e-1, -1.2420140846e-1, 1.4249322787e-1,
    -1.6668057665e-1, 2.0000714765e-1, -2.4999993993e-1, 3.3333331174e-1,
)  # fmt: skip


def _polynomial(code: Code, x: str, factors: tuple[float, ...]) -> str:
    y = number(factors[0])
    for factor in factors[1:]:
        y = code.call("fma", y, x, number(factor))
    return y


def held(code: Code, x: str, lowest: str, highest: str) -> str:
    """``x`` between two bounds."""
    return code.call("minnum", code.call("maxnum", x, lowest), highest)


def exp(code: Code, x: str) -> str:
    """Exponential."""
    x = held(code, x, number(LOWEST), number(HIGHEST))
    whole = code.call("rint", code.value(f"fmul float {x}, {number(1.0 / math.log(2.0))}"))
    x = code.call("fma", whole, number(-_LN2_HIGH), x)
    x = code.call("fma", whole, number(-_LN2_LOW), x)
    square = code.value(f"fmul float {x}, {x}")
    y = code.call("fma", _polynomial(code, x, _EXP), square, x)
    y = code.value(f"fadd float {y}, {number(1.0)}")
    bits = code.value(f"fptosi float {whole} to i32")
    bits = code.value(f"add i32 {bits}, 127")
    bits = code.value(f"shl i32 {bits}, 23")
    power = code.value(f"bitcast i32 {bits} to float")
    return code.value(f"fmul float {y}, {power}")


def log(code: Code, x: str) -> str:
    """Logarithm of a normal number above 0."""
    bits = code.value(f"bitcast float {x} to i32")
    # The exponent for which what is left lies between the root of a half and the root of two.
    shifted = code.value(f"sub i32 {bits}, {0x3F3504F3}")
    exponent = code.value(f"ashr i32 {shifted}, 23")
    rest = code.value(f"shl i32 {exponent}, 23")
    rest = code.value(f"sub i32 {bits}, {rest}")
    rest = code.value(f"bitcast i32 {rest} to float")
    rest = code.value(f"fsub float {rest}, {number(1.0)}")
    power = code.value(f"sitofp i32 {exponent} to float")
    square = code.value(f"fmul float {rest}, {rest}")
    cube = code.value(f"fmul float {square}, {rest}")
    y = code.value(f"fmul float {_polynomial(code, rest, _LOG)}, {cube}")
    y = code.call("fma", power, number(_LN2_LOW), y)
    y = code.call("fma", square, number(-0.5), y)
    return code.call("fma", power, number(_LN2_HIGH), code.value(f"fadd float {rest}, {y}"))


def sigmoid(code: Code, x: str) -> str:
    """Logistic function."""
    power = exp(code, code.value(f"fneg float {x}"))
    below = code.value(f"fadd float {power}, {number(1.0)}")
    return code.value(f"fdiv float {number(1.0)}, {below}")


def tanh(code: Code, x: str) -> str:
    """Hyperbolic tangent."""
    double = code.value(f"fmul float {x}, {number(2.0)}")
    share = code.value(f"fmul float {sigmoid(code, double)}, {number(2.0)}")
    return code.value(f"fsub float {share}, {number(1.0)}")


def leaky(code: Code, x: str, slope: float, kind: str = "float") -> str:
    """LeakyReLU, of one number or of a vector."""
    size = int(kind[1:].split()[0]) if kind != "float" else 0
    slopes = f"<{', '.join([f'float {number(slope)}'] * size)}>" if size else number(slope)
    zero, truth = ("zeroinitializer", f"<{size} x i1>") if size else (number(0.0), "i1")
    less = code.value(f"fmul {kind} {x}, {slopes}")
    above = code.value(f"fcmp ogt {kind} {x}, {zero}")
    return code.value(f"select {truth} {above}, {kind} {x}, {kind} {less}")
