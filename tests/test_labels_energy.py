"""Energy envelopes on signals whose answer is known."""

import numpy as np

from offline_train.labels import HOP_SAMPLES, energy_envelope, rms_envelope


def test_constant_gives_root_times_mean_of_window():
    envelope = energy_envelope(np.full(10 * HOP_SAMPLES, 0.25))
    assert len(envelope) == 11
    np.testing.assert_allclose(envelope[1:-1], 0.5 * (4097 / 2) / 4096)


def test_negative_half_waves_do_not_count():
    assert not energy_envelope(np.full(10 * HOP_SAMPLES, -0.25)).any()


def test_frames_are_centred_on_multiples_of_the_hop():
    signal = np.zeros(20 * HOP_SAMPLES)
    signal[7 * HOP_SAMPLES] = 1.0
    assert energy_envelope(signal).argmax() == 7


def test_both_envelopes_have_the_same_frames():
    for samples in (0, 1, HOP_SAMPLES, 2 * HOP_SAMPLES + 1, 3 * HOP_SAMPLES + 1):
        signal = np.ones(samples)
        assert len(energy_envelope(signal)) == len(rms_envelope(signal))
    assert len(energy_envelope(np.ones(0))) == 1


def test_rms_of_a_constant():
    np.testing.assert_allclose(rms_envelope(np.full(8 * HOP_SAMPLES, -0.3))[1:-1], 0.3)
