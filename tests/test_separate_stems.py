"""Only the stems that were asked for are written, and each is the same as when all are."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from conftest import MakeSong

from rtiass.errors import UserError
from rtiass.filejob import choose_stems, separate_song

ALL = ("vocals", "drums", "bass", "other")


@pytest.mark.parametrize("wanted", [["vocals"], ["other"], ["bass", "vocals"], ["drums", "other"]])
def test_a_choice_equals_its_part_of_all(pool: Any, make_song: MakeSong, tmp_path: Path, wanted: list[str]) -> None:
    song, _ = make_song()
    separate_song(song, tmp_path / "all", pool)
    result = separate_song(song, tmp_path / "some", pool, stems=wanted)
    assert sorted(p.name for p in (tmp_path / "some" / "song").iterdir()) == sorted(f"{stem}.wav" for stem in wanted)
    for path in result.files:
        if "other" in wanted:
            assert path.read_bytes() == (tmp_path / "all" / "song" / path.name).read_bytes()
        else:
            _assert_equal_within_24_bits(path, tmp_path / "all" / "song" / path.name)


def _assert_equal_within_24_bits(one: Path, other: Path) -> None:
    import numpy as np
    import soundfile

    a, b = (soundfile.read(path, dtype="float64")[0] for path in (one, other))
    assert np.abs(a - b).max() <= 2.0**-24


def test_stems_come_in_the_models_order() -> None:
    assert choose_stems(ALL, None) == ALL
    assert choose_stems(ALL, ["other", " Vocals ", "vocals", ""]) == ("vocals", "other")


@pytest.mark.parametrize("wanted", [["guitar"], ["vocals", "voice"], [], [" "]])
def test_unknown_or_no_stem_is_a_sentence(wanted: list[str]) -> None:
    with pytest.raises(UserError, match=r"This model has: vocals, drums, bass, other\."):
        choose_stems(ALL, wanted)
