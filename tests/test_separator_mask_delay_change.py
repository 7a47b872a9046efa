"""A mode change may bring another mask delay: masks lag by exactly as much from then on, whatever the blocks."""

import numpy as np
import pytest
from fake_engine import STEMS, FakeSession, FixedSession, fake_bundle, music

from rtiass.errors import UserError
from rtiass.separator import StreamingSeparator
from rtiass.stft import MODES


class Numbering(FixedSession):
    """Step n's masks are n everywhere."""

    def step(self, magnitude):
        self._masks[:] = self.steps
        return super().step(magnitude)


@pytest.mark.parametrize(
    ("old", "first", "new", "second"),
    [("live", 0, "instant", 8), ("instant", 8, "live", 0), ("live", 1, "instant", 3), ("tight", 2, "tight", 5)],
)
def test_masks_lag_by_the_new_delay(old, first, new, second):
    separator = StreamingSeparator(fake_bundle(), Numbering(), mode=old, mask_delay=first, gate="off")
    sound = music(20480)
    separator.process(sound[:6144])
    separator.set_mode(new, mask_delay=second)
    hop, steps, used, start = MODES[new].hop, [], [], 7168
    # The change is made at the next multiple of 1024; the steps before it are those of the old mode.
    separator.process(sound[6144:start])
    last = start // MODES[old].period - 1
    for time in range(start + hop, len(sound) + 1, hop):
        separator.process(sound[time - hop : time])
        steps.append(last + (time - start) // hop)
        used.append(separator.masks[0, 0])
    assert separator.mask_delay == second and separator.mode.name == new
    assert used[second:] == steps[: len(steps) - second]
    # On the way over, too, no mask is newer than planned, and none goes back.
    assert used == sorted(used)
    assert separator.late_masks == 0 and separator.mask_age == 0
    # Before the first new mask is due, the masks of the old mode are as old as the new delay says.
    for hops, mask in enumerate(used[:second], 1):
        back = (second - hops) * hop
        assert mask >= last - -(-back // MODES[old].period)


@pytest.mark.parametrize("size", [127, 1000, 4096])
def test_blocks_do_not_matter(size):
    sound = music(40000)

    def made(size):
        separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live", mask_delay=1)
        parts = []
        for start, end, change in ((0, 9000, ("instant", 8)), (9000, 24000, ("tight", 0)), (24000, 40000, None)):
            for at in range(start, end, size):
                out = separator.process(sound[at : min(end, at + size)])
                parts.append(np.concatenate([out[stem] for stem in STEMS], axis=1))
            if change:
                separator.set_mode(change[0], mask_delay=change[1])
        return np.concatenate(parts)

    np.testing.assert_array_equal(made(size), made(40000))


def test_a_delay_changes_within_a_mode_and_survives_a_reset():
    separator = StreamingSeparator(fake_bundle(), FakeSession(), mode="live")
    separator.set_mode("live")
    assert not separator.switching
    separator.set_mode("live", mask_delay=2)
    assert separator.switching
    separator.reset()
    assert separator.mask_delay == 2
    with pytest.raises(UserError, match="0 or more"):
        separator.set_mode("live", mask_delay=-1)
