"""Cards are read back as they were written."""

from __future__ import annotations

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from offline_train.toml_text import to_toml

text = st.text(st.characters(exclude_categories=("Cs",)), max_size=12)
number = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False)
plain = st.recursive(text | number | st.booleans(), lambda v: st.lists(v, max_size=3), max_leaves=6)
tables = st.recursive(
    st.dictionaries(text, plain, max_size=3),
    lambda t: st.dictionaries(text, plain | t | st.lists(t, min_size=1, max_size=3), max_size=3),
    max_leaves=8,
)


@given(tables)
def test_tables_come_back(table: dict[str, Any]) -> None:
    assert tomllib.loads(to_toml(table)) == table


def test_plain_values_stay_in_their_table_though_they_come_after_another() -> None:
    table = {"a": {"b": {"c": 1}, "d": 2}, "e": 3}
    assert tomllib.loads(to_toml(table)) == table


def test_none_is_left_out() -> None:
    assert tomllib.loads(to_toml({"a": None, "b": 1})) == {"b": 1}


def test_other_types_are_refused() -> None:
    with pytest.raises(TypeError, match="no place"):
        to_toml({"a": object()})
