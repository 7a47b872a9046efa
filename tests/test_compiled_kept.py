"""Machine code is kept on disk: loaded it is the same bit by bit, LLVM's passes do not run again, nothing else counts."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from networks import exported, magnitudes

pytest.importorskip("llvmlite")
import llvmlite.binding as llvm

from engines.compiled import CompiledEngine
from engines.compiled import engine as engine_module
from engines.compiled.machinecode import KEPT, KIND, code_key, loaded, machine_code, object_code
from engines.compiled.processor import processor
from engines.compiled.session import CompiledSession
from engines.keptfiles import FOLDER, UNFINISHED, KeptFiles

FRAMES = magnitudes(30, seed=6)[0].transpose(0, 1).numpy()
TEXT = "define void @step(ptr %x) {\n  store float 1.0, ptr %x\n  ret void\n}\n"


@pytest.fixture
def files(tmp_path: Path) -> KeptFiles:
    return KeptFiles(tmp_path / "engines")


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Counter[str]:
    """How often LLVM was asked for what takes long."""
    calls: Counter[str] = Counter()

    def count(owner: Any, name: str) -> None:
        inner = getattr(owner, name)

        def counted(*values: Any, **named: Any) -> Any:
            calls[name] += 1
            return inner(*values, **named)

        monkeypatch.setattr(owner, name, counted)

    count(llvm, "create_pass_builder")
    count(llvm.TargetMachine, "emit_object")
    return calls


def opened(files: KeptFiles, kind: str = "small") -> CompiledSession:
    """Opened as a process does that has compiled nothing yet."""
    engine_module._READY.clear()
    return CompiledEngine(files).open(exported(kind)[1])


def heard(session: CompiledSession) -> np.ndarray:
    return np.concatenate([np.concatenate([part.ravel() for part in session.step(frame)]) for frame in FRAMES])


def test_what_is_loaded_is_what_was_compiled(files: KeptFiles, work: Counter[str]) -> None:
    fresh = heard(opened(files))
    assert work == {"create_pass_builder": 1, "emit_object": 1}
    assert np.array_equal(heard(opened(files)).view(np.uint32), fresh.view(np.uint32))
    assert work == {"create_pass_builder": 1, "emit_object": 1}, "the passes ran again"
    (kept,) = files.folder.iterdir()
    assert kept.suffix == ".code" and kept.stat().st_mode & 0o077 == 0


def test_code_from_llvms_own_way_computes_the_same(files: KeptFiles, monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled and finalised by MCJIT in memory, without an object file in between."""
    ours = heard(opened(files))

    def in_memory(text: str, here: Any, *more: Any) -> Any:
        target = llvm.Target.from_default_triple().create_target_machine(
            cpu=here.name, features=here.features, opt=3, jit=True
        )
        module = llvm.parse_assembly(text)
        builder = llvm.create_pass_builder(target, llvm.create_pipeline_tuning_options(speed_level=2))
        builder.getModulePassManager().run(module, builder)
        code = llvm.create_mcjit_compiler(module, target)
        code.finalize_object()
        return code

    monkeypatch.setattr(engine_module, "machine_code", in_memory)
    assert np.array_equal(heard(opened(files)), ours)


