"""Take a song apart: in memory, and into files at constant memory.

python examples/file.py SONG [FOLDER] [MODEL]
"""

import sys
from pathlib import Path

import numpy as np

import rtiass


def main() -> None:
    """Print what is in a song, then write its stems."""
    song = Path(sys.argv[1])
    folder = Path(sys.argv[2]) if len(sys.argv) > 2 else Path("stems")
    model = sys.argv[3] if len(sys.argv) > 3 else None

    # A whole song in memory: arrays of shape (samples, channels), float32, at the song's own rate.
    result = rtiass.separate(song, model=model)
    for name, samples in result.stems.items():
        column = result.activity.stems.index(name)
        heard = float(np.mean(result.activity.weights[:, column] > 0.5))
        level = 10 * np.log10(np.mean(np.square(samples)) + 1e-12)
        print(f"{name:8} {level:6.1f} dB, heard {heard:4.0%} of the time")

    # Together they are the song again.
    print("peak of their sum:", float(np.abs(sum(result.stems.values())).max()))

    # Songs of any length go straight to files.
    written = rtiass.separate_to(song, folder, stems=["vocals", "other"], fmt="flac", model=model)
    for path in written.files:
        print(path)
    for warning in written.warnings:
        print("Warning:", warning)


if __name__ == "__main__":
    main()
