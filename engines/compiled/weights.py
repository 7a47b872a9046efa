"""Reads the weights of a bundle: the safetensors format (github.com/huggingface/safetensors), without its library."""

from __future__ import annotations

import json

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
    length = int.from_bytes(data[:8], "little")
    if len(data) < 8 or length > min(LONGEST, len(data) - 8):
        raise ValueError("its table of contents is damaged")
    table = json.loads(data[8 : 8 + length])
    if not isinstance(table, dict):
        raise ValueError("its table of contents is damaged")
    weights: Weights = {}
    for name, entry in table.items():
        if name == "__metadata__":
            continue
        if not isinstance(entry, dict) or entry.get("dtype") != "F32":
            raise ValueError(f"{ascii(name[:40])} is not float32")
        (start, end), shape = entry["data_offsets"], entry["shape"]
        if not 0 <= start <= end <= len(data) - 8 - length or min(shape, default=0) < 0:
            raise ValueError("its table of contents is damaged")
        values = np.frombuffer(data, "<f4", (end - start) // 4, 8 + length + start)
        weights[name] = values.reshape([int(size) for size in shape])
    return weights
