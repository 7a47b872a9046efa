"""Reads the weights of a bundle: the safetensors format (github.com/huggingface/safetensors), without its library."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
from numpy.typing import NDArray

LONGEST = 1 << 20
"""Most bytes of the table of contents."""

Weights = dict[str, NDArray[np.float32]]
"""Tensors by name; they are views of the file."""


def read_weights(data: bytes) -> Weights:
    """All tensors by name.

    Raises:
        ValueError: They are damaged, or not all float32.
    """
    try:
        table, body = _contents(data)
        weights = {}
        for name, entry in table.items():
            if name == "__metadata__":
                continue
            (start, end), shape = entry["data_offsets"], entry["shape"]
            if entry["dtype"] != "F32":
                raise _OtherKindError(f"{name[:40]!a} is not float32")
            if not 0 <= start <= end <= len(data) - body or min(shape, default=0) < 0:
                raise ValueError
            values = np.frombuffer(data, "<f4", (end - start) // 4, body + start)
            weights[name] = values.reshape([int(size) for size in shape])
        return weights
    except _OtherKindError:
        raise
    except Exception as error:  # what is damaged may be of any kind
        raise ValueError("its table of contents is damaged") from error


class _OtherKindError(ValueError):
    pass


def _contents(data: bytes) -> tuple[dict[str, Any], int]:
    """The table, and where the numbers begin."""
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST, len(data) - 8):
        raise ValueError
    return dict(json.loads(data[8 : 8 + length])), 8 + length
