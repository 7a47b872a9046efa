"""Stems are found whatever their capitals."""

from __future__ import annotations

import pytest

from rtiass.errors import UserError
from rtiass.filejob import choose_stems


@pytest.mark.parametrize("name", ["piano", "Piano", " PIANO "])
def test_capitals_do_not_matter(name: str) -> None:
    assert choose_stems(("vocals", "Piano", "other"), [name]) == ("Piano",)


def test_they_do_where_nothing_else_tells_stems_apart() -> None:
    assert choose_stems(("Piano", "piano", "other"), ["piano"]) == ("piano",)


def test_an_unknown_stem_is_named_as_it_was_written() -> None:
    with pytest.raises(UserError, match="no stem 'Kazoo'"):
        choose_stems(("vocals", "other"), ["vocals", "Kazoo"])
