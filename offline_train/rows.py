"""Rows of the loss: what is compared with the truth, each a sum of stems.

The network's own stems are rows. A view, a coarser line-up such as karaoke's, adds those of its stems that are sums
of several, so that one network learns to be good at all of them: its masks need only be added.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from offline_train.lineup import LINEUPS, Lineup
from rtiass.errors import UserError


@dataclass(frozen=True)
class Row:
    """One target.

    Attributes:
        name: The stem, or ``view/stem``, by which the loss weighs it.
        members: Indices of the network's stems that it is the sum of.
    """

    name: str
    members: tuple[int, ...]


def target_rows(lineup: Lineup, views: Sequence[str] = ()) -> list[Row]:
    """Rows of a line-up and of coarser views of it, no set of stems twice.

    Raises:
        UserError: A view is not known.
    """
    rows = [Row(name, (index,)) for index, name in enumerate(lineup.stems)]
    for view in views:
        if view not in LINEUPS:
            raise UserError(f"There is no line-up {view!r} to look at; choose from {', '.join(LINEUPS)}.")
        coarser = Lineup(LINEUPS[view])
        for name, members in zip(coarser.stems, coarser.merge(lineup.stems), strict=True):
            if members and all(row.members != tuple(members) for row in rows):
                rows.append(Row(f"{view}/{name}", tuple(members)))
    return rows
