"""Networks compiled to machine code for the processor at hand, with LLVM."""

from engines.compiled.engine import CompiledEngine

__all__ = ["CompiledEngine"]
