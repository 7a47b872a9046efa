"""Vowel frames in which no pitch was found are not sung as noise."""

import numpy as np

from offline_train.render.voicebank import missed


def test_vowels_are_told_from_consonants() -> None:
    frequency = np.linspace(0, 22050, 1025)
    vowel = np.where(frequency < 1200, -4.0, -10.0)
    hiss = np.where(frequency < 2500, -12.0, -7.0)
    envelope = np.stack([vowel, vowel, hiss, vowel - 5.0]).astype(np.float16)
    voiced = np.array([True, False, False, False])
    np.testing.assert_array_equal(missed(envelope, voiced), [False, True, False, False])
