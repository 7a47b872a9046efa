"""Scores are those of museval's own command line on the estimates that were kept."""

import json

import numpy as np
from paper_study import NEEDS_MUSDB

from offline_train.paper.budget import TINY
from offline_train.paper.pools import MUSDB_TARGETS
from offline_train.paper.scores import figure
from offline_train.paper.standin import Size, synthetic, write_musdb
from offline_train.paper.study import Study
from offline_train.paper.systems import IDEAL

pytestmark = NEEDS_MUSDB


def test_the_command_line_gives_the_same(tmp_path, monkeypatch):
    import museval
    import museval.cli

    root = tmp_path / "musdb"
    write_musdb(root, synthetic(Size((1, 1, 1), 3.0), 1))
    study = Study(tmp_path, musdb=root, budget=TINY, jobs=1, estimates=True, say=lambda text: None)
    scores = study.reference("musdb")
    # Its files are rounded to five places, so what goes into them is looked at too.
    heard = []
    evaluate = museval.evaluate
    monkeypatch.setattr(museval, "evaluate", lambda *args, **how: heard.append(evaluate(*args, **how)) or heard[-1])
    estimates = tmp_path / "estimates" / "musdb-reference" / "ideal-binary-mask"
    museval.cli.museval([str(estimates), "--musdb", str(root), "--is-wav", "-o", str(tmp_path / "museval")])
    (file,) = (tmp_path / "museval" / "test").glob("*.json")
    theirs = {target["name"]: target["frames"] for target in json.loads(file.read_text())["targets"]}
    assert set(theirs) == set(MUSDB_TARGETS)
    (song,) = scores["vocals"]
    for target, frames in theirs.items():
        for name, ours in song.rows[IDEAL][target].items():
            written = [np.nan if v is None else v for v in (frame["metrics"][name.upper()] for frame in frames)]
            exact = heard[0][["sdr", "isr", "sir", "sar"].index(name)][list(theirs).index(target)]
            assert np.isfinite(exact).any()
            np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-6, err_msg=f"{target} {name}")
            np.testing.assert_allclose(ours, written, rtol=0, atol=6e-6, err_msg=f"{target} {name}")
            np.testing.assert_allclose(figure(scores[target], IDEAL, target, name), np.nanmedian(exact), atol=1e-6)
