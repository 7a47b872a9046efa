"""Mask periods and mask delays beside a mode's own: what is held, what is late, and what stays bit for bit."""

import numpy as np
import pytest
from fake_engine import FakeSession, fake_bundle, music

from offline_train.evaluation.oracle import ideal
from offline_train.evaluation.streamed import separate_song
from offline_train.evaluation.timing import Timing, delays_in, periods_in
from offline_train.evaluation.truth import Truth
from rtiass.errors import UserError
from rtiass.stft import MODES


@pytest.fixture(scope="module")
def truth():
    sounds = {name: music(15000, seed=k).T.copy() for k, name in enumerate(("vocals", "other"))}
    return Truth("song", "recorded", 0, sounds, {}, tuple(sounds))


def estimates(truth, session, timing, gate="fast"):
    found = separate_song(fake_bundle(), session, truth, timing, [gate])[gate]
    return np.stack([*found.estimates.values(), found.leak])


class Held(FakeSession):
    """Answers anew at every k-th step only, for a network with a longer period; it hears those steps' frames alone."""

    def __init__(self, every):
        super().__init__()
        self.every, self.asked = every, 0
        self.answer = (np.float32([0, 0, 0, 1])[:, None] * np.ones(2049, np.float32), np.zeros(4, np.float32))

    def step(self, magnitude):
        self.asked += 1
        if self.asked % self.every == 0:
            self.answer = super().step(magnitude)
        return self.answer


class Late(FakeSession):
    """Answers what it knew some steps ago; before that everything is in the last stem."""

    def __init__(self, steps):
        super().__init__()
        nothing = (np.float32([0, 0, 0, 1])[:, None] * np.ones(2049, np.float32), np.zeros(4, np.float32))
        self.queue = [nothing] * steps

    def step(self, magnitude):
        masks, activity = super().step(magnitude)
        self.queue.append((masks.copy(), activity.copy()))
        return self.queue.pop(0)


@pytest.mark.parametrize("mode", ["live", "tight", "instant"])
def test_a_modes_own_period_changes_nothing(truth, mode):
    own = Timing(mode, MODES[mode].period)
    assert own.row == mode
    np.testing.assert_array_equal(
        estimates(truth, FakeSession(), own), estimates(truth, FakeSession(), mode), strict=True
    )


@pytest.mark.parametrize(("mode", "period"), [("tight", 1024), ("instant", 512)])
def test_masks_are_held_for_a_period(truth, mode, period):
    session, every = FakeSession(), period // MODES[mode].hop
    found = estimates(truth, session, Timing(mode, period), "off")
    steps, held = session.steps, Held(every)
    np.testing.assert_allclose(found, estimates(truth, held, mode, "off"), atol=1e-6)
    assert steps == held.asked // every


@pytest.mark.parametrize(("mode", "delay"), [("live", 1), ("live", 4), ("instant", 3), ("instant", 20)])
def test_masks_come_as_many_hops_late_as_asked(truth, mode, delay):
    found = estimates(truth, FakeSession(), Timing(mode, delay=delay), "off")
    np.testing.assert_allclose(found, estimates(truth, Late(delay), mode, "off"), atol=1e-6)
    assert np.abs(found - estimates(truth, FakeSession(), mode, "off")).max() > 0.01


def test_shipped_modes_stay_as_they_are(truth):
    before = dict(MODES)
    estimates(truth, FakeSession(), Timing("tight", 1024, 2))
    assert before == MODES


@pytest.mark.parametrize(("period", "delay"), [(None, 0), (1024, 0), (None, 1), (1024, 3)])
def test_ideal_masks_are_held_and_late_alike(truth, period, delay):
    """Against a separator whose session answers the ideal masks of the frames that the network gets."""
    sources = np.stack(list(truth.sources.values()))
    timing = Timing("tight", period, delay)
    frames = []

    class Listening(FakeSession):
        def step(self, magnitude):
            frames.append(magnitude.copy())
            return super().step(magnitude)

    session = Listening()
    sizes = []
    for source in sources:
        frames.clear()
        alone = Truth("one", "recorded", 0, {"other": source}, {}, ("other",))
        separate_song(fake_bundle(), session, alone, timing, ["off"])
        sizes.append(np.stack(frames).mean(axis=1))
    first, second = sizes
    ratio = iter(first / np.maximum(first + second, 1e-12))

    class Knowing(FakeSession):
        def step(self, magnitude):
            self._masks[:] = 0
            self._masks[0] = next(ratio)
            self._masks[3] = 1 - self._masks[0]
            return self._masks, self._activity

    found = separate_song(fake_bundle(), Knowing(), truth, timing, ["off"])["off"].estimates["vocals"]
    expected = ideal(sources, timing.clock, ["irm"], delay)["irm"][0]
    np.testing.assert_allclose(found[:, 4096:], expected[:, 4096:], atol=2e-4)


def test_texts_are_timings():
    assert periods_in(["instant:256,512", "tight:1024"]) == (
        Timing("instant", 256),
        Timing("instant", 512),
        Timing("tight", 1024),
    )
    assert delays_in(["live:1,2"]) == (Timing("live", delay=1), Timing("live", delay=2))
    assert [t.row for t in (*periods_in(["tight:1024"]), *delays_in(["live:2"]))] == [
        "tight, masks every 1024",
        "live, masks 2 late",
    ]


@pytest.mark.parametrize(
    ("read", "text", "sentence"),
    [
        (periods_in, "instant:300", "Mask periods of instant are 128, 256, 512, 1024 samples; 300 is none"),
        (periods_in, "tight:256", "Mask periods of tight are 512, 1024"),
        (periods_in, "live:2048", "Mask periods of live are 1024"),
        (periods_in, "instant", "Write a mode and whole numbers"),
        (delays_in, "live:-1", "a number of hops"),
        (delays_in, "fast:1", "There is no mode 'fast'"),
    ],
)
def test_what_does_not_fit_is_a_sentence(read, text, sentence):
    with pytest.raises(UserError, match=sentence):
        read([text])
