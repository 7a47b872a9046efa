"""What other processes and the machine around took is found from the system's own counts."""

from __future__ import annotations

from pathlib import Path

import pytest

from rtiass.bench import machine
from rtiass.bench.machine import Load, busy_seconds, cpu_seconds, memory_mb


@pytest.fixture
def ticks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "_ticks", lambda: 100)


def test_counts_of_the_system(tmp_path: Path, ticks: None) -> None:
    (tmp_path / "proc/7").mkdir(parents=True)
    (tmp_path / "proc/stat").write_text("cpu  100 20 30 9999 5 6 7 40 0 0\ncpu0 1 1 1 1\n")
    (tmp_path / "proc/7/stat").write_text("7 (a (b) c) S 1 7 7 0 -1 0 0 0 0 0 250 50 9 9 20 0\n")
    (tmp_path / "proc/7/status").write_text("Name:\ta\nVmHWM:\t9 kB\nVmRSS:\t1000 kB\n")
    assert busy_seconds(tmp_path) == pytest.approx((1.63, 0.4))
    assert cpu_seconds(7, tmp_path) == pytest.approx(3.0)
    assert memory_mb(7, tmp_path) == pytest.approx(1.024)


def test_where_the_system_tells_nothing_nothing_is_told(tmp_path: Path) -> None:
    assert (busy_seconds(tmp_path), cpu_seconds(7, tmp_path), memory_mb(7, tmp_path)) == (None, None, None)
    assert Load(0.0, None, 1.0).until(Load(1.0, (1.0, 1.0), 2.0)) == (None, None)


def test_others_are_what_is_left() -> None:
    before, after = Load(10.0, (100.0, 5.0), 40.0), Load(12.0, (103.0, 5.5), 41.0)
    assert before.until(after) == pytest.approx((1.0, 0.25))
