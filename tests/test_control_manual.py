"""The manual's table of paths is that of the code, and its example is understood."""

from __future__ import annotations

import re
from pathlib import Path

from rtiass.control import Control, vocabulary
from rtiass.control.reference import table
from rtiass.control.taper import level_at

PAGE = (Path(__file__).parent.parent / "docs" / "control.md").read_text(encoding="utf-8")


def test_the_page_has_the_table_of_the_code() -> None:
    assert table() in PAGE
    assert len(table().splitlines()) > 25


def test_the_marks_of_the_fader_are_true() -> None:
    for position, level in re.findall(r"([\d.]+) is ([-+]?\d+) dB", PAGE):
        assert level_at(float(position)) == float(level)


def test_the_example_uses_paths_that_exist() -> None:
    control = Control(vocabulary(("vocals", "drums", "other"), ("mix",), True))
    paths = re.findall(r'"(/[a-z/]+)"', PAGE)
    assert len(paths) >= 5
    assert all(path in control for path in paths)
