"""CUDA's answers: every call returns a tuple that begins with a status."""

from __future__ import annotations

from typing import Any

from rtiass.engine import EngineError


class CudaError(EngineError):
    """A call of CUDA that failed.

    Attributes:
        code: CUDA's number of the error; 35 is a driver that is missing or too old.
    """

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def checked(cuda: Any, answer: tuple[Any, ...], doing: str) -> Any:
    """What a call has given.

    Args:
        cuda: ``cuda.bindings.runtime``, or what stands for it.
        answer: Tuple of the status and the values, as every call returns it.
        doing: What was tried, for the message: "reserving memory on the card".

    Returns:
        None, the value, or a tuple of the values.

    Raises:
        CudaError: The call failed.
    """
    status = answer[0]
    if int(status):
        raise CudaError(
            f"The NVIDIA card failed while {doing} ({describe(cuda, status)}). "
            "Close other programs that use it and try again, or choose another engine: --engine onnxruntime",
            int(status),
        )
    values = answer[1:]
    if not values:
        return None
    return values[0] if len(values) == 1 else values


def describe(cuda: Any, status: Any) -> str:
    """A status in CUDA's own words and number."""
    text = cuda.cudaGetErrorString(status)[1]
    words = text.decode("utf-8", "replace") if isinstance(text, bytes) else str(text)
    return f"CUDA error {int(status)}, {words}"
