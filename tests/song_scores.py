"""Scores of songs, written down by hand."""

from __future__ import annotations

from offline_train.paper.scores import SongScore

NAN = float("nan")


def song(
    pes: dict[str, list[float]] | None = None,
    activity: tuple[list[float], list[float]] | None = None,
    **rows: list[float],
) -> SongScore:
    """A song of one target, vocals.

    Args:
        pes: Of the frames, by row; none: the target is never silent.
        activity: Probabilities and labels of its seconds.
        rows: SDR of the frames, by row; SIR is 10 dB more.
    """
    made = {
        row: {
            "vocals": {
                "sdr": sdr,
                "sir": [value + 10 for value in sdr],
                "pes": (pes or {}).get(row, [NAN] * len(sdr)),
            }
        }
        for row, sdr in rows.items()
    }
    seconds = {} if activity is None else {"vocals": {"probability": activity[0], "active": activity[1]}}
    return SongScore("song", made, seconds)
