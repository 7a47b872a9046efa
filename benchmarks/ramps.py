"""How near to a tone a fader's move is heard: ramps and ways to apply them, in every mode.

What a gain's course does to any tone is the course's own spectrum, shifted to the tone. A
tone is switched off in the middle of a Blackman-Harris window of 16384 samples, and the largest side band at and beyond
a distance is given in dB of the steady tone. No course can do without side bands: ``no frames`` is the ramp itself, a
new gain for each sample. ``once a frame`` takes the gain in the middle of each frame; ``N a frame`` takes it N times,
woven together as ``rtiass.render`` does. ``as it is`` is no model but what comes out, and so is an ``automatic gate``
that opens by the activity alone. Also told: the largest step of the gain beyond its ends, and what a hop costs while a
fader moves and while none does.

    python benchmarks/ramps.py [--json FILE]
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rtiass.activity import GateSettings, make_gate
from rtiass.mixer import Mixer
from rtiass.ramp import RAMP_SECONDS, ease
from rtiass.render import InputRing, Renderer, moments, weave
from rtiass.stft import FRAME, MODES, RATE, Mode

LENGTH = 16384
DISTANCES = (60.0, 80.0, 100.0, 150.0, 200.0, 400.0)
RAMP = RAMP_SECONDS * RATE

Array = NDArray[np.float64]
Shape = Callable[[float], float]

SHAPES: dict[str, Shape] = {
    "straight": lambda way: min(max(way, 0.0), 1.0),
    "raised cosine": lambda way: 0.5 - 0.5 * float(np.cos(np.pi * min(max(way, 0.0), 1.0))),
    "quintic": ease,
}


def blackman_harris() -> Array:
    n = 2 * np.pi * np.arange(LENGTH) / LENGTH
    window: Array = 0.35875 - 0.48829 * np.cos(n) + 0.14128 * np.cos(2 * n) - 0.01168 * np.cos(3 * n)
    return window


def side_bands(course: Array) -> list[float]:
    """Largest part of a course's spectrum at and beyond each distance, in dB of a steady gain of 1."""
    window = blackman_harris()
    level = np.abs(np.fft.rfft(course * window)) / window.sum()
    hertz = np.fft.rfftfreq(LENGTH, 1 / RATE)
    return [float(20 * np.log10(level[hertz >= distance].max())) for distance in DISTANCES]


