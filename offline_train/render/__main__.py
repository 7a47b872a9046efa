"""Command line: `python -m offline_train.render --data FOLDER --out POOL`."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from offline_train.render.build import GAME_SONGS, SOUNDFONTS, build_pool
from rtiass.errors import UserError


def main() -> None:
    """Build or complete the pool."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.render", description=main.__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder of the source material")
    parser.add_argument("--out", type=Path, required=True, help="folder of the pool")
    parser.add_argument("--jobs", type=int, default=2, help="processes at work (default 2)")
    parser.add_argument("--soundfonts", type=Path, default=SOUNDFONTS, help="folder of the SoundFonts")
    parser.add_argument("--game-songs", type=Path, default=GAME_SONGS, help="folder of Frets on Fire songs")
    arguments = parser.parse_args()
    try:
        build_pool(arguments.data, arguments.out, arguments.jobs, arguments.soundfonts, arguments.game_songs)
    except UserError as error:
        print(error, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
