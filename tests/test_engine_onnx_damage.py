"""Whatever happens to a graph's bytes, judging it ends with yes or with a sentence."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rtiass.bundle import BundleError
from rtiass.onnxcheck import check_graph


@pytest.fixture
def good(tiny_bundle: Path) -> bytes:
    return (tiny_bundle / "model.onnx").read_bytes()


def judge(data: bytes) -> bool:
    try:
        check_graph(data, "mutant")
    except BundleError as error:
        assert str(error).startswith("The network of the model 'mutant' is not used: it ")
        return False
    return True


@pytest.mark.parametrize("seed", range(400))
def test_a_mutant_is_judged(good: bytes, seed: int) -> None:
    rng = np.random.default_rng(seed)
    data = bytearray(good)
    # Weights fill most of the file and say nothing about its structure: aim at the ends of it.
    ends = np.r_[0 : min(1500, len(data)), max(0, len(data) - 1500) : len(data)]
    for _ in range(int(rng.integers(1, 6))):
        at = int(rng.choice(ends)) % max(1, len(data))
        kind = rng.integers(4)
        if kind == 0:
            data[at] ^= 1 << int(rng.integers(8))
        elif kind == 1:
            data[at] = int(rng.choice([0, 1, 0x7F, 0x80, 0xFF]))
        elif kind == 2:
            del data[at : at + int(rng.integers(1, 20))]
        else:
            data[at:at] = rng.integers(0, 256, int(rng.integers(1, 12)), dtype=np.uint8).tobytes()
    judge(bytes(data))


def test_every_cut_is_judged(good: bytes) -> None:
    assert judge(good)
    cuts = [*range(0, 600), *range(600, len(good), max(1, len(good) // 200))]
    assert not any(judge(good[:cut]) for cut in cuts)


def test_messages_in_messages_do_not_go_deep() -> None:
    data = b""
    for _ in range(20_000):
        size, head = len(data), b"\x3a"
        while size > 127:
            head += bytes([size & 127 | 128])
            size >>= 7
        data = head + bytes([size]) + data
    assert not judge(data)


def test_many_tiny_parts_are_too_many() -> None:
    assert not judge(b"\x08\x01" * 2_000_000)
