"""The samples do not depend on the size of the blocks in which they are read."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import soundfile
from fake_engine import music
from sound_files import encode_aac

from rtiass.audiofile import open_audio


@pytest.mark.parametrize("suffix", ["flac", "mp3", "m4a"])
def test_block_size_does_not_matter(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.{suffix}"
    if suffix == "m4a":
        encode_aac(path, music(30000), 44100)
    else:
        soundfile.write(path, music(30000), 44100)
    sounds = []
    for size in (127, 1024, 16521, 1 << 20):
        with open_audio(path) as reader:
            blocks = list(reader.blocks(size))
            assert all(0 < len(block) <= size for block in blocks)
            assert reader.position == sum(len(block) for block in blocks)
            sounds.append(np.concatenate(blocks))
    for sound in sounds[1:]:
        np.testing.assert_array_equal(sound, sounds[0])
