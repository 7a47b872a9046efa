"""The same seed gives the same bytes, whatever the order; another seed gives others."""

from pathlib import Path

from render_sources import contents, make_jobs, make_sources

from offline_train.render.engine import run
from offline_train.render.job import stream_of


def test_same_seed_same_bytes_in_any_order(tmp_path: Path) -> None:
    sources = make_sources(tmp_path)
    run(make_jobs(sources), tmp_path / "a")
    run(make_jobs(sources)[::-1], tmp_path / "b")
    assert contents(tmp_path / "a") == contents(tmp_path / "b")
    assert len(contents(tmp_path / "a")) > 8


def test_another_seed_gives_other_audio(tmp_path: Path) -> None:
    sources = make_sources(tmp_path)
    run(make_jobs(sources)[:2], tmp_path / "a")
    run(make_jobs(sources, seed=6)[:2], tmp_path / "b")
    a, b = contents(tmp_path / "a"), contents(tmp_path / "b")
    assert set(a) == set(b)
    assert all(a[name] != b[name] for name in a if name.startswith("audio"))


def test_a_jobs_numbers_follow_from_its_name_and_the_seed() -> None:
    assert stream_of(1, "drums_0001") == stream_of(1, "drums_0001")
    assert len({stream_of(seed, name) for seed in (1, 2) for name in ("a", "b")}) == 4
