"""Decisions are compared with the labels of the moment that they are about, whatever the lookahead."""

import numpy as np
import pytest
from fake_engine import FixedSession, fake_bundle

from offline_train.evaluation.song import activity_figures
from offline_train.evaluation.streamed import BLOCK, Streamed, separate_song
from offline_train.evaluation.truth import Truth
from rtiass.activity import STRICT_FRAMES
from rtiass.stft import MODES

ACTIVE = range(40, 90)
"""Label frames, 2048 samples each."""
LABELS = np.isin(np.arange(130), ACTIVE)


def truth_of(**stems):
    return Truth("song", "recorded", 0, stems, dict.fromkeys(stems, LABELS), tuple(stems))


@pytest.mark.parametrize(("lookahead", "gate"), [(0, "fast"), (0, "strict"), (3, "fast"), (3, "strict")])
def test_lags_tell_which_frame_a_row_is_about(lookahead, gate):
    stems = {name: np.full((2, 8 * BLOCK), 0.1, np.float32) for name in ("vocals", "other")}
    result = separate_song(fake_bundle(lookahead), FixedSession(), truth_of(**stems), "live", [gate])[gate]
    window, period = MODES["live"].window, MODES["live"].period
    wait = STRICT_FRAMES // 2 if gate == "strict" else 0
    assert result.activity_lag == lookahead * period + window // 2
    assert result.gates_lag == (lookahead + wait) * period + window // 2
    assert result.latency == (lookahead + wait) * period + window


@pytest.mark.parametrize(("activity_lag", "gates_lag"), [(1024, 1024), (1024, 11 * 1024), (4096, 14 * 1024)])
def test_decisions_that_are_right_but_late_score_full_marks(activity_lag, gates_lag):
    sound = np.random.default_rng(0).normal(0, 0.1, (2, 120 * 2048)).astype(np.float32)
    ends = (np.arange(sound.shape[1] // BLOCK + 40) + 1) * BLOCK

    def rows(lag):
        right = np.isin((ends - lag + 1024) // 2048, ACTIVE).astype(np.float32)
        return np.stack([right, np.ones_like(right)], axis=1)

    stems = {"vocals": sound, "other": sound}
    result = Streamed(stems, sound, rows(activity_lag), rows(gates_lag), 0, activity_lag, gates_lag)
    found = activity_figures(truth_of(**stems), "vocals", ("vocals", "other"), result)
    assert found["f1"] == 1.0
    assert found["auc"] == 1.0
    assert found["false_open"] == 0.0
    assert found["f1_1s"] == found["auc_1s"] == 1.0
