"""How the samples are cut into blocks does not change a bit of the output."""

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music

from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES

SOUND = music(20001)


def separated(mode, sizes, change=None):
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode=mode)
    done, parts = 0, []
    for size in sizes:
        block = SOUND[done : done + size]
        if change and done < change[0] <= done + len(block):
            block = SOUND[done : change[0]]
            parts.append(np.stack(list(separator.process(block).values())))
            separator.set_mode(change[1])
            done += len(block)
            block = SOUND[done : done + size - len(block)]
        parts.append(np.stack(list(separator.process(block).values())))
        done += len(block)
        if done >= len(SOUND):
            break
    return np.concatenate(parts, axis=1)


@pytest.mark.parametrize("size", [127, 128, 129, 441, 512, 1024, 4096, 16521])
@pytest.mark.parametrize("mode", MODES)
def test_bit_identical(mode, size):
    np.testing.assert_array_equal(separated(mode, [size] * 200), separated(mode, [len(SOUND)]))


@pytest.mark.parametrize("mode", ["live", "instant"])
def test_bit_identical_sample_by_sample(mode):
    np.testing.assert_array_equal(separated(mode, [1] * len(SOUND)), separated(mode, [len(SOUND)]))


@pytest.mark.parametrize("mode", MODES)
def test_bit_identical_for_mixed_sizes(mode):
    sizes = np.random.default_rng(5).choice([1, 127, 128, 129, 441, 512, 1024, 4096], 400)
    np.testing.assert_array_equal(separated(mode, sizes), separated(mode, [len(SOUND)]))


@pytest.mark.parametrize("size", [127, 512, 4096])
def test_bit_identical_across_a_mode_change(size):
    change = (3000, "instant")
    np.testing.assert_array_equal(separated("studio", [size] * 200, change), separated("studio", [30000] * 2, change))
