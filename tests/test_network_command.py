"""``rtiass live --osc --remote``: the flags, with and without an address, reach the surfaces."""

from __future__ import annotations

import pytest
from typer.testing import CliRunner

from rtiass.cli import app


@pytest.mark.parametrize(
    ("arguments", "osc", "remote"),
    [
        ([], None, None),
        (["--osc", "--remote"], "9000", "8700"),
        (["--remote", "song.wav"], None, "8700"),
        (["song.wav", "--osc", "9100", "--remote", "0.0.0.0:8800"], "9100", "0.0.0.0:8800"),
    ],
    ids=str,
)
def test_flags(monkeypatch, arguments, osc, remote):
    seen = {}

    def play(options, **surfaces):
        seen.update(surfaces, song=options.song)
        return 0

    monkeypatch.setattr("rtiass.live.commands.play", play)
    result = CliRunner().invoke(app, ["live", *arguments])
    assert result.exit_code == 0, result.output
    assert (seen["osc"], seen["remote"]) == (osc, remote)
    assert seen["song"] == ("song.wav" if "song.wav" in arguments else None)
