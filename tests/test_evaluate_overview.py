"""An overview of several reports: SDR by mode beside what needs no model, and every goal."""

import json

import pytest

from offline_train.evaluation.overview import main


def report(model: str) -> dict:
    def row(value: float) -> dict:
        return {"vocals": {"sdr": value, "n": {"sdr": {"songs": 1, "seconds": 30.0}}}, "rest": {}}

    live = {**row(5.0), "karaoke": {"vocals_level": -16.5, "rest_level": -1.25}}
    checks = [
        {"what": "loud enough", "measured": 3.0, "wanted": ">= 2", "met": True},
        {"what": "never seen", "wanted": "< 1", "met": False},
    ]
    rows = {"live": live, "instant": row(4.0), "mixture": row(-1.0), "irm live": row(9.0)}
    return {
        "model": model, "version": "1.0", "stems": ["vocals", "rest"], "songs": {"recorded": {"a song": {}}},
        "summary": {"recorded": rows}, "acceptance": {"checks": checks},
    }  # fmt: skip


def test_every_model_mode_and_goal_is_there(tmp_path, capsys):
    paths = [tmp_path / "one.json", tmp_path / "two.json"]
    for path in paths:
        path.write_text(json.dumps(report(path.stem)))
    main([str(path) for path in paths])
    text = capsys.readouterr().out
    assert "## one 1.0" in text and "## two 1.0" in text
    assert "| | vocals (1 song, 30 s) | mean of stems | muted: vocals left | muted: rest left |" in text
    assert "| live | 5.00 | 5.00 | -16.50 | -1.25 |" in text
    assert "| instant | 4.00 | 4.00 |  |  |" in text
    assert "| irm live | 9.00 | 9.00 |  |  |" in text
    assert "| loud enough | 3.00 | >= 2 | yes |" in text and "| never seen | not measured | < 1 | no |" in text


@pytest.mark.parametrize("content", [None, "no JSON", "{}", "[]"])
def test_what_is_no_report_is_told(tmp_path, capsys, content):
    path = tmp_path / "figures.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(SystemExit) as stop:
        main([str(path)])
    assert stop.value.code
    assert "holds no figures" in capsys.readouterr().err
