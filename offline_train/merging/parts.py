"""What the whole has of its parts: stems, states, lookahead; and whether they go together."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from rtiass.bundle import MAX_STATE_VALUES, MAX_STATES, MAX_STEMS, Bundle
from rtiass.errors import UserError
from rtiass.stft import BINS

LEFT = ("other", "rest")
"""What the last stem is called if the parts' own names of it are all taken."""

States = list[tuple[str, tuple[int, ...]]]


class MergeError(UserError):
    """Bundles that don't go together."""


@dataclass(frozen=True)
class Line:
    """The whole's outside.

    Attributes:
        stems: Of all parts, all but their last; then what is left.
        lookahead: Frames by which the masks lag: the largest of the parts'.
        activity_lookahead: Frames by which the activities lag: the largest of the parts'.
        waits: Frames by which each part's masks, and its activities, wait for them.
        states: Name and shape of every state: the parts' by their number, then those of the waiting.
    """

    stems: tuple[str, ...]
    lookahead: int
    activity_lookahead: int
    waits: tuple[tuple[int, int], ...]
    states: States


def line_up(bundles: Sequence[Bundle]) -> Line:
    """What parts make together.

    Raises:
        MergeError: They are fewer than two, two of them give the same stem, or together they are more than a model may
            be.
    """
    if len(bundles) < 2:
        raise MergeError("Merging needs two bundles or more. Name their folders: rtiass-train merge A B -o FOLDER")
    given: dict[str, Bundle] = {}
    for bundle in bundles:
        for stem in bundle.stems[:-1]:
            if stem in given:
                raise MergeError(
                    f"Both {given[stem].path} and {bundle.path} give the stem '{stem}'. A stem has one part that gives "
                    "it: leave one of the bundles out."
                )
            given[stem] = bundle
    last = next(name for name in (*(bundle.stems[-1] for bundle in bundles), *LEFT, "the_rest") if name not in given)
    lookahead = max(bundle.lookahead for bundle in bundles)
    early = max(bundle.activity_lookahead for bundle in bundles)
    waits = tuple((lookahead - bundle.lookahead, early - bundle.activity_lookahead) for bundle in bundles)
    line = Line((*given, last), lookahead, early, waits, _states(bundles, waits))
    values = sum(math.prod(shape) for _, shape in line.states)
    for what, count, most in (
        ("stems", len(line.stems), MAX_STEMS),
        ("states", len(line.states), MAX_STATES),
        ("values of states", values, MAX_STATE_VALUES),
    ):
        if count > most:
            raise MergeError(f"Together the bundles have {count} {what}; a model may have {most}. Merge fewer of them.")
    return line


def _states(bundles: Sequence[Bundle], waits: Sequence[tuple[int, int]]) -> States:
    states = [(f"part{i}_{name}", shape) for i, bundle in enumerate(bundles) for name, shape in bundle.states]
    for index, (bundle, (masks, activity)) in enumerate(zip(bundles, waits, strict=True)):
        stems = len(bundle.stems)
        if masks:
            states.append((f"wait{index}_masks", (1, stems - 1, masks, BINS)))
        if activity:
            states.append((f"wait{index}_activity", (1, stems, activity, 1)))
    return states