def ideal(shape: Shape) -> Array:
    return np.array([1.0 - shape((n - LENGTH // 2) / RAMP) for n in range(LENGTH)])


def framed(mode: Mode, shape: Shape, looks: int) -> Array:
    """Course of a gain that is taken so many times a frame; the move begins with a hop, near the middle."""
    begin = LENGTH // 2 // mode.hop * mode.hop
    product = (0.5 - 0.5 * np.cos(2 * np.pi * np.arange(mode.window) / mode.window)) * mode.hop / (mode.window / 2)
    windows = weave(product.astype(np.float32), looks).astype(np.float64)
    places = np.linspace(0.0, 1.0, looks) if looks > 1 else np.array([0.5])
    course = np.zeros(LENGTH + 2 * mode.window)
    for start in range(-mode.window, LENGTH, mode.hop):
        gains = [1.0 - (shape((start - begin + p * mode.window) / RAMP) if start >= begin else 0.0) for p in places]
        course[start + mode.window : start + 2 * mode.window] += np.array(gains) @ windows
    return course[mode.window : mode.window + LENGTH]


def render(mixer: Mixer, renderer: Renderer, masks: NDArray[np.float32], weights: NDArray[np.float32]) -> None:
    """A hop, as the separator does it: masked at several moments while gains move."""
    if mixer.moving:
        for index, moment in enumerate(renderer.moments):
            mixer.look(moment)
            mixer.masks(masks, weights, renderer.weights)
            renderer.add(index)
        renderer.finish()
    else:
        mixer.masks(masks, weights, renderer.weights)
        renderer.synthesise()


def separated(mode: Mode) -> Array:
    """Course of the gain of what comes out: a steady input, one fader of one bus."""
    mixer = Mixer(("all", "other"), {"mix": {"all": 1.0, "other": 1.0}})
    renderer, ring = Renderer(mode, 1, 1, 0), InputRing(1, 2 * FRAME)
    masks, weights = np.ones((2, FRAME // 2 + 1), np.float32), np.ones(2, np.float32)
    parts, warm = [], 2 * FRAME
    for now in range(mode.hop, warm + LENGTH + 1, mode.hop):
        ring.write(np.ones((mode.hop, 1), np.float32))
        if now == warm + LENGTH // 2 // mode.hop * mode.hop:
            mixer.set_gain("mix", "all", 0.0)
        mixer.advance(mode.hop / RATE)
        renderer.analyse(ring, now)
        render(mixer, renderer, masks, weights)
        parts.append(renderer.ready[0, 0].astype(np.float64))
    return np.concatenate(parts)[warm - mode.hop :][:LENGTH]


def cost(mode: Mode, buses: int, moving: bool) -> float:
    """Microseconds that masking and transforming back take a hop, stereo, four stems: median of 200."""
    stems = ("vocals", "drums", "bass", "other")
    mixer = Mixer(stems, {str(bus): dict.fromkeys(stems, 1.0) for bus in range(buses)})
    renderer = Renderer(mode, 2, buses, 0)
    masks, weights = np.full((4, FRAME // 2 + 1), 0.25, np.float32), np.ones(4, np.float32)
    times = []
    for turn in range(200):
        mixer.set_gain("0", "vocals", 0.5 + 0.001 * turn * moving)
        begun = time.perf_counter()
        mixer.advance(mode.hop / RATE)
        render(mixer, renderer, masks, weights)
        times.append(time.perf_counter() - begun)
    return 1e6 * float(np.median(times[20:]))


def gated(mode: Mode) -> Array:
    """Course of the weight of a gate that opens by itself, from half way of a steady sound on."""
    gate = make_gate("fast", GateSettings(), mode.period / RATE)
    renderer, ring = Renderer(mode, 1, 1, 0), InputRing(1, 2 * FRAME)
    parts, warm = [], 2 * FRAME
    for now in range(mode.hop, warm + LENGTH + 1, mode.hop):
        ring.write(np.ones((mode.hop, 1), np.float32))
        renderer.analyse(ring, now)
        renderer.weights.fill(gate.push(1.0 if now >= warm + LENGTH // 2 // mode.hop * mode.hop else 0.0))
        renderer.synthesise()
        parts.append(renderer.ready[0, 0].astype(np.float64))
    return np.concatenate(parts)[warm - mode.hop :][:LENGTH]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--json", type=Path, help="write the figures there too")
    wanted = parser.parse_args()
    rows: list[dict[str, object]] = []

    def row(mode: str, shape: str, way: str, course: Array) -> None:
        bands = side_bands(course)
        beyond = max(0.0, float(course.max()) - 1.0, -float(course.min()))
        rows.append({"mode": mode, "shape": shape, "way": way, "side_bands_db": bands, "beyond": beyond})
        print(
            f"{mode:8} {shape:14} {way:14}" + "".join(f"{band:8.1f}" for band in bands) + f"{beyond:10.5f}", flush=True
        )

    print(f"{'mode':8} {'ramp':14} {'applied':14}" + "".join(f"{d:5.0f} Hz" for d in DISTANCES) + "    beyond")
    for name, shape in SHAPES.items():
        row("any", name, "no frames", ideal(shape))
    for mode in MODES.values():
        for name, shape in SHAPES.items():
            for looks in (1, 2, 3, 5) if moments(mode) > 1 else (1,):
                way = f"{looks} a frame" if looks > 1 else "once a frame"
                row(mode.name, name, way, framed(mode, shape, looks))
        row(mode.name, "quintic", "as it is", separated(mode))
        row(mode.name, "straight", "automatic gate", gated(mode))
    print(f"\n{'mode':8} {'buses':>6} {'still, us a hop':>16} {'moving':>8} {'hop, us':>8}")
    for mode in MODES.values():
        for buses in (1, 4, 12):
            still, moving = cost(mode, buses, False), cost(mode, buses, True)
            rows.append({"mode": mode.name, "buses": buses, "still_us": still, "moving_us": moving})
            print(f"{mode.name:8} {buses:6} {still:16.0f} {moving:8.0f} {1e6 * mode.hop / RATE:8.0f}", flush=True)
    if wanted.json:
        wanted.json.write_text(json.dumps(rows, indent=1) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
