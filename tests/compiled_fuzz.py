"""Opens a bundle with a damaged card or damaged weights, many times over: ``python compiled_fuzz.py BUNDLE SEEDS...``.

Each seed is one damage. What opens is stepped, with every array between pages that must not be touched: alternately up
against the one behind it and against the one before it. Prints what became of them as JSON.
"""

from __future__ import annotations

import ctypes
import json
import mmap
import random
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from engines.compiled import CompiledEngine, machinecode
from engines.compiled import engine as engine_module
from engines.compiled import session as session_module
from engines.compiled.processor import processor
from engines.keptfiles import KeptFiles
from rtiass.bundle import Bundle, load_bundle
from rtiass.errors import UserError

Tensors = dict[str, np.ndarray]
PAGE = mmap.PAGESIZE
_LIBC = ctypes.CDLL(None, use_errno=True)
_KEEP: list[mmap.mmap] = []


def guarded(size: int, behind: bool) -> np.ndarray:
    """Zeros between two pages that can be neither read nor written; right before the second or right after the first."""
    pages = max(1, -(-4 * size // PAGE))
    memory = mmap.mmap(-1, (pages + 2) * PAGE)
    _KEEP.append(memory)
    whole = np.frombuffer(memory, np.uint8)
    for at in (0, (pages + 1) * PAGE):
        assert _LIBC.mprotect(ctypes.c_void_p(whole.ctypes.data + at), ctypes.c_size_t(PAGE), 0) == 0
    start = (pages + 1) * PAGE - 4 * size if behind else PAGE
    return whole[start : start + 4 * size].view(np.float32)


def guard(behind: bool) -> None:
    """Let the engine's arrays be guarded."""
    engine_module.aligned = lambda size: guarded(size, behind)
    session_module.rooms = lambda *sizes: [guarded(size, behind) for size in sizes]


def read(data: bytes) -> Tensors:
    length = int.from_bytes(data[:8], "little")
    table = json.loads(data[8 : 8 + length])
    table.pop("__metadata__", None)
    body = data[8 + length :]
    return {
        name: np.frombuffer(body[slice(*entry["data_offsets"])], "<f4").reshape(entry["shape"]).copy()
        for name, entry in table.items()
    }


def pack(tensors: Tensors, change: Callable[[dict[str, Any]], object] = lambda table: None) -> bytes:
    table: dict[str, Any] = {}
    parts, end = [values.astype("<f4").tobytes() for values in tensors.values()], 0
    for (name, values), part in zip(tensors.items(), parts, strict=True):
        start, end = end, end + len(part)
        table[name] = {"dtype": "F32", "shape": list(values.shape), "data_offsets": [start, end]}
    change(table)
    text = json.dumps(table).encode()
    return len(text).to_bytes(8, "little") + text + b"".join(parts)


ODD: list[Any] = [0, 1, -1, 3, 1 << 31, 1 << 63, 10**30, 1.5, float("nan"), None, "", "x", [], [0], {}, True]


def bytes_(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Bytes of the file replaced, or the file cut."""
    data = bytearray(pack(tensors))
    for _ in range(rng.randint(1, 20)):
        data[rng.randrange(12000 if rng.random() < 0.9 else len(data))] = rng.randrange(256)
    return bytes(data[: rng.randrange(len(data))] if rng.random() < 0.2 else data)


def table(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """An entry of the table of contents is another one's, or nonsense."""

    def change(found: dict[str, Any]) -> None:
        entry, other = found[rng.choice(list(found))], found[rng.choice(list(found))]
        what = rng.choice(["dtype", "shape", "data_offsets"])
        value = rng.choice([other[what], rng.choice(ODD), [rng.choice(ODD) for _ in range(rng.randint(1, 4))]])
        entry[what] = value
        if rng.random() < 0.3:
            found[rng.choice(list(found))] = rng.choice(ODD)

    return pack(tensors, change)


def values(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Numbers that are none, or too large, or below nothing."""
    for _ in range(rng.randint(1, 3)):
        tensor = tensors[rng.choice(list(tensors))]
        value = rng.choice([np.nan, np.inf, -np.inf, 3e38, -3e38, 1e-45, 1e20, -1.0, 0.0])
        tensor.flat[rng.randrange(tensor.size)] = value
        if rng.random() < 0.3:
            tensor[...] = value
    return pack(tensors)


def names(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Layers that are missing, double, or one of another kind."""
    for _ in range(rng.randint(1, 4)):
        name = rng.choice(list(tensors))
        if rng.random() < 0.5:
            tensors[rng.choice(list(tensors)).replace("0", rng.choice("0123"))] = tensors[name]
        else:
            del tensors[name]
    return pack(tensors)


def layers(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Very many layers, each of which fits."""
    block = f"encoder.{rng.randrange(1, 3)}"
    last = {name: tensors[name] for name in tensors if name.startswith((f"{block}.convs.1.", f"{block}.norms.1."))}
    for number in range(2, rng.choice([3, 4, 300])):
        tensors |= {name.replace("s.1.", f"s.{number}."): tensor for name, tensor in last.items()}
    return pack(tensors)


def dilations(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Layers that remember twice as long as the one before them, so many of them that nothing could hold it."""
    size = len(tensors["bottleneck.enter.0.weight"])
    for name in [name for name in tensors if name.startswith("bottleneck.gru.")]:
        del tensors[name]
    for number in range(rng.choice([1, 5, 40, 70])):
        layer = f"bottleneck.gru.layers.{number}"
        tensors |= {f"{layer}.norm.weight": np.ones(size), f"{layer}.norm.bias": np.zeros(size)}
        tensors |= {f"{layer}.dense.weight": np.zeros((size, 3 * size)), f"{layer}.dense.bias": np.zeros(size)}
    return pack(tensors)


def sizes(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """Another size of a layer, wherever that size comes from; it may be nothing, or more than there is room for."""
    n = rng.choice([0, 1, 2, 5, 17, 1024, 1500])
    (size, where), *more = rng.choice(
        [[(16, n)], [(24, n), (72, 3 * n), (48, 2 * n)], [(8, n), (14, n + 6)], [(220, 55 * n)], [(3, n)], [(495, n)]]
    )
    changed = dict([(size, where), *more])
    for name, tensor in tensors.items():
        shape = [changed.get(length, length) for length in tensor.shape]
        if shape != list(tensor.shape) and np.prod(shape) < 1 << 22:
            tensors[name] = np.resize(tensor, shape) if tensor.size else tensor
    return pack(tensors)


def card_(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """A word or a number on the card is another one."""
    network = card["network"]
    for _ in range(rng.randint(1, 2)):
        some = rng.choice(
            [*ODD, "mid-side", "root", "sigmoid", "dilated", [[0], [1], [2, 3]], [[0, 1, 2, 3]], [[9]] * 4]
        )
        network[rng.choice([*network, "merge"])] = some
    if rng.random() < 0.1:
        card["network"] = rng.choice(ODD)
    return pack(tensors)


def parts(rng: random.Random, card: dict[str, Any], tensors: Tensors) -> bytes:
    """More parts than are worked out, and what they would be merged to."""
    n = rng.choice([1, 4, 7, 64, 65, 5000])
    for name in ("head.weight", "head.bias", "bottleneck.activity.weight", "bottleneck.activity.bias"):
        if name in tensors:
            tensor, times = tensors[name], 3 if name.startswith("head") else 1
            tensors[name] = np.resize(tensor, (times * n, *tensor.shape[1:]))
    card["network"]["merge"] = [[0], [1], [2], list(range(3, n))]
    return pack(tensors)


DAMAGES = [bytes_, table, values, names, layers, dilations, sizes, card_, parts]


def damaged(bundle: Bundle, seed: int) -> tuple[str, Bundle]:
    rng = random.Random(seed)
    damage = DAMAGES[seed % len(DAMAGES)]
    card = json.loads(json.dumps(bundle.card))
    data = damage(rng, card, read(bundle.weights_bytes() or b""))
    return damage.__name__.strip("_"), replace(bundle, card=card, _weights=data)


def main() -> None:
    bundle = load_bundle(sys.argv[1])
    # What is compiled quickly reaches for the same memory.
    machinecode.LEVEL = machinecode.SPEED = 0
    here = processor()
    engine = CompiledEngine(KeptFiles())
    frame = np.abs(np.random.default_rng(0).standard_normal((2, 2049))).astype(np.float32)
    found: Counter[str] = Counter()
    slowest, told = (0.0, ""), set()
    for seed in map(int, sys.argv[2:]):
        guard(behind=seed % 2 == 0)
        lanes = (4, 8, 16)[seed // len(DAMAGES) % 3]
        engine_module.processor = lambda lanes=lanes: replace(here, lanes=lanes)  # type: ignore[attr-defined]
        kind, changed = damaged(bundle, seed)
        print(f"seed {seed}, {kind}", file=sys.stderr, flush=True)
        begun = time.process_time()
        try:
            session = engine.open(changed)
        except UserError as error:
            found[f"{kind} refused"] += 1
            told.add(str(error))
        else:
            found[f"{kind} opened"] += 1
            for _ in range(3):
                masks, activity = session.step(frame)
                assert masks.shape == (4, 2049) and activity.shape == (4,)
            session.close()
        engine_module._READY.clear()
        slowest = max(slowest, (time.process_time() - begun, kind))
    print(json.dumps({"found": found, "slowest": slowest, "told": sorted(told)}))


if __name__ == "__main__":
    main()
