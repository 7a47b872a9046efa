"""Composes electronic music on a grid of sixteenths: sections, chords, drum patterns, bass lines, arpeggios, leads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from offline_train.render.pop909 import Chord, Note, Score

STEPS = 16
"""Sixteenths of a bar."""
MINOR = (0, 2, 3, 5, 7, 8, 10)
MAJOR = (0, 2, 4, 5, 7, 9, 11)
LOOPS = (
    *((0, 5, 3, 4), (0, 5, 2, 6), (5, 3, 0, 4), (0, 3, 4, 3), (0, 6, 5, 6), (0, 0, 5, 6), (3, 4, 0, 0), (0, 2, 5, 3)),
    *((0, 0, 0, 0), (0, 0, 3, 3)),
)
"""Degrees of the chord of each bar, repeated."""


@dataclass(frozen=True)
class Style:
    """A dance: tempi in beats a minute and what may be played in a bar; `X` is loud, `x` soft.

    Attributes:
        bpm: Slowest and fastest.
        swing: Most that every second sixteenth is late, as a share of a sixteenth.
        kick: Patterns of the bass drum.
        snare: Those of snare or clap.
        closed: Those of closed hi-hats.
        open: Those of open ones.
    """

    bpm: tuple[float, float]
    swing: float
    kick: tuple[str, ...]
    snare: tuple[str, ...]
    closed: tuple[str, ...]
    open: tuple[str, ...]


STYLES = {
    "house": Style(
        (116, 128),
        0.25,
        ("X...X...X...X...",),
        ("....X.......X...", "....X.......X..x", "....X..x....X..."),
        ("x.x.x.x.x.x.x.x.", "xxXxxxXxxxXxxxXx", ".x.x.x.x.x.x.x.x", "................"),
        ("..X...X...X...X.", "..X...X...X..xX.", "................"),
    ),
    "techno": Style(
        (126, 142),
        0.1,
        ("X...X...X...X...", "X...X...X...X.x.", "X...X...X..xX..."),
        ("................", "....X.......X...", "............X..."),
        ("xxxxxxxxxxxxxxxx", "x.xxx.xxx.xxx.xx", "XxxxXxxxXxxxXxxx"),
        ("..X...X...X...X.", "................"),
    ),
    "garage": Style(
        (128, 136),
        0.45,
        ("X.........X.....", "X.....X...X.....", "X..x......X..x..", "X......X..X....."),
        ("....X.......X...", "....X..x....X..x"),
        ("x.xxx.x.x.xxx.x.", "..x...x.x.x...xx", "x.x.xxx.x.x.xxxx"),
        ("......X.......X.", "..X...........X.", "................"),
    ),
    "break": Style(
        (100, 140),
        0.3,
        ("X.X.......XX....", "X.....X...X.....", "X..X......X.....", "X.......x.X....."),
        ("....X..x.x..X..x", "....X.......X...", "....X..x....X.x."),
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx", "x.x.x.xxx.x.x.xx"),
        ("..........X.....", "................", "..............X."),
    ),
    "drum'n'bass": Style(
        (164, 178),
        0.15,
        ("X.........X.....", "X.X.......X.....", "X.........XX...."),
        ("....X.......X...", "....X..x.x..X..."),
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
        ("................", "..............X."),
    ),
    "trap": Style(
        (126, 152),
        0.05,
        ("X.........X.....", "X.....X.........", "X..X......X..x..", "X.......X.x....."),
        ("........X.......",),
        ("x.x.x.x.x.x.x.x.", "x.x.xxx.x.x.x.xx", "x.xxx.x.xxx.x.xx"),
        ("................", "......X........."),
    ),
    "electro": Style(
        (112, 134),
        0.1,
        ("X.....X...X.....", "X..X..X...X..X..", "X.....X..X......"),
        ("....X.......X...", "....X.......X.X."),
        ("x.x.x.x.x.x.x.x.", "xxxxxxxxxxxxxxxx"),
        ("......X.......X.", "................"),
    ),
}
PARTS = ("drums", "hats", "bass", "pad", "stab", "arp", "lead", "voice")
"""What may play in a section."""
KINDS = {
    "intro": {"drums": 0.7, "hats": 0.8, "pad": 0.4, "arp": 0.3, "stab": 0.1, "bass": 0.15, "voice": 0.15, "lead": 0.1},
    "verse": {"drums": 0.95, "hats": 0.9, "bass": 0.9, "pad": 0.5, "stab": 0.4, "arp": 0.4, "lead": 0.2, "voice": 0.85},
    "break": {"drums": 0.1, "hats": 0.2, "bass": 0.2, "pad": 0.85, "stab": 0.2, "arp": 0.4, "lead": 0.3, "voice": 0.7},
    "drop": {"drums": 1.0, "hats": 0.95, "bass": 0.95, "pad": 0.4, "stab": 0.6, "arp": 0.5, "lead": 0.6, "voice": 0.55},
}
"""Probability of each part in each kind of section."""


@dataclass(frozen=True)
class Section:
    """Some bars in which the same parts play.

    Attributes:
        first: First bar.
        bars: How many.
        parts: Those of `PARTS` that play.
    """

    first: int
    bars: int
    parts: frozenset[str]


@dataclass(frozen=True)
class Piece:
    """A piece of music without its notes.

    Attributes:
        style: Key of `STYLES`.
        bpm: Beats a minute.
        swing: How late every second sixteenth is, as a share of a sixteenth.
        root: Pitch class of the key.
        scale: Steps of its scale above the root.
        loop: Degree of the chord of each bar, repeated.
        sections: One after another, over all of the piece.
        seconds: Length.
    """

    style: str
    bpm: float
    swing: float
    root: int
    scale: tuple[int, ...]
    loop: tuple[int, ...]
    sections: tuple[Section, ...]
    seconds: float

    @property
    def step_s(self) -> float:
        """Length of a sixteenth in seconds."""
        return 15.0 / self.bpm

    def time(self, bar: int, step: float) -> float:
        """When a sixteenth sounds, in seconds."""
        late = self.swing if int(step) % 2 else 0.0
        return (bar * STEPS + step + late) * self.step_s

    def tone(self, degree: int) -> int:
        """Semitones above the root of a degree of the scale, over octaves."""
        return 12 * (degree // 7) + self.scale[degree % 7]

    def bars(self, part: str) -> list[int]:
        """Bars in which a part plays."""
        return [bar for s in self.sections if part in s.parts for bar in range(s.first, s.first + s.bars)]


def compose(rng: np.random.Generator, seconds: float) -> Piece:
    """Draw a piece of a length."""
    style = str(rng.choice(list(STYLES)))
    slowest, fastest = STYLES[style].bpm
    bpm = float(rng.uniform(slowest, fastest))
    bars = int(np.ceil(seconds * bpm / 240)) + 1
    sections: list[Section] = []
    first, kind = 0, str(rng.choice(list(KINDS)))
    while first < bars:
        length = int(rng.choice([4, 8, 8]))
        parts = frozenset(part for part in PARTS if rng.random() < KINDS[kind].get(part, 0.0))
        sections.append(Section(first, length, parts or frozenset({"pad", "hats"})))
        first += length
        others = [name for name in KINDS if name not in (kind, "intro")]
        kind = str(rng.choice(others))
    return Piece(
        style,
        bpm,
        float(rng.uniform(0, STYLES[style].swing)),
        int(rng.integers(12)),
        MINOR if rng.random() < 0.75 else MAJOR,
        LOOPS[int(rng.integers(len(LOOPS)))],
        tuple(sections),
        seconds,
    )


Hits = dict[str, list[tuple[float, float]]]
"""Times in seconds and gains of the strokes on each drum."""


def drum_hits(piece: Piece, rng: np.random.Generator) -> Hits:
    """Strokes of kick, snare, closed, open, crash and small percussion, with fills at the ends of sections."""
    style = STYLES[piece.style]
    drawn = {name: str(rng.choice(getattr(style, name))) for name in ("kick", "snare", "closed", "open")}
    small = "".join(rng.choice(["x", "."], STEPS, p=[p := float(rng.uniform(0, 0.3)), 1 - p]))
    hits: Hits = {name: [] for name in (*drawn, "crash", "small")}
    with_drums, with_hats = set(piece.bars("drums")), set(piece.bars("hats"))
    last = {section.first + section.bars - 1 for section in piece.sections}
    roll = bool(rng.random() < 0.5)
    for bar in sorted(with_drums | with_hats):
        for name, pattern in (*drawn.items(), ("small", small)):
            if bar not in (with_drums if name in ("kick", "snare") else with_hats):
                continue
            if bar in last and name == "kick" and rng.random() < 0.3:
                pattern = pattern[:8] + "........"
            for step, mark in enumerate(pattern):
                if mark != "." and not (name == "closed" and rng.random() < 0.03):
                    hits[name].append((piece.time(bar, step), 1.0 if mark == "X" else float(rng.uniform(0.35, 0.75))))
        if bar in last and roll and bar in with_drums:
            parts = (1.0, 0.5) if rng.random() < 0.5 else (1.0, 1.0)
            place = 8.0
            while place < STEPS:
                hits["snare"].append((piece.time(bar, place), 0.3 + 0.6 * (place - 8) / 8))
                place += parts[int(place >= 12)]
    hits["crash"] = [(piece.time(s.first, 0), 0.8) for s in piece.sections if "drums" in s.parts and rng.random() < 0.5]
    return {name: sorted(strokes) for name, strokes in hits.items() if strokes}


def bass_line(piece: Piece, rng: np.random.Generator) -> list[Note]:
    """A riff of one bar on the chord's root, its octave, fifth and seventh."""
    way = str(rng.choice(["held", "offbeat", "rolling", "riff", "riff"]))
    if way == "held":
        marks = [(0, 15.0, 0)]
    elif way == "offbeat":
        marks = [(s, 1.8, 0) for s in (2, 6, 10, 14)]
    elif way == "rolling":
        marks = [(s, 0.9, 0) for s in range(STEPS) if s % 4]
    else:
        starts = sorted({0, *rng.choice(STEPS, int(rng.integers(3, 8)), replace=False).tolist()})
        ends = [*starts[1:], STEPS]
        steps = rng.choice([0, 0, 0, 12, 7, 10], len(starts))
        share = float(rng.uniform(0.4, 0.98))
        marks = [(s, share * (e - s), int(i)) for s, e, i in zip(starts, ends, steps, strict=True)]
    base = 28 + (piece.root - 4) % 12
    notes = []
    for bar in piece.bars("bass"):
        degree = piece.loop[bar % len(piece.loop)]
        root = base + piece.tone(degree) - (12 if piece.tone(degree) > 7 else 0)
        for step, length, interval in marks:
            start = piece.time(bar, step)
            notes.append(Note(start, start + length * piece.step_s, root + interval, int(rng.integers(95, 127))))
    return notes


