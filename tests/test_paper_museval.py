"""Scores are those of museval's own command line on the estimates that were kept, where a gate is shut as well."""

import json

import numpy as np
import pytest
from paper_study import NEEDS_MUSDB

from offline_train.evaluation.bsseval import FIGURES
from offline_train.paper.budget import TINY
from offline_train.paper.pools import MUSDB_TARGETS
from offline_train.paper.scores import figure
from offline_train.paper.standin import Size, synthetic, write_musdb
from offline_train.paper.study import Study
from offline_train.paper.systems import IDEAL, Reference
from rtiass.stft import RATE

pytestmark = NEEDS_MUSDB
GATED = "gated"


class Gated(Reference):
    """With another row: the ideal mask, behind a gate that lets no vocals through in the first defined second."""

    name = "gated"

    def separate(self, truth):
        out = super().separate(truth)
        ideal = out.rows[IDEAL]
        out.rows[GATED] = {target: audio.copy() for target, audio in ideal.items()}
        seconds = [slice(k * RATE, (k + 1) * RATE) for k in range(truth.mixture.shape[1] // RATE)]
        sounding = (*truth.sources.values(), *ideal.values())
        out.rows[GATED]["vocals"][:, next(s for s in seconds if all(audio[:, s].any() for audio in sounding))] = 0.0
        return out


@pytest.mark.parametrize("row", [IDEAL, GATED])
def test_the_command_line_gives_the_same(tmp_path, monkeypatch, row):
    import museval
    import museval.cli

    root = tmp_path / "musdb"
    write_musdb(root, synthetic(Size((1, 1, 1), 4.0), 1))
    study = Study(tmp_path, musdb=root, budget=TINY, jobs=1, estimates=True, say=lambda text: None)
    scores = study.scores.of(Gated(), study.material("musdb"), MUSDB_TARGETS)
    # Its files are rounded to five places, so what goes into them is looked at too.
    heard = []
    evaluate = museval.evaluate
    monkeypatch.setattr(museval, "evaluate", lambda *args, **how: heard.append(evaluate(*args, **how)) or heard[-1])
    estimates = tmp_path / "estimates" / "musdb-gated" / row.replace(" ", "-")
    museval.cli.museval([str(estimates), "--musdb", str(root), "--is-wav", "-o", str(tmp_path / "museval")])
    (file,) = (tmp_path / "museval" / "test").glob("*.json")
    theirs = {target["name"]: target["frames"] for target in json.loads(file.read_text())["targets"]}
    assert set(theirs) == set(MUSDB_TARGETS)
    (song,) = scores["vocals"]
    defined = np.isfinite(song.rows[IDEAL]["vocals"]["sdr"])
    if row == GATED:
        defined[defined.argmax()] = False
    assert defined.any() and not defined.all()
    for target, frames in theirs.items():
        for index, name in enumerate(FIGURES):
            ours = song.rows[row][target][name]
            written = [np.nan if v is None else v for v in (frame["metrics"][name.upper()] for frame in frames)]
            exact = heard[0][index][list(theirs).index(target)]
            np.testing.assert_array_equal(np.isfinite(exact), defined)
            np.testing.assert_allclose(ours, exact, rtol=0, atol=1e-6, err_msg=f"{target} {name}")
            np.testing.assert_allclose(ours, written, rtol=0, atol=6e-6, err_msg=f"{target} {name}")
            np.testing.assert_allclose(figure(scores[target], row, target, name), np.nanmedian(exact), atol=1e-6)
