"""Chord charts for the arranger MMA, and what it makes of them."""

from __future__ import annotations

import re
import subprocess
import tempfile
from functools import lru_cache
from itertools import pairwise
from pathlib import Path

import mido
import numpy as np

from offline_train.render.pop909 import Score
from offline_train.render.resources import need_program
from offline_train.render.tracks import Track, collect, cut
from rtiass.errors import UserError

BEATS = 4
_ROOTS = ("C", "Db", "D", "Eb", "E", "F", "Gb", "G", "Ab", "A", "Bb", "B")
_QUALITIES = {
    (0, 4, 7): "",
    (0, 3, 7): "m",
    (0, 3, 6): "dim",
    (0, 4, 8): "aug",
    (0, 5, 7): "sus4",
    (0, 2, 7): "sus2",
    (0, 4, 7, 10): "7",
    (0, 4, 7, 11): "M7",
    (0, 3, 7, 10): "m7",
    (0, 3, 6, 10): "m7b5",
    (0, 3, 6, 9): "dim7",
    (0, 4, 7, 9): "6",
    (0, 3, 7, 9): "m6",
    (0, 3, 7, 11): "mM7",
    (0, 4, 7, 10, 2): "9",
    (0, 4, 7, 11, 2): "M9",
    (0, 3, 7, 10, 2): "m9",
}
# Grooves of these files make up most of what is arranged: they are nearest to the songs that people separate.
POPULAR = (
    "50srock",
    "60srock",
    "8beat",
    "ballad",
    "basicrock",
    "bluefolk",
    "boneym",
    "bubblerock",
    "bvfunk",
    "countryblues",
    "dsoul",
    "folk",
    "folkballad",
    "folkrock",
    "guitarballad",
    "hillcountry",
    "jazzrock",
    "lfusion",
    "pianoballad",
    "popballad",
    "popspiritual",
    "rb",
    "rb-ballad",
    "rock-128",
    "rockballad",
    "shuffleboggie",
    "ska",
    "slowcountry",
    "softrock",
    "spiritual",
    "stringballad",
    "strut",
    "trance",
    "twist",
    "blues",
)


@lru_cache(maxsize=4)
def grooves(folder: Path) -> dict[str, tuple[str, ...]]:
    """Grooves in 4/4 by file, without beginnings, endings and fills.

    Raises:
        UserError: There are none.
    """
    found = {}
    for path in sorted(folder.glob("*.mma")):
        text = path.read_text(encoding="latin-1")
        time = re.search(r"^Time\s+(\d+)", text, re.MULTILINE)
        names = re.findall(r"^DefGroove\s+(\S+)", text, re.MULTILINE)
        names = [n for n in names if not re.search(r"Intro|End|Fill|Metronome|None$", n, re.IGNORECASE)]
        if time and time.group(1) == str(BEATS) and names:
            found[path.stem] = tuple(names)
    if not found:
        raise UserError(f"There are no grooves in {folder}. On Debian or Ubuntu: sudo apt-get install mma")
    return found


def draw_grooves(folder: Path, rng: np.random.Generator) -> tuple[str, str]:
    """Two grooves of one style, for the first and the second half of a song."""
    known = grooves(folder)
    popular = [name for name in POPULAR if name in known]
    files = popular if popular and rng.random() < 0.65 else list(known)
    names = known[files[int(rng.integers(len(files)))]]
    return names[int(rng.integers(len(names)))], names[int(rng.integers(len(names)))]


def chord_name(root: int, shape: tuple[int, ...]) -> str:
    """A chord as MMA writes it."""
    return _ROOTS[root % 12] + _QUALITIES.get(shape, "m" if 3 in shape else "")


def first_bar(score: Score) -> int:
    """Index of the first beat that begins a bar."""
    marked = np.flatnonzero(score.downbeats)
    return int(marked[0]) if len(marked) else 0


def write(score: Score, styles: tuple[str, str], seed: int) -> str:
    """The chart of a score: one chord a beat, the second style from the middle on."""
    begin = first_bar(score)
    times = score.beats[begin:]
    bars = max(len(times) // BEATS, 1)
    tempo = 60.0 / float(np.median(np.diff(score.beats))) if len(score.beats) > 2 else 120.0
    lines = [f"RndSeed {seed}", f"Tempo {tempo:.2f}", f"Groove {styles[0]}"]
    before = "C"
    for bar in range(bars):
        if bar == bars // 2 and bar:
            lines.append(f"Groove {styles[1]}")
        names = []
        for beat in range(BEATS):
            at = times[min(bar * BEATS + beat, len(times) - 1)]
            chord = next((c for c in score.chords if c.start - 0.06 <= at < c.end - 0.06), None)
            before = chord_name(chord.root, chord.shape) if chord else before
            names.append(before)
        written = [names[0]] + [name if name != last else "/" for last, name in pairwise(names)]
        lines.append(f"{bar + 1} {' '.join(written)}")
    return "\n".join(lines) + "\n"


def arrange(score: Score, styles: tuple[str, str], seed: int) -> list[Track]:
    """Let MMA arrange the score's chords, and lay what comes of it over the score's beats.

    Raises:
        UserError: MMA is not installed, or does not understand the chart.
    """
    program = need_program("mma", "mma")
    with tempfile.TemporaryDirectory() as folder:
        chart, out = Path(folder) / "chart.mma", Path(folder) / "out.mid"
        chart.write_text(write(score, styles, seed), encoding="latin-1")
        done = subprocess.run(
            [program, "-f", str(out), str(chart)], capture_output=True, text=True, check=False, cwd=folder
        )
        if done.returncode or not out.exists():
            tail = (done.stdout + done.stderr).strip()[-300:]
            raise UserError(f"MMA could not arrange {score.name} as {' and '.join(styles)}: {tail}")
        return tracks(mido.MidiFile(out), score)


def tracks(midi: mido.MidiFile, score: Score) -> list[Track]:
    """Notes of each track and program, their beats laid over those of the score and cut at its end."""
    begin = first_bar(score)
    known = score.beats[begin:]
    step = float(np.median(np.diff(score.beats))) if len(score.beats) > 2 else 0.5

    def seconds_at(tick: int) -> float:
        beat = tick / midi.ticks_per_beat
        if not len(known) or beat > len(known) - 1:
            return float((known[-1] if len(known) else 0.0) + (beat - max(len(known) - 1, 0)) * step)
        return float(np.interp(beat, np.arange(len(known)), known))

    return cut(collect(midi, seconds_at), 0.0, score.seconds)
