"""Gates are compared on one run of the network: what each does to a stem is told apart from the masks."""

import numpy as np
import pytest
from fake_engine import FakeSession, FixedSession, fake_bundle
from tiny_pool import add_item, tone

from offline_train.evaluate import evaluate
from offline_train.evaluation.song import Plan
from offline_train.evaluation.streamed import separate_song
from offline_train.evaluation.summary import gate_effects
from offline_train.evaluation.table import table
from offline_train.evaluation.truth import cut_song
from offline_train.lineup import BAND
from offline_train.pool import Pool
from rtiass.errors import UserError

GATES = ("off", "fast", "strict", "causal", "oracle")


@pytest.fixture
def pool(tmp_path):
    """Vocals that pause for two seconds over drums that do not."""
    add_item(tmp_path, "v", "vocals", tone(220.0, 5.0, (0.0, 2.0)), song="s", split="valid")
    add_item(tmp_path, "d", "drums", tone(700.0, 5.0, (0.0, 5.0)), song="s", split="valid")
    return Pool(tmp_path, "valid")


@pytest.mark.parametrize("lookahead", [0, 2])
def test_each_gate_gives_what_it_gives_alone(pool, lookahead):
    truth, bundle = cut_song(pool.songs[0], BAND, 2.0), fake_bundle(lookahead)
    together = separate_song(bundle, FakeSession(), truth, "live", GATES)
    for gate in GATES:
        alone = separate_song(bundle, FakeSession(), truth, "live", [gate])[gate]
        for stem in bundle.stems:
            np.testing.assert_array_equal(together[gate].estimates[stem], alone.estimates[stem])
        np.testing.assert_array_equal(together[gate].gates[: len(alone.gates)], alone.gates)


def test_the_network_runs_once_for_all_gates(pool):
    truth, session = cut_song(pool.songs[0], BAND, 2.0), FakeSession()
    separate_song(fake_bundle(), session, truth, "tight", ("off",))
    steps = session.steps
    separate_song(fake_bundle(), session, truth, "tight", ("off", "fast", "oracle"))
    assert session.steps == steps


@pytest.mark.parametrize("lookahead", [0, 3])
def test_the_oracle_opens_and_closes_with_the_labels(pool, lookahead):
    truth = cut_song(pool.songs[0], BAND)
    found = separate_song(fake_bundle(lookahead), FixedSession(), truth, "live", ("oracle",))["oracle"]
    vocals = found.estimates["vocals"]
    edge = np.flatnonzero(truth.labels("vocals")).max() * 2048
    assert abs(edge - 2 * 44100) < 8192
    # Within the label's frame and the mask's window around the edge, and not later for a lookahead.
    np.testing.assert_allclose(vocals[:, 8192 : edge - 4096], 0.25 * truth.mixture[:, 8192 : edge - 4096], atol=1e-5)
    assert not vocals[:, edge + 4096 :].any()
    assert not found.estimates["bass"].any()
    np.testing.assert_allclose(sum(found.estimates.values()), truth.mixture, atol=1e-5)


def test_a_perfect_gate_lowers_the_energy_at_silence(pool):
    plan = Plan(modes=("live",), gates=GATES)
    report = evaluate(fake_bundle(), FakeSession(), pool, plan, lambda text: None)
    vocals = report["gates"]["recorded"]["vocals"]
    assert set(vocals) == set(GATES)
    assert vocals["oracle"]["pes"] < vocals["off"]["pes"] - 10
    assert vocals["oracle"]["false_open"] == 0.0 and vocals["off"]["false_open"] == 1.0
    assert vocals["oracle"]["f1"] == 1.0
    assert report["compared_gates"] == ["fast", "off", "strict", "causal", "oracle"]
    assert "| vocals, oracle |" in table(report)


def test_sir_is_compared_over_common_windows():
    nan = float("nan")

    def row(sir):
        windows = {"sir": np.array(sir), "sdr": np.zeros(3), "pes": np.full(3, nan)}
        return {"vocals": {"windows": windows, "f1": 1.0, "false_open": nan}}

    songs = {"s": {"live": row([nan, 5.0, 6.0]), "live gate off": row([30.0, 4.0, 5.0])}}
    found = gate_effects(songs, ["vocals"], ("fast", "off"), "fast")["vocals"]
    assert found["fast"]["sir"] == 5.5 and found["off"]["sir"] == 4.5
    assert found["fast"]["pes"] is None and found["fast"]["false_open"] is None


def test_an_unknown_gate_is_a_sentence(pool):
    truth = cut_song(pool.songs[0], BAND)
    with pytest.raises(UserError, match="no gate 'loose'"):
        separate_song(fake_bundle(), FakeSession(), truth, "live", ("loose",))