def chord_tones(piece: Piece, bar: int, low: int) -> list[int]:
    """The triad of a bar, or its seventh chord, as pitches in the octave above `low`."""
    degree = piece.loop[bar % len(piece.loop)]
    tones = [piece.root + piece.tone(degree + step) for step in (0, 2, 4)]
    return sorted(low + (tone - low) % 12 for tone in tones)


def pads(piece: Piece, rng: np.random.Generator) -> list[Note]:
    """Held chords."""
    low = int(rng.integers(50, 60))
    return [
        Note(piece.time(bar, 0), piece.time(bar, 0) + STEPS * piece.step_s * 0.99, pitch, 90)
        for bar in piece.bars("pad")
        for pitch in chord_tones(piece, bar, low)
    ]


def stabs(piece: Piece, rng: np.random.Generator) -> list[Note]:
    """Short chords in a rhythm of one bar."""
    low = int(rng.integers(55, 67))
    steps = sorted(rng.choice(STEPS, int(rng.integers(2, 7)), replace=False).tolist())
    length = float(rng.uniform(0.7, 2.5)) * piece.step_s
    return [
        Note(piece.time(bar, step), piece.time(bar, step) + length, pitch, int(rng.integers(80, 120)))
        for bar in piece.bars("stab")
        for step in steps
        for pitch in chord_tones(piece, bar, low)
    ]


