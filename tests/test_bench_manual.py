"""The benchmark puts its tables between the marks of the manual's pages, and only there."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
from bench_rows import paced, played, report

from rtiass.errors import UserError

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("latency_benchmark", ROOT / "benchmarks" / "latency.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("page", ["compute.md", "live.md"])
def test_the_manual_has_the_marks(script: ModuleType, page: str) -> None:
    script.check_page(ROOT / "docs" / page)


@pytest.mark.parametrize("text", ["", "<!-- latency -->\n", "<!-- latency -->\n\n<!-- /latency -->\n" * 2])
def test_a_page_without_them_is_told_before_anything_is_measured(script: ModuleType, tmp_path: Path, text: str) -> None:
    page = tmp_path / "page.md"
    page.write_text(text)
    with pytest.raises(UserError, match="needs the marks"):
        script.check_page(page)
    with pytest.raises(UserError, match="needs the marks"):
        script.check_page(tmp_path / "none.md")


def test_tables_are_replaced_and_the_rest_stays(script: ModuleType, tmp_path: Path) -> None:
    page, picture = tmp_path / "page.md", tmp_path / "histogram.png"
    page.write_text("# Page\n\n<!-- latency -->\n\n<!-- /latency -->\n\nEnd.\n")
    picture.write_bytes(b"picture")
    script.fill(page, report(compute=[paced(model="first")]), picture)
    script.fill(page, report(compute=[paced(model="second\\1")]), picture)
    text = page.read_text()
    assert text.startswith("# Page\n\n<!-- latency -->\n\nMeasured on ")
    assert text.endswith("\n\n<!-- /latency -->\n\nEnd.\n")
    assert (
        "| second\\1 | onnxruntime, 1 | live | 23.2 | 1200 | 1.25 | 1.50 | 1.75 | 3.50 | 0.25 |" in text
        and "first" not in text
    )
    assert "](latency.png)" in text
    assert (tmp_path / "latency.png").read_bytes() == b"picture"


def test_the_grid_shows_what_was_played(script: ModuleType) -> None:
    live = [played(block=128, headroom=0), played(block=128), played(block=256, underruns=9)]
    text = script.tables(report(compute=[], live=live))
    assert "128 (517 callbacks) | 256 (517 callbacks)" in text and "9 / 0 / 0 / 0" in text
    assert "head-room, blocks of 128" in text and "| 2560 | 2560 | 0 |" in text and "the first start" in text


def test_the_engines_that_auto_takes_play_live(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    def played_on(*words: str) -> tuple[str, ...] | None:
        monkeypatch.setattr("sys.argv", ["latency.py", *words])
        return script.plan_of(script.arguments(), Path()).live_engines

    assert played_on() == ("onnxruntime", "compiled")
    assert played_on("--engines", "pytorch", "compiled") == ("compiled",)
    assert played_on("--engines", "pytorch") == ("pytorch",)
    assert played_on("--grid") == ("onnxruntime",)
    assert played_on("--grid", "--live-engines", "compiled") == ("compiled",)


def test_the_default_stays_below_ten_minutes(script: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["latency.py"])
    plan = script.plan_of(script.arguments(), Path())
    assert 480 < plan.duration(device=True) < 600
