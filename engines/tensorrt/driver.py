"""Asks the driver for a card before any TensorRT library is loaded: without a driver those have been seen to crash."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from engines.tensorrt.status import checked, describe
from rtiass.engine import EngineError

DEVICE = 0
"""The card that is used: the first one. The variable ``CUDA_VISIBLE_DEVICES`` says which that is."""

INSUFFICIENT_DRIVER = 35
NO_DEVICE = 100


@dataclass(frozen=True)
class Card:
    """An NVIDIA card.

    Attributes:
        name: As the driver tells it.
        target: Its compute capability, as ``sm89``.
        driver: CUDA version of the driver, as 13000 for 13.0.
    """

    name: str
    target: str
    driver: int


class NoCardError(EngineError):
    """There is no card that can be used."""


def find_card(cuda: Any) -> Card:
    """The first card of this machine.

    Args:
        cuda: ``cuda.bindings.runtime``, or what stands for it.

    Raises:
        NoCardError: There is no driver, it is too old, or it shows no card; the sentence says what to do.
    """
    status, count = cuda.cudaGetDeviceCount()
    if int(status) == INSUFFICIENT_DRIVER:
        raise NoCardError(_too_old(cuda))
    if int(status) == NO_DEVICE or (not int(status) and not count):
        raise NoCardError(
            "The NVIDIA driver is here but shows no card. See whether nvidia-smi lists one, and whether "
            "CUDA_VISIBLE_DEVICES hides it."
        )
    if int(status):
        raise NoCardError(
            f"The NVIDIA driver doesn't answer ({describe(cuda, status)}). See what nvidia-smi says; "
            "after an update of the driver, restart the machine."
        )
    major, minor = (
        checked(cuda, cuda.cudaDeviceGetAttribute(attribute, DEVICE), "asking for its kind")
        for attribute in (
            cuda.cudaDeviceAttr.cudaDevAttrComputeCapabilityMajor,
            cuda.cudaDeviceAttr.cudaDevAttrComputeCapabilityMinor,
        )
    )
    name = checked(cuda, cuda.cudaGetDeviceProperties(DEVICE), "asking for its name").name
    return Card(
        name=name.decode("utf-8", "replace").rstrip("\0") if isinstance(name, bytes) else str(name),
        target=f"sm{major}{minor}",
        driver=int(checked(cuda, cuda.cudaDriverGetVersion(), "asking for the driver's version")),
    )


def version_text(version: int) -> str:
    """A CUDA version in its usual form: 12080 is "12.8"."""
    return f"{version // 1000}.{version % 1000 // 10}"


def _too_old(cuda: Any) -> str:
    (status, have), (other, wanted) = cuda.cudaDriverGetVersion(), cuda.cudaRuntimeGetVersion()
    if int(status) or int(other) or not have:
        return (
            "There is no NVIDIA driver on this machine (CUDA error 35). With an NVIDIA card, install its driver; "
            "without one, another engine does the same on the processor: --engine onnxruntime"
        )
    return (
        f"The NVIDIA driver is too old (CUDA error 35): it knows CUDA {version_text(have)}, and "
        f"{version_text(wanted)} is needed. Update the driver, or choose another engine: --engine onnxruntime"
    )
