"""What is to be recorded: names such as ``vocals``, ``vocals:post``, ``mix`` and ``input``, and their buses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from rtiass.errors import UserError
from rtiass.live.options import MIX, bus_gains
from rtiass.live.state import MAX_BUSES

INPUT = "input"
INPUT_ROW = -1
PLACES = ("pre", "post")


@dataclass(frozen=True)
class Track:
    """A stereo file of a take.

    Attributes:
        name: Part of the file's name, such as ``vocals`` or ``vocals_post``.
        source: A stem, a mix or ``input``.
        place: ``pre`` or ``post`` the faders; ``input`` is always ``pre``.
        row: Which of the separator's buses it is; -1 for the input.
    """

    name: str
    source: str
    place: str
    row: int


@dataclass(frozen=True)
class RecordPlan:
    """The tracks, and the buses that are rendered for them alone.

    Attributes:
        tracks: In the order asked for.
        post: Further buses that follow the faders, by name, with their gains by stem.
        pre: Further buses at fixed gains.
    """

    tracks: tuple[Track, ...] = ()
    post: dict[str, dict[str, float]] = field(default_factory=dict)
    pre: dict[str, dict[str, float]] = field(default_factory=dict)

    @property
    def rendered(self) -> int:
        """How many inverse transforms a hop the recording adds."""
        return len(self.post) + len(self.pre)


def default_tracks(stems: Sequence[str], outputs: Sequence[str]) -> tuple[str, ...]:
    """What is recorded when nothing is named: every stem before its fader, and the outputs that are mixes."""
    return (*stems, *(bus for bus in outputs if bus not in stems))


def plan_tracks(wanted: Sequence[str], stems: Sequence[str], outputs: Sequence[str], vocals: float = 0.0) -> RecordPlan:
    """Find the bus of each track; those without one get a bus of their own.

    Args:
        wanted: Names: a stem, ``mix``, ``karaoke``, ``instrumental`` or ``input``, with ``:pre`` or ``:post`` for the
            place before or after the faders. A stem alone is ``pre``, a mix ``post``. Empty: ``default_tracks``.
        stems: The model's stems.
        outputs: Buses that are heard, in the separator's order.
        vocals: Linear gain of the vocals on ``karaoke``.

    Raises:
        UserError: An unknown name, one that stands twice, or too many buses.
    """
    places: list[tuple[str, str]] = []
    for text in wanted or default_tracks(stems, outputs):
        source, _, place = text.strip().partition(":")
        if source != INPUT and source not in stems and source not in MIX:
            known = ", ".join((*stems, *MIX, INPUT))
            raise UserError(f"There is no track '{source}' to record. Choose from: {known}; as in vocals,mix,input.")
        place = place or ("post" if source in MIX else "pre")
        if place not in PLACES or (source == INPUT and place != "pre"):
            raise UserError(
                f"'{text}' can't be recorded: write {source}" + ("." if source == INPUT else ":pre or :post.")
            )
        if (source, place) in places:
            raise UserError(f"The track '{text}' stands twice among those to record; name it once.")
        places.append((source, place))
    post = {f"{s}:post": bus_gains(s, stems, vocals) for s, p in places if p == "post" and s not in outputs}
    pre = {f"{s}:pre": bus_gains(s, stems, vocals) for s, p in places if p == "pre" and s != INPUT}
    if len(outputs) + len(post) > MAX_BUSES:
        raise UserError(f"At most {MAX_BUSES} outputs and tracks after faders fit; record fewer with --record-tracks.")
    rows = [*outputs, *post, *pre]
    tracks = []
    for source, place in places:
        bus = source if place == "post" and source in outputs else f"{source}:{place}"
        plain = source == INPUT or place == ("post" if source in MIX else "pre")
        row = INPUT_ROW if source == INPUT else rows.index(bus)
        tracks.append(Track(source if plain else f"{source}_{place}", source, place, row))
    return RecordPlan(tuple(tracks), post, pre)
