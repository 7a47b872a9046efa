"""What a compiled network belongs to: any difference in it means another file, and a new build."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from engines.keptfiles import Identity
from engines.tensorrt.flavour import Flavour

RECIPE = 1
"""Counts changes of the options that networks are built with, and of the way to half precision."""

PRECISIONS = ("fp32", "fp16")


@dataclass(frozen=True)
class Key(Identity):
    """The identity of a compiled network; never its own hash, which differs from build to build.

    Attributes:
        flavour: Module of the library.
        version: The library's version.
        target: Compute capability, as ``sm89``.
        driver: CUDA version of the driver for libraries whose results depend on it, otherwise 0.
        precision: ``fp32`` or ``fp16``.
        graph: SHA-256 of the bundle's ONNX file that it is made from, in hexadecimal.
        recipe: See ``RECIPE``.
    """

    flavour: str
    version: str
    target: str
    driver: int
    precision: str
    graph: str
    recipe: int = RECIPE


def key_for(flavour: Flavour, target: str, driver: int, precision: str, graph: bytes) -> Key:
    """The key of a network.

    Args:
        flavour: Library that compiles it.
        target: Compute capability, as ``sm89``.
        driver: CUDA version of the driver; counts only where the library's results depend on it.
        precision: ``fp32`` or ``fp16``.
        graph: The bundle's ONNX file that it is made from.
    """
    return Key(
        flavour=flavour.module,
        version=flavour.version,
        target=target,
        driver=driver if flavour.keyed_by_driver else 0,
        precision=precision,
        graph=hashlib.sha256(graph).hexdigest(),
    )
