"""What mixtures are drawn from: the songs and items of a pool that a configuration lets in."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from offline_train.evaluation.truth import known_stems, may_hold
from offline_train.lineup import Lineup
from offline_train.mixing_config import MixingConfig
from offline_train.pool import Item, Pool, Song
from rtiass.errors import UserError


def is_held(name: str, holdout: Sequence[str]) -> bool:
    """Whether a song, or an item without one, is kept out of training by the beginning of its name."""
    return name.startswith(tuple(holdout))


def check_classes(pool: Pool, lineup: Lineup) -> None:
    """See to it that every recording has a class of the line-up, or tells what it may hold.

    Raises:
        UserError: One has neither.
    """
    told = {"holds", "known"}
    strange = sorted({i.stem for i in pool.items.values() if not told & i.meta.keys()} - set(lineup.classes))
    if strange:
        raise UserError(
            f"{pool.folder} has recordings of {', '.join(strange)}. Declare that at the top of the "
            f"configuration: classes = {json.dumps(strange)}"
        )


@dataclass(frozen=True)
class Items:
    """Items of a class and a kind, with the chance of each: the root of its length."""

    items: list[Item]
    weight: float

    @cached_property
    def chances(self) -> NDArray[np.float64]:
        """Probabilities, shape (items,)."""
        roots = np.sqrt([item.samples for item in self.items])
        return roots / roots.sum()


class Material:
    """The part of a pool, as it stands now, that may be heard.

    Left out are what ``holdout`` names, what is silent, and what may hold classes of two stems, such as a band's
    backing track among stems: a song in which the truth of a stem is not known, or such an item.

    Args:
        pool: Its split.
        config: Kinds and ``holdout``.
        lineup: Stems of the network.
    """

    def __init__(self, pool: Pool, config: MixingConfig, lineup: Lineup) -> None:
        self.made_of = pool.items
        self.songs: dict[str, list[Song]] = {"recorded": [], "rendered": []}
        for song in pool.songs:
            heard = len(song.stems) > 1 and any(song.sounds(name) for name in lineup.classes)
            if heard and not is_held(song.name, config.holdout) and known_stems(song, lineup) == lineup.stems:
                self.songs[song.kind].append(song)
        by_name = {song.name: song for song in pool.songs}
        self.items: dict[str, list[Items]] = {}
        for name in lineup.classes:
            for kind, weight in config.kinds_of(name).items():
                items = [
                    item
                    for item in pool.of(name, kind)
                    if not is_held(item.song or item.id, config.holdout)
                    and _has_one_stem(item, by_name.get(item.song or ""), lineup)
                ]
                if items and weight > 0:
                    self.items.setdefault(name, []).append(Items(items, weight))


def _has_one_stem(item: Item, song: Song | None, lineup: Lineup) -> bool:
    song = song or Song(item.id, item.kind, item.samples, {item.stem: [item]})
    held = {lineup.place(name) for name in may_hold(item, song, lineup.classes)}
    return held == {lineup.place(item.stem)}
