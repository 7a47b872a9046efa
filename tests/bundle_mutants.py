"""Hostile bundles: cards, check sums, files and networks that are wrong in ways that programs or people would choose."""

from __future__ import annotations

import json
import os
import random
import shutil
from pathlib import Path
from typing import Any

from network_mutants import mutate_bytes, mutate_parts, mutate_shape, mutate_values, operators

from rtiass.bundle import CARD, GRAPH, HALF_GRAPH, SUMS, WEIGHTS, sha256_sums

FAMILIES = (
    "card values", "card text", "network bytes", "network parts", "network shape", "network values", "operators",
    "sums", "files", "operators",
)  # fmt: skip

DEEP = 20_000
NUMBERS: tuple[Any, ...] = (
    0, -1, 1, 2, 7, 2**31, -(2**31), 2**63 - 1, -(2**63), 10**30, 10**400, 1e308, 5e-324, float("nan"), float("inf"),
    float("-inf"), -0.0, 0.5, True, False,
)  # fmt: skip
NAMES = (
    "", ".", "..", "../x", "../../etc/passwd", "/etc/passwd", "a/b", "a\\b", "con", "x" * 65, "x" * 5000, "\0", "\x1b[2J", "\u202e", "é",
    "model.onnx", "%s%n", "-rf", "vocals ", "1a", "\n",
)  # fmt: skip
GOOD: dict[str, Any] = {
    "model": {
        "name": "tiny", "version": "1", "stems": ["vocals", "drums", "bass", "other"], "rate": 44100, "channels": 2,
        "frame": 4096, "bins": 2049, "lookahead": 0, "states": [["memory", [1, 4, 2049]]], "licence": "CC0",
    },
    "network": {"kind": "tiny"},
    "modes": {"trained": ["live", "instant"]},
    "gate": {"threshold": 0.5, "median_seconds": 0.1, "open_frames": 2, "vocals": {"threshold": 0.6}},
    "training": {"steps": 10, "commands": ["a"], "curve": [{"step": 1, "minutes": 2, "audio_hours": 1.0, "sdr": {"vocals": 1.0}}]},
    "classes": {"vocals": {"recorded": 1.0, "rendered": 2.0}},
    "licences": [{"source": "a", "licence": "b", "minutes": 1, "credit": "c"}],
    "failures": [{"what": "all"}],
    "figures": {"recorded": {"live": {"vocals": {"sdr": 1.0, "pes": 2.0}}}, "known_failures": ["much"], "command": "x"},
}  # fmt: skip


def toml(value: Any) -> str:
    """A value as TOML, whatever it is."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(str(k))} = {toml(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int | float):
        return str(value)
    return json.dumps(value)


def hostile(rng: random.Random) -> Any:
    """A value that nobody meant."""
    kind = rng.randrange(7)
    if kind == 0:
        return rng.choice(NAMES)
    if kind == 1:
        inner = [hostile(rng) for _ in range(rng.randrange(3))]
        return inner * rng.choice([1, 1, 1, 300]) if len(str(inner)) < 1000 else inner
    if kind == 2:
        return {rng.choice(NAMES): hostile(rng) for _ in range(rng.randrange(4))}
    if kind == 3:
        value: Any = rng.choice(NUMBERS)
        for _ in range(rng.choice([1, 3, 60])):
            value = [value]
        return value
    return rng.choice(NUMBERS)


def places(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Ways to all that is within a value."""
    found = [at] if at else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += places(inner, (*at, key))
    return found


def mutate_card(rng: random.Random) -> tuple[str, str]:
    """A card with a few values exchanged, left out or put in; and what was done."""
    card = json.loads(json.dumps(GOOD))
    done = []
    for _ in range(rng.choice([1, 1, 1, 2, 4])):
        way = rng.choice(places(card))
        if not way:
            continue
        inner = card
        for key in way[:-1]:
            inner = inner[key]
        kind = rng.randrange(4)
        if kind == 0:
            del inner[way[-1]]
        elif kind == 1 and isinstance(inner, dict):
            inner[rng.choice(NAMES)] = hostile(rng)
        else:
            inner[way[-1]] = hostile(rng)
        done.append(f"{kind}:{'.'.join(map(str, way))}")
    return "\n".join(f"{json.dumps(key)} = {toml(value)}" for key, value in card.items()), " ".join(done)


