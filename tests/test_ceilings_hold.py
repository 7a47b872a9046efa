"""Nothing that is no matter of time got worse: sizes, counts, latencies, memory, scores of the shipped models.

A figure that got better is told as a warning. Either is accepted by ``python -m benchmarks.ceilings --write``.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import pytest

from benchmarks.ceilings import measure
from benchmarks.ceilings.quality import MODES
from benchmarks.ceilings.table import compare, read, told

TABLE = read()


def hold(found: Mapping[str, Any], *place: str) -> None:
    kept = TABLE
    for key in place:
        kept = kept.get(key, {})
    worse, better = told(compare(kept, found, ".".join(place)))
    if better:
        warnings.warn(better, stacklevel=2)
    assert not worse, worse


def test_every_shipped_model_has_its_figures():
    assert set(TABLE) == {"wheel", "packages", *measure.models()}


@pytest.mark.parametrize("part", [measure.network, measure.memory, measure.latency], ids=lambda part: part.__name__)
@pytest.mark.parametrize("name", measure.models())
def test_figures_of_a_model(name, part):
    hold(part(name), name, part.__name__)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("name", measure.models())
def test_score_of_a_model(name, mode):
    hold(measure.sdr(name, mode), name, "sdr", mode)


def test_the_wheel():
    hold(measure.wheel(), "wheel")


@pytest.mark.skipif(not measure.at_home(), reason="the table tells of Linux on x86-64")
def test_packages_of_an_install():
    hold(measure.packages(), "packages")
