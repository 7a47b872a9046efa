"""Command line of the recipe: writes the stems, the mixture and the shipped file."""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray

from offline_train.demo_song.mix import stems
from offline_train.demo_song.sampler import RATE

NAME = "antagata_dokosa.ogg"
TAGS = {
    "title": "Antagata Dokosa",
    "artist": "traditional, sung by CrazY, with a band of sampled instruments",
    "copyright": "Voice (c) 2020 oatsu",
    "license": "see CREDITS.md",
}


def write_vorbis(path: Path, sound: NDArray[np.float64]) -> None:
    """Writes a stereo Ogg Vorbis file of quality 5, a second at a time (long writes overflow the encoder)."""
    with soundfile.SoundFile(path, "w", RATE, 2, format="OGG", subtype="VORBIS", compression_level=0.5) as file:
        for tag, text in TAGS.items():
            setattr(file, tag, text)
        for start in range(0, len(sound), RATE):
            file.write(sound[start : start + RATE])


def main() -> None:
    """Reads the two folders from the command line and makes the song."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.demo_song", description=__doc__)
    parser.add_argument("data", type=Path, help="folder with singing/, drums/, guitar/ and bass/")
    parser.add_argument("out", type=Path, help="folder for the stems, the mixture and the shipped file")
    arguments = parser.parse_args()
    arguments.out.mkdir(parents=True, exist_ok=True)
    parts = stems(arguments.data)
    mixture = np.sum(list(parts.values()), axis=0)
    for name, sound in {**parts, "mixture": mixture}.items():
        soundfile.write(arguments.out / f"{name}.flac", sound, RATE, subtype="PCM_24")
    write_vorbis(arguments.out / NAME, mixture)
    print(f"{len(mixture) / RATE:.1f} s written to {arguments.out}")


if __name__ == "__main__":
    main()