PIECES = (
    "[", "]", "[[", "{", "}", '"""', "'''", '"', "\\", "\\u0000", "#", "=", ".", "\n", "\r", "\0", "\x7f", "9" * 5000, "1e999", "nan",
    "1979-05-27T07:32:00Z", "[model]\n", "a.", "\ufeff", "0x", "_", "[" * DEEP, "{a=" * 1000, "a." * DEEP + "b=1\n",
)  # fmt: skip


def mutate_text(rng: random.Random, text: str) -> bytes:
    """A card whose characters are wrong."""
    for _ in range(rng.randint(1, 4)):
        at = rng.randrange(len(text) + 1)
        kind = rng.randrange(4)
        if kind == 0:
            text = text[:at] + text[at + rng.randint(1, 30) :]
        elif kind == 1:
            text = text[:at] + rng.choice(PIECES) + text[at:]
        elif kind == 2:
            text = text[:at] + chr(rng.choice([rng.randrange(256), 0x10FFFF, 0xD7FF])) + text[at + 1 :]
        else:
            text = text[:at]
    data = text.encode("utf-8", "replace")
    return data + b"\xff\xfe" if rng.random() < 0.1 else data


def mutate_sums(rng: random.Random, folder: Path) -> str:
    """Check sums that are wrong, or names in them that lead elsewhere."""
    path = folder / SUMS
    lines = path.read_text().splitlines()
    kind = rng.randrange(6)
    if kind == 0:
        lines = lines[: rng.randrange(len(lines))]
    elif kind == 1:
        lines = [line.replace(GRAPH, rng.choice(NAMES).replace("\0", "")) for line in lines]
    elif kind == 2:
        lines += [lines[0], "0" * 64 + "  " + CARD]
    elif kind == 3:
        at = rng.randrange(len(lines[0]))
        lines[0] = lines[0][:at] + rng.choice("0f zG*") + lines[0][at + 1 :]
    elif kind == 4:
        lines = [line.upper() for line in lines]
    data = "\n".join(lines).encode()
    path.write_bytes(rng.randbytes(200) if kind == 5 else data)
    return str(kind)


def mutate_files(rng: random.Random, folder: Path) -> str:
    """Files that are something else."""
    name, kind = rng.choice([CARD, GRAPH, SUMS, WEIGHTS, HALF_GRAPH]), rng.randrange(8)
    path = folder / name
    path.unlink(missing_ok=True)
    if kind == 1:
        path.symlink_to(rng.choice(["../secret.bin", "/etc/passwd", "/dev/zero", "nowhere", ".", name]))
    elif kind == 2:
        path.mkdir()
    elif kind == 3:
        os.mkfifo(path)
    elif kind == 4:
        path.write_bytes(b"")
    elif kind == 5:
        with path.open("wb") as file:
            file.truncate(2**40 if name != WEIGHTS and rng.random() < 0.02 else rng.choice([300_000, 3_000_000]))
    elif kind == 6:
        path.symlink_to(folder.parent / name)
    elif kind == 7:
        path.write_bytes(rng.randbytes(1000))
    return f"{name}:{kind}"


def make_mutant(rng: random.Random, family: str, good: Path, folder: Path) -> str:
    """Put a mutant of a bundle into a folder, in place of what is there.

    Args:
        rng: Decides what is done to it.
        family: One of ``FAMILIES``; anything else leaves it good.
        good: Folder of the bundle.
        folder: Where to.

    Returns:
        What was done.
    """
    shutil.rmtree(folder)
    folder.mkdir()
    card, graph, what = (good / CARD).read_bytes(), (good / GRAPH).read_bytes(), ""
    if family == "card values":
        text, what = mutate_card(rng)
        card = text.encode("utf-8", "replace")
    elif family == "card text":
        card = mutate_text(rng, card.decode())
    elif family == "network bytes":
        graph = mutate_bytes(rng, graph)
    elif family == "network parts":
        graph, what = mutate_parts(rng, graph)
    elif family == "network shape":
        graph, what = mutate_shape(rng, graph)
    elif family == "network values":
        graph, what = mutate_values(rng, graph)
    elif family == "operators":
        graph, what = operators(rng, graph)
    (folder / CARD).write_bytes(card)
    (folder / GRAPH).write_bytes(graph)
    names = [CARD, GRAPH]
    # The network in FP16 and weights of another engine are files of a bundle as well.
    for name in (HALF_GRAPH, WEIGHTS):
        if rng.random() < 0.1:
            (folder / name).write_bytes(rng.randbytes(300))
            names.append(name)
    (folder / SUMS).write_text(sha256_sums(folder, names))
    if family == "sums":
        what = mutate_sums(rng, folder)
    elif family == "files":
        what = mutate_files(rng, folder)
    return what