@pytest.mark.parametrize("change", [{"name": "x86-64"}, {"features": "+sse2"}, {"features": ""}])
def test_another_processors_code_is_not_used(
    files: KeptFiles, work: Counter[str], change: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    here = processor()
    other = replace(here, **change)
    assert code_key(TEXT, other).digest != code_key(TEXT, here).digest
    files.write(code_key(TEXT, other), KIND, object_code(TEXT, here), "")
    work.clear()
    machine_code(TEXT, here, files)
    assert work["emit_object"] == 1
    # Even under this one's name.
    files.path(code_key(TEXT, other), KIND).replace(files.path(code_key(TEXT, here), KIND))
    machine_code(TEXT, here, files)
    assert work["emit_object"] == 2


@pytest.mark.parametrize("attribute", ["text", "system", "llvmlite", "llvm", "recipe", "options"])
def test_any_other_difference_means_another_file(files: KeptFiles, attribute: str) -> None:
    key = code_key(TEXT, processor())
    other = replace(key, **{attribute: 99 if attribute == "recipe" else "another"})
    files.write(key, KIND, b"code", "")
    assert files.read(key, KIND) == b"code" and files.read(other, KIND) is None


def test_damaged_code_is_compiled_again(files: KeptFiles, work: Counter[str]) -> None:
    fresh = heard(opened(files))
    (path,) = files.folder.iterdir()
    whole = path.read_bytes()
    for number, damaged in enumerate((b"", whole[:-1], whole[:-9] + b"x" + whole[-8:], os.urandom(500))):
        path.write_bytes(damaged)
        path.chmod(0o600)
        assert np.array_equal(heard(opened(files)), fresh)
        assert work["emit_object"] == number + 2
        assert path.read_bytes() == whole
    path.chmod(0o666)
    opened(files)
    assert work["emit_object"] == 6, "somebody else could have written it"


@pytest.mark.parametrize("odd", [b"nothing that LLVM takes", b"", b"another function"])
def test_a_whole_file_that_is_no_code_is_compiled_again(files: KeptFiles, work: Counter[str], odd: bytes) -> None:
    here = processor()
    data = object_code(TEXT.replace("@step", "@other"), here) if odd == b"another function" else odd
    work.clear()
    files.write(code_key(TEXT, here), KIND, data, "")
    assert machine_code(TEXT, here, files).get_function_address("step")
    assert work["emit_object"] == 1


def test_without_a_folder_it_works_all_the_same(tmp_path: Path, files: KeptFiles) -> None:
    (tmp_path / "file").write_text("")
    assert np.array_equal(heard(opened(KeptFiles(tmp_path / "file" / "engines"))), heard(opened(files)))


def test_the_newest_stay(files: KeptFiles) -> None:
    keys = [replace(code_key(TEXT, processor()), text=str(number)) for number in range(KEPT + 3)]
    for age, key in enumerate(reversed(keys)):
        os.utime(files.write(key, KIND, b"code", ""), (1e9 - age, 1e9 - age))
    (files.folder / "other.engine").write_bytes(b"another engine's")
    (files.folder / ".half.part").write_bytes(b"a process was killed")
    os.utime(files.folder / ".half.part", (1e9 - UNFINISHED, 1e9 - UNFINISHED))
    (files.folder / ".now.part").write_bytes(b"a process is at it")
    machine_code(TEXT, processor(), files)
    left = {path.name for path in files.folder.iterdir()}
    assert len([name for name in left if name.endswith(".code")]) == KEPT
    assert {"other.engine", ".now.part"} < left and ".half.part" not in left
    assert files.read(code_key(TEXT, processor()), KIND) is not None
    assert files.read(keys[-1], KIND) is not None and files.read(keys[0], KIND) is None


def test_several_at_once(files: KeptFiles) -> None:
    """Each of them either compiles or finds the whole of what another one has compiled."""
    found: list[int] = []
    threads = [
        threading.Thread(
            target=lambda: found.append(machine_code(TEXT, processor(), files).get_function_address("step"))
        )
        for _ in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6 and all(found)
    assert [path.suffix for path in files.folder.iterdir()] == [".code"]


def test_code_stays_when_the_file_goes(files: KeptFiles) -> None:
    here = processor()
    data = bytearray(object_code(TEXT, here))
    code = loaded(bytes(data), here)
    data[:] = bytes(len(data))
    import ctypes
    import gc

    gc.collect()
    x = np.zeros(1, np.float32)
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(code.get_function_address("step"))(x.ctypes.data)
    assert x[0] == 1.0
    del code


def test_another_process_finds_it_where_the_variable_says(tmp_path: Path, files: KeptFiles) -> None:
    """With LLVM's code generator taken away."""
    opened(files)
    program = (
        "import sys, llvmlite.binding as llvm\n"
        "llvm.create_pass_builder = llvm.TargetMachine.emit_object = None\n"
        "from engines.compiled import CompiledEngine\n"
        "from rtiass.bundle import load_bundle\n"
        "CompiledEngine().open(load_bundle(sys.argv[1]))\n"
    )
    words = [sys.executable, "-c", program, str(exported("small")[1].path)]
    run = subprocess.run(words, env={**os.environ, FOLDER: str(files.folder)}, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