def arpeggio(piece: Piece, rng: np.random.Generator) -> list[Note]:
    """The chord's tones one after another, over two octaves."""
    low = int(rng.integers(55, 70))
    every = int(rng.choice([1, 1, 2, 3]))
    way = rng.permutation(6)
    notes = []
    for bar in piece.bars("arp"):
        tones = chord_tones(piece, bar, low)
        tones = [*tones, *(tone + 12 for tone in tones)]
        for count, step in enumerate(range(0, STEPS, every)):
            start = piece.time(bar, step)
            length = every * piece.step_s * 0.8
            notes.append(Note(start, start + length, tones[way[count % 6]], int(rng.integers(70, 115))))
    return notes


def melody(piece: Piece, rng: np.random.Generator, part: str, low: int, longest: int) -> list[Note]:
    """A phrase of two bars that walks along the scale, repeated with changes.

    Args:
        piece: The piece.
        rng: Random numbers.
        part: In which bars it sounds.
        low: Lowest pitch, more or less.
        longest: Sixteenths of the longest note.
    """
    phrase: list[tuple[int, int, int]] = []
    step, degree = int(rng.integers(0, 4)), int(rng.integers(0, 7))
    while step < 2 * STEPS:
        length = int(rng.integers(1, longest + 1))
        if rng.random() < 0.8:
            phrase.append((step, min(length, 2 * STEPS - step), degree))
        degree = int(np.clip(degree + rng.choice([-2, -1, -1, 0, 1, 1, 2, 4, -4]), -2, 9))
        step += length
    notes = []
    base = low + (piece.root - low) % 12
    for bar in piece.bars(part):
        lift = piece.loop[bar % len(piece.loop)] if rng.random() < 0.2 else 0
        for at, length, tone in phrase:
            if at // STEPS == bar % 2:
                start = piece.time(bar, at % STEPS)
                pitch = base + piece.tone(tone + lift)
                notes.append(Note(start, start + 0.92 * length * piece.step_s, pitch, int(rng.integers(80, 120))))
    return notes


def score_of(piece: Piece, tune: list[Note]) -> Score:
    """What a singer reads: the tune, chords and beats of a piece."""
    beat = 4 * piece.step_s
    bars = int(np.ceil(piece.seconds / (4 * beat)))
    chords = tuple(
        Chord(
            bar * 4 * beat,
            (bar + 1) * 4 * beat,
            (piece.root + piece.tone(piece.loop[bar % len(piece.loop)])) % 12,
            tuple(sorted({(p - chord_tones(piece, bar, 0)[0]) % 12 for p in chord_tones(piece, bar, 0)})),
        )
        for bar in range(bars)
    )
    beats = np.arange(4 * bars + 1, dtype=np.float64) * beat
    ended = [
        Note(n.start, min(n.end, piece.seconds), n.pitch, n.velocity) for n in tune if n.start < piece.seconds - 0.1
    ]
    return Score("", piece.seconds, tuple(ended), (), (), chords, beats, np.arange(4 * bars + 1) % 4 == 0)
