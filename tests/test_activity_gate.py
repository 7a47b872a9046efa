"""The fast gate opens at once and closes late; the strict gate is the paper's."""

import numpy as np
import pytest

from rtiass.activity import FastGate, GateSettings, OpenGate, StrictGate, make_gate

SETTINGS = GateSettings()


def run(gate, values):
    return np.array([gate.push(float(v)) for v in values])


@pytest.mark.parametrize("period", [1024, 512, 256, 128])
def test_fast_gate_opens_on_the_second_active_frame_in_every_mode(period):
    weights = run(FastGate(SETTINGS, period / 44100), [0.0] * 5 + [0.9] * 40)
    assert not weights[:6].any()
    assert weights[6] > 0
    assert weights[-1] == 1.0


def test_fast_gate_ignores_a_single_frame():
    assert not run(FastGate(SETTINGS, 1024 / 44100), [0.0] * 9 + [1.0] + [0.0] * 50).any()


@pytest.mark.parametrize("period", [1024, 256])
def test_fast_gate_closes_by_median_hangover_and_ramp(period):
    seconds = period / 44100
    gate = FastGate(SETTINGS, seconds)
    run(gate, [1.0] * round(2 / seconds))
    weights = run(gate, [0.0] * round(2 / seconds))
    falls = np.argmax(weights < 1) * seconds
    closed = np.argmax(weights == 0) * seconds
    planned = SETTINGS.median_seconds / 2 + SETTINGS.hangover_seconds
    assert falls == pytest.approx(planned, abs=4 * seconds)
    assert closed - falls == pytest.approx(SETTINGS.release_seconds, abs=3 * seconds)


def test_fast_gate_stays_open_over_a_flickering_note():
    gate = FastGate(SETTINGS, 1024 / 44100)
    run(gate, [1.0] * 30)
    assert (run(gate, [1.0, 0.0, 1.0, 0.0, 1.0] * 60) == 1.0).all()


def test_strict_gate_equals_a_centred_median():
    rng = np.random.default_rng(3)
    probabilities = rng.uniform(size=400)
    gate = StrictGate(SETTINGS)
    weights = run(gate, probabilities)
    assert gate.lookahead == 10
    padded = np.concatenate([np.zeros(20), probabilities])
    for index in range(400):
        centred = np.median(padded[index : index + 21])
        assert weights[index] == float(centred >= 0.5)


def test_retiming_keeps_an_open_gate_open_and_a_closed_one_closed():
    gate = FastGate(SETTINGS, 1024 / 44100)
    run(gate, [1.0] * 40)
    gate.retime(128 / 44100)
    assert (run(gate, [0.0] * 30) == 1.0).all()
    closed = FastGate(SETTINGS, 1024 / 44100)
    run(closed, [0.0] * 40)
    closed.retime(128 / 44100)
    assert not run(closed, [0.0] * 30).any()


def test_reset_closes():
    gate = FastGate(SETTINGS, 1024 / 44100)
    run(gate, [1.0] * 40)
    gate.reset()
    assert gate.push(0.0) == 0.0


def test_kinds():
    assert isinstance(make_gate("off", SETTINGS, 0.02), OpenGate)
    assert make_gate("off", SETTINGS, 0.02).push(0.0) == 1.0
    assert isinstance(make_gate("strict", SETTINGS, 0.02), StrictGate)
    with pytest.raises(ValueError, match="fast, strict, off"):
        make_gate("slow", SETTINGS, 0.02)


@pytest.mark.parametrize(("period", "frames"), [(1024, 21), (512, 43), (256, 85), (128, 169)])
def test_the_fast_median_is_as_long_as_the_papers_in_every_mode(period, frames):
    """Without a hangover the gate starts to close half a median after the last active frame."""
    gate = FastGate(GateSettings(hangover_seconds=0.0), period / 44100)
    run(gate, [1.0] * 400)
    weights = run(gate, [0.0] * 400)
    assert np.argmax(weights < 1) == frames // 2
