"""The processor at hand, as LLVM sees it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Processor:
    """A processor that code is written for.

    Attributes:
        name: LLVM's name of it.
        features: What it can do, as LLVM's list ``+avx2,-sse4a,...``.
        lanes: Floats in the widest vectors that it is quick with.
        fused: It multiplies and adds in one instruction.
    """

    name: str
    features: str
    lanes: int
    fused: bool

    @property
    def vectors(self) -> str:
        """Its vectors in words."""
        return f"vectors of {32 * self.lanes} bits" + ("" if self.fused else ", no fused multiply-add")


def processor() -> Processor:
    """The processor that this process runs on."""
    import llvmlite.binding as llvm

    try:
        found = llvm.get_host_cpu_features()
        features, listed = dict(found), found.flatten()
    except RuntimeError:  # LLVM does not know how to ask this one; what all of its kind can do is enough then
        features, listed = {}, ""
    lanes, fused = vectors(llvm.get_process_triple().partition("-")[0], features)
    return Processor(llvm.get_host_cpu_name(), listed, lanes, fused)


def vectors(kind: str, features: Mapping[str, bool]) -> tuple[int, bool]:
    """Lanes of the vectors, and whether there is a fused multiply-add.

    Args:
        kind: Of processor, as LLVM's triples begin.
        features: By LLVM's name.
    """
    if kind in ("aarch64", "arm64"):
        return 4, True  # NEON; both are in every one of them
    fused = bool(features.get("fma"))
    if features.get("avx512f") and features.get("avx512vl"):
        return 16, True  # they have a fused multiply-add of their own
    return (8 if features.get("avx2") and fused else 4), fused
