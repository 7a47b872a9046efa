"""The log: a record a step, a line now and then, a bar on a terminal, scalars for TensorBoard."""

import json
import sys

import pytest
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tiny_stems import held_pool, train

from offline_train.fit.log import _cut


@pytest.fixture(scope="module")
def pool(tmp_path_factory):
    return held_pool(tmp_path_factory.mktemp("stems") / "pool")


def test_lines_and_scalars_tell_speed_and_waiting(tmp_path, pool, capsys):
    train(tmp_path, pool, steps=3, epoch_steps=2)
    out = capsys.readouterr().out
    for words in ("step     3 loss", "x real time", "% waiting for data", "Gflop/s", "% of the matrix-product rate"):
        assert words in out
    events = EventAccumulator(str(tmp_path / "tensorboard"))
    events.Reload()
    tags = set(events.Tags()["scalars"])
    assert {"train/loss", "train/rate", "train/vocals", "development", "speed/share of time waiting for data"} <= tags
    assert [event.step for event in events.Scalars("development")] == [2, 3]
    records = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    for record in (r for r in records if "took" in r):
        assert 0 <= record["waited"] <= record["took"] and record["cpu"] >= 0


def test_a_terminal_gets_a_bar_and_a_file_its_lines(tmp_path, pool, capsys, monkeypatch):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    train(tmp_path, pool, steps=2)
    assert "step     2 loss" in capsys.readouterr().out


def test_records_after_the_checkpoint_and_torn_lines_are_dropped(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text('{"step": 1}\n{"step": 2, "validation": {}}\n{"step": 3}\n{"step": 2, "lo')
    _cut(path, 2)
    assert path.read_text() == '{"step": 1}\n{"step": 2, "validation": {}}\n'
    assert list(tmp_path.iterdir()) == [path]
