"""What is heard when the masks are too old, and bypass: both replace a bus by a dry signal, with a cross-fade."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from rtiass.ramp import ease

if TYPE_CHECKING:
    from rtiass.mixer import Mixer
    from rtiass.render import Renderer

POLICIES = ("hold", "mix", "instrumental", "mute")
"""``hold`` keeps the last masks, ``mix`` plays the delayed input, ``instrumental`` its sides, ``mute`` nothing."""

FADE_SECONDS = 0.05
STALE_SECONDS = 0.25
"""Masks older than this are too old: about the length of a sung syllable."""

_SIDE_FLOOR = 1e-3  # sides 30 dB below the middle are a mono recording: it is played whole rather than as near-silence


def _towards(value: float, target: float, step: float) -> float:
    return min(target, value + step) if target > value else max(target, value - step)


class Fallback:
    """Cross-fades between the separated buses and what stands in for them.

    Attributes:
        policy: One of ``POLICIES``.
        bypass: The delayed input is wanted in place of the stems.
    """

    def __init__(self) -> None:
        self.policy = "mix"
        self.bypass = False
        self.reset()

    @property
    def moving(self) -> bool:
        """A cross-fade is under way in the present hop or begins with it."""
        return self._stale != self._stale_end or self._bypassed != self._bypass_end

    def reset(self) -> None:
        """Back to the stems at once, or to the bypass where that is on."""
        self._stale = self._stale_end = self._stale_share = 0.0
        self._bypassed = self._bypass_end = self._bypass_share = 1.0 if self.bypass else 0.0
        self._sides = 0.0
        self._playing = self.policy

    def advance(self, age_seconds: float, seconds: float) -> None:
        """Go on by one hop; a fade that is wanted by now begins.

        Args:
            age_seconds: How much older the masks in use are than they should be.
            seconds: Length of the hop.
        """
        step = seconds / FADE_SECONDS
        self._stale = _towards(self._stale, self._stale_end, step)
        self._bypassed = _towards(self._bypassed, self._bypass_end, step)
        if self._stale <= 0.0:
            self._playing = self.policy
        # A policy changed while it is heard takes over through the stems: fade out the old one first.
        stale = age_seconds > STALE_SECONDS and self._playing == self.policy and self.policy != "hold"
        self._stale_end = 1.0 if stale else 0.0
        self._bypass_end = 1.0 if self.bypass else 0.0
        self._step = step
        self.look(0.0)

    def look(self, ahead: float) -> None:
        """Take the fades as they will be if nothing else is wanted.

        Args:
            ahead: Seconds from the present hop's beginning, 0 or more.
        """
        step = ahead / FADE_SECONDS
        self._stale_share = ease(_towards(self._stale, self._stale_end, step))
        self._bypass_share = ease(_towards(self._bypassed, self._bypass_end, step))

    def apply(self, renderer: Renderer, mixer: Mixer, *, lead: bool) -> None:
        """Cross-fade the bus masks of a renderer in place, by the fades that were last looked at.

        Args:
            renderer: Its ``weights`` hold the stems' masks, its ``spectrum`` the frame.
            mixer: Tells each bus's share of the dry signal.
            lead: This renderer drives the slow decision whether the sides are worth playing.
        """
        renderer.mid.fill(0.0)
        if self._stale_share <= 0.0 and self._bypass_share <= 0.0:
            return
        share = mixer.fallback()
        weights = renderer.weights[: len(share)]
        if self._stale_share > 0.0:
            weights *= np.float32(1.0 - self._stale_share)
            if self._playing != "mute":
                weights += np.float32(self._stale_share) * share[:, None]
            if self._playing == "instrumental":
                if lead:
                    self._sides = _towards(self._sides, 1.0 if self._has_sides(renderer) else 0.0, self._step)
                np.multiply(
                    share,
                    np.float32(self._stale_share * self._sides * (1.0 - self._bypass_share)),
                    out=renderer.mid[: len(share)],
                )
        if self._bypass_share > 0.0:
            weights *= np.float32(1.0 - self._bypass_share)
            weights += np.float32(self._bypass_share) * share[:, None]

    @staticmethod
    def _has_sides(renderer: Renderer) -> bool:
        if len(renderer.spectrum) < 2:
            return False
        left, right = renderer.spectrum
        # |L-R|^2 and |L+R|^2 from three inner products, without temporaries.
        power = float(np.vdot(left, left) + np.vdot(right, right))
        cross = 2.0 * float(np.vdot(left, right))
        return power - cross > _SIDE_FLOOR * (power + cross)
