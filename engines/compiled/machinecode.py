"""From LLVM's language to code in memory; what was compiled once is kept on disk, for every process after this one.

The passes and the code generator take about a second, and loading what they made some milliseconds. It is the same way
for both: what was just compiled is loaded from the very bytes that are kept.
"""

from __future__ import annotations

import contextlib
import hashlib
from dataclasses import dataclass
from typing import Any

from engines.compiled.processor import Processor
from engines.keptfiles import Identity, KeptFiles
from rtiass.engine import EngineError

RECIPE = 1
"""Counts changes of what is done below."""
LEVEL, SPEED = 3, 2
"""Optimisation of the code generator and of the passes."""
KIND = "code"
KEPT = 32
"""Files that are left. One is some 60 kB, and networks that differ in their weights alone share one."""


@dataclass(frozen=True)
class CodeKey(Identity):
    """What code belongs to: any difference means that it is compiled again.

    Attributes:
        text: SHA-256 of the module, in hexadecimal.
        processor: LLVM's name of the processor.
        features: What it can do. Code for a processor that can do more would end the process.
        system: LLVM's triple.
        llvmlite: Version.
        llvm: Version.
        recipe: See ``RECIPE``.
        options: ``LEVEL`` and ``SPEED``.
    """

    text: str
    processor: str
    features: str
    system: str
    llvmlite: str
    llvm: str
    recipe: int
    options: str


def code_key(text: str, processor: Processor) -> CodeKey:
    """The key of a module on a processor."""
    import llvmlite
    import llvmlite.binding as llvm

    return CodeKey(
        text=hashlib.sha256(text.encode()).hexdigest(),
        processor=processor.name,
        features=processor.features,
        system=llvm.get_default_triple(),
        llvmlite=llvmlite.__version__,
        llvm=".".join(map(str, llvm.llvm_version_info)),
        recipe=RECIPE,
        options=f"{LEVEL} {SPEED}",
    )


def machine_code(text: str, processor: Processor, files: KeptFiles | None = None, model: str = "") -> Any:
    """A module as code, loaded from disk or compiled.

    Args:
        text: The module, with a function ``step``.
        processor: The one at hand.
        files: Where code is kept; None for nowhere.
        model: Name of the model.

    Returns:
        What holds the code; ``get_function_address`` tells where a function is.
    """
    key = code_key(text, processor)
    kept = files.read(key, KIND) if files is not None else None
    if kept is not None:
        # A file can be whole and yet be nothing that LLVM takes: then it is like one that is missing.
        with contextlib.suppress(RuntimeError):
            code = loaded(kept, processor)
            if code.get_function_address("step"):
                return code
    made = object_code(text, processor)
    if files is not None:
        # A folder that can't be written costs the next start a second, and this one nothing.
        with contextlib.suppress(EngineError):
            files.write(key, KIND, made, model)
            files.thin(KIND, KEPT)
    return loaded(made, processor)


def object_code(text: str, processor: Processor) -> bytes:
    """Compile a module to an object file."""
    import llvmlite.binding as llvm

    if not processor.fused:
        # Without the instruction LLVM would call a function, and a slow one: a product and a sum do.
        text = text.replace("@llvm.fma.", "@llvm.fmuladd.")
    target = _target(processor)
    module = llvm.parse_assembly(text)
    module.verify()
    tuning = llvm.create_pipeline_tuning_options(speed_level=SPEED)
    tuning.loop_vectorization = True
    builder = llvm.create_pass_builder(target, tuning)
    builder.getModulePassManager().run(module, builder)
    return target.emit_object(module)


def loaded(data: bytes, processor: Processor) -> Any:
    """Load an object file into this process.

    Raises:
        RuntimeError: LLVM does not take it.
    """
    import llvmlite.binding as llvm

    file = llvm.ObjectFileRef.from_data(data)
    if not file._as_parameter_:
        raise RuntimeError("LLVM does not take an object file")
    code = llvm.create_mcjit_compiler(llvm.parse_assembly(""), _target(processor))
    code.add_object_file(file)
    code.finalize_object()
    return code


def _target(processor: Processor) -> Any:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    machine = llvm.Target.from_default_triple()
    return machine.create_target_machine(cpu=processor.name, features=processor.features, opt=LEVEL, jit=True)
