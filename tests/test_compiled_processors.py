"""Code for processors with less: the right vectors, no function called where an instruction is missing, the same masks."""

from __future__ import annotations

import re
from types import SimpleNamespace

import numpy as np
import pytest
from networks import exported, magnitudes

pytest.importorskip("llvmlite")
import llvmlite.binding as llvm

from engines.compiled import CompiledEngine
from engines.compiled import engine as engine_module
from engines.compiled.joint import joint_network
from engines.compiled.machinecode import object_code
from engines.compiled.network import write_network
from engines.compiled.processor import Processor, processor, vectors
from engines.compiled.weights import read_weights

X86 = pytest.mark.skipif("x86_64" not in llvm.get_process_triple(), reason="code for x86 runs on x86 only")
HARMLESS = {"memcpy", "memmove", "memset", "rintf"}
"""Functions of the system's that every process has, and that take no longer than their work."""


@pytest.mark.parametrize(
    ("kind", "features", "lanes", "fused"),
    [
        ("x86_64", "avx512f avx512vl avx2 fma", 16, True),
        ("x86_64", "avx512f avx2 fma", 8, True),
        ("x86_64", "avx2 fma", 8, True),
        ("x86_64", "avx2", 4, False),
        ("x86_64", "avx fma", 4, True),
        ("x86_64", "avx sse4.2", 4, False),
        ("x86_64", "", 4, False),
        ("aarch64", "neon", 4, True),
        ("arm64", "", 4, True),
        ("riscv64", "", 4, False),
    ],
)
def test_vectors_are_as_wide_as_the_processor_is_quick_with(kind: str, features: str, lanes: int, fused: bool) -> None:
    known = dict.fromkeys(("avx512f", "avx512vl", "avx2", "fma"), False)
    assert vectors(kind, known | dict.fromkeys(features.split(), True)) == (lanes, fused)


def test_where_llvm_does_not_know_the_processor_the_least_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    def unknown() -> None:
        raise RuntimeError("failed to get host cpu features")

    monkeypatch.setattr(llvm, "get_host_cpu_features", unknown)
    monkeypatch.setattr(llvm, "get_process_triple", lambda: "x86_64-unknown-linux-gnu")
    assert (processor().features, processor().lanes, processor().fused) == ("", 4, False)
    assert "(x86_64, vectors of 128 bits, no fused multiply-add)" in CompiledEngine().probe().detail
    monkeypatch.setattr(llvm, "get_process_triple", lambda: "arm64-apple-darwin23")
    assert "(arm64, vectors of 128 bits)" in CompiledEngine().probe().detail


def test_what_the_probe_says_is_what_is_used() -> None:
    here = processor()
    assert f"vectors of {32 * here.lanes} bits" in CompiledEngine().probe().detail


def written(lanes: int) -> str:
    bundle = exported("small")[1]
    data = bundle.weights_bytes()
    assert data is not None
    return write_network(joint_network(bundle.card["network"], read_weights(data)), lanes).text


def called(data: bytes) -> set[str]:
    """Names in an object file that are functions of the system's mathematics or memory."""
    return {name.decode() for name in re.findall(rb"(?<=\0)(?:mem\w+|\w+f)(?=\0)", data)}


LESS = {
    "no AVX2": Processor("sandybridge", "", 4, False),
    "no AVX": Processor("nehalem", "", 4, False),
    "the first of all": Processor("x86-64", "", 4, False),
    "AVX2": Processor("haswell", "", 8, True),
}


@X86
def test_the_names_are_found() -> None:
    """With a fused multiply-add on a processor without one a function would be called for it."""
    slow = object_code(written(4), SimpleNamespace(name="nehalem", features="", lanes=4, fused=True))  # type: ignore[arg-type]
    assert "fmaf" in called(slow)


@X86
@pytest.mark.parametrize("which", LESS)
def test_no_function_stands_in_for_an_instruction(which: str) -> None:
    assert called(object_code(written(LESS[which].lanes), LESS[which])) <= HARMLESS


@X86
@pytest.mark.parametrize("which", LESS)
def test_masks_are_the_same(which: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frames = magnitudes(40, seed=7)[0].transpose(0, 1).numpy()
    ours, bundle = CompiledEngine().open(exported("small")[1]), exported("small")[1]
    monkeypatch.setattr(engine_module, "processor", lambda: LESS[which])
    other = CompiledEngine().open(bundle)
    for frame in frames:
        for mine, its in zip(ours.step(frame), other.step(frame), strict=True):
            np.testing.assert_allclose(mine, its, atol=5e-6, rtol=0)


def test_code_for_arm_is_neons_and_calls_no_mathematics() -> None:
    """Compiled for one, not run."""
    llvm.initialize_all_targets()
    llvm.initialize_all_asmprinters()
    triple = "aarch64-unknown-linux-gnu"
    try:
        target = llvm.Target.from_triple(triple).create_target_machine(cpu="cortex-a72", opt=3, jit=True)
    except RuntimeError:
        pytest.skip("this LLVM knows no ARM")
    module = llvm.parse_assembly(written(vectors("aarch64", {})[0]))
    module.triple = triple
    builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
    builder.getModulePassManager().run(module, builder)
    text = target.emit_assembly(module)
    assert re.search(r"\bfmla\s+v\d+\.4s", text)
    system = {name for name in re.findall(r"\bbl\s+(\w+)", text) if not name.startswith("product")}
    assert system <= {"memcpy", "memmove", "memset"}
