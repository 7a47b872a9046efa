"""How far two engines' results lie apart on music, in dB: masks, activity, and the stems that are heard.

    python benchmarks/engine_equality.py [SONG] [--models band ...] [--engine compiled] [--against onnxruntime]
        [--frames 3000]

Without a song: the demo song, over and over. Prints a Markdown table of the power of what the second engine gives over
that of the difference.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import rtiass
from rtiass.audiofile import open_audio
from rtiass.bundle import bundle_names, load_bundle
from rtiass.engine import EngineSession, load_engine
from rtiass.errors import UserError
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

DEMO = Path(rtiass.__file__).parent / "demo" / "antagata_dokosa.ogg"


class Kept:
    """A session that keeps all that it gives."""

    def __init__(self, session: EngineSession) -> None:
        self.session = session
        self.masks: list[NDArray[np.float32]] = []
        self.activity: list[NDArray[np.float32]] = []

    def step(self, magnitude: NDArray[np.float32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        mask, activity = self.session.step(magnitude)
        self.masks.append(mask.copy())
        self.activity.append(activity.copy())
        return mask, activity

    def reset(self) -> None:
        self.session.reset()

    def close(self) -> None:
        self.session.close()


def results(model: str, engine: str, sound: NDArray[np.float32], mode: str) -> list[NDArray[np.float32]]:
    """Masks, activity and stems."""
    bundle = load_bundle(model)
    kept = Kept(load_engine(engine).open(bundle, threads=1))
    separator = StreamingSeparator(bundle, kept, mode=mode)
    stems = separator.process(sound)
    kept.close()
    return [np.array(kept.masks), np.array(kept.activity), np.array(list(stems.values()))]


def decibels(found: NDArray[np.float32], wanted: NDArray[np.float32]) -> float:
    wanted = wanted.astype(np.float64)
    error = np.sum((found - wanted) ** 2)
    return float("inf") if error == 0.0 else float(10 * np.log10(np.sum(wanted**2) / error))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("song", nargs="?", type=Path, default=DEMO)
    parser.add_argument("--models", nargs="+", default=bundle_names())
    parser.add_argument("--engine", default="compiled")
    parser.add_argument("--against", default="onnxruntime")
    parser.add_argument("--mode", default="live", choices=list(MODES))
    parser.add_argument("--frames", type=int, default=3000)
    options = parser.parse_args()
    reader = open_audio(options.song)
    blocks = []
    while len(block := reader.read()):
        blocks.append(block.copy())
    reader.close()
    song = np.concatenate(blocks)[:, :2]
    sound = np.resize(song, (options.frames * MODES[options.mode].hop, 2)).astype(np.float32)
    print(
        f"{options.engine} against {options.against}, {options.frames} frames of {options.song.name}, {options.mode}\n"
    )
    print("| model | masks, dB | largest difference of a mask | activity, dB | stems, dB |\n|---|---|---|---|---|")
    for model in options.models:
        found, wanted = (results(model, engine, sound, options.mode) for engine in (options.engine, options.against))
        masks, activity, stems = (decibels(a, b) for a, b in zip(found, wanted, strict=True))
        print(f"| {model} | {masks:.1f} | {np.abs(found[0] - wanted[0]).max():.1e} | {activity:.1f} | {stems:.1f} |")


if __name__ == "__main__":
    try:
        main()
    except UserError as problem:
        sys.exit(str(problem))
