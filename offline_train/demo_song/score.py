"""The score: where the singer's beats lie, the bars with their chords, and the patterns that fill them.

The singer kept to a click: note onsets of the recording lie on a grid of 0.4 s (150 beats a minute) without
drift, the off-beats swung to two thirds of a beat, and the pitches are E, G, A and B about 45 cents above
concert pitch. So the band is tuned to the singer and the recording is never stretched. The song changes its
metre with its words, as ball-bouncing songs do; a bar here ends where a line of the words ends.
"""

from __future__ import annotations

from typing import NamedTuple

BEAT = 0.4
"""Seconds from beat to beat."""
SWING = 0.64
"""Where in a beat the second eighth note falls."""
TUNING = 0.45
"""Semitones by which the band is tuned above A4 = 440 Hz."""
VOICE_START = 3.2
"""Seconds into the recording of the voice at which the first word falls on the first beat."""
VOICE_BEATS = 49
"""Length of one round of the song."""
TAIL = 3.2
"""Seconds that the last chord may ring."""

CHORDS: dict[str, tuple[int, ...]] = {
    "A7sus": (45, 52, 55, 62, 64),
    "Am7": (45, 52, 55, 60, 64),
    "Asus2": (45, 52, 57, 59, 64),
    "A5": (45, 52, 57, 64, 69),
    "C": (48, 52, 55, 60, 64),
    "D69": (50, 57, 59, 64),
    "Em11": (40, 45, 50, 55, 59, 64),
    "G69": (43, 50, 55, 57, 59, 64),
}
"""Guitar voicings, MIDI notes from the lowest string up.

Under the voice they are stacks of fourths and fifths from the sung scale, without the third that would rub
against freely sung notes; chords with a third (``Am7``, ``C``) stand where nobody sings.
"""
ROOTS = {"A7sus": 33, "Am7": 33, "Asus2": 33, "A5": 33, "C": 36, "D69": 38, "Em11": 28, "G69": 31}
"""Bass notes."""


class Bar(NamedTuple):
    """One bar: its length in beats, its chord, and the pattern of each player (``-`` rests)."""

    beats: int
    chord: str
    drums: str
    bass: str
    strum: str
    lead: str


def table(text: str) -> list[Bar]:
    """Reads bars from lines of ``beats chord drums bass strum lead``, with a remark behind ``|``."""
    rows = [line.split("|")[0].split() for line in text.strip().splitlines()]
    return [Bar(int(beats), *players) for beats, *players in rows]


INTRO = table("""
4 Am7    -     -      arpeggio  -
4 G69    -     -      arpeggio  -
4 Am7    hats  roots  arpeggio  call
4 Em11   fill  roots  arpeggio  answer
""")
FIRST = table("""
4 A7sus  light roots  arpeggio  -     | an-ta-ga-ta do-ko sa
2 D69    light roots  arpeggio  -     | hi-go sa
3 Em11   light roots  arpeggio  -     | hi-go do-ko sa
3 A7sus  light roots  arpeggio  -     | ku-ma-mo-to sa
4 Em11   light roots  arpeggio  -     | ku-ma-mo-to do-ko sa
3 A7sus  fill  roots  arpeggio  tail  | sen-ba sa
4 G69    full+ walk   strum     -     | sen-ba-ya-ma ni wa
4 Em11   full  walk   strum     tail  | ta-nu-ki ga ot-te sa
4 G69    full  walk   strum     -     | so-re o ryo-shi ga
3 Em11   full  walk   strum     -     | tep-po de ut-te sa
2 A7sus  full  walk   strum     -     | ni-te sa
2 A7sus  full  walk   strum     -     | ya-i-te sa
3 Asus2  fill  walk   strum     tail  | kut-te sa
4 G69    full+ walk   strum     -     | so-re o ko-no-ha
4 A7sus  full  walk   strum     -     | de cho-i-to ka-bu-se
""")
INTERLUDE = table("""
4 Am7    ride+ walk   strum     call
4 C      ride  walk   strum     answer
4 G69    ride  walk   strum     call
4 Am7    fill  hits   hits      stop
""")
SECOND = table("""
4 A7sus  -     -      -         -     | the voice alone
2 D69    ride+ walk   strum     -     | hi-go sa
3 Em11   ride  walk   strum     -     | hi-go do-ko sa
3 A7sus  ride  walk   strum     -     | ku-ma-mo-to sa
4 Em11   ride  walk   strum     -     | ku-ma-mo-to do-ko sa
3 A7sus  fill  walk   hits      tail  | sen-ba sa
4 G69    -     held   arpeggio  -     | sen-ba-ya-ma ni wa, here without drums
4 Em11   -     held   arpeggio  tail  | ta-nu-ki ga ot-te sa
4 G69    -     held   arpeggio  -     | so-re o ryo-shi ga
3 Em11   -     held   arpeggio  -     | tep-po de ut-te sa
2 A7sus  -     roots  strum     -     | ni-te sa
2 A7sus  -     roots  strum     -     | ya-i-te sa
3 Asus2  fill  roots  strum     tail  | kut-te sa, the drums return
4 G69    ride+ walk   strum     -     | so-re o ko-no-ha
4 A7sus  ride  walk   strum     -     | de cho-i-to ka-bu-se
""")
ENDING = table("""
4 Am7    fill  call   hits      call
2 A5     end   end    end       -
""")

Hits = dict[str, str]
DRUMS: dict[str, dict[int, Hits]] = {
    "hats": {4: {"hat": "6.4.6.43"}},
    "light": {
        2: {"kick": "7...", "stick": "..6.", "hat": "5352"},
        3: {"kick": "7....4", "stick": "..6.5.", "hat": "535253"},
        4: {"kick": "7...74..", "stick": "..6...6.", "hat": "53525353"},
    },
    "full": {
        2: {"kick": "8..4", "snare": "..8.", "hat": "7464"},
        3: {"kick": "8....5", "snare": "..8.72", "hat": "746464"},
        4: {"kick": "8...85..", "snare": "..8..28.", "hat": "7464746o"},
    },
    "ride": {
        2: {"kick": "8..4", "snare": "..8.", "ride": "7464"},
        3: {"kick": "8..4.5", "snare": "..8.73", "ride": "746465"},
        4: {"kick": "8..585..", "snare": "..82.28.", "ride": "74647464"},
    },
    "fill": {
        3: {"kick": "8.....", "snare": "..46..", "tom2": "....7.", "tom4": ".....8"},
        4: {"kick": "8.......", "snare": "..7.46..", "tom1": "......7.", "tom3": ".......8"},
    },
    "end": {2: {"kick": "9...", "snare": "8...", "crash": "9..."}},
}
"""Velocities 1 to 9 on the swung eighths of a bar; ``o`` on the hat is an open one. A ``+``
behind the name in a bar adds a crash on one."""
PIECES = {
    "kick": "KdrumR",
    "snare": "Snare",
    "stick": "SnareRest",
    "hat": "HihatClosed",
    "open": "HihatOpen",
    "ride": "RideR",
    "crash": "CrashL",
    "tom1": "Tom1",
    "tom2": "Tom2",
    "tom3": "Tom3",
    "tom4": "Tom4",
}

BASS: dict[str, dict[int, str]] = {
    "roots": {2: "r:2", 3: "r:3", 4: "r:2 r:2"},
    "held": {3: "r:3", 4: "r:4"},
    "walk": {2: "r:1.64 r:.36", 3: "r:1.64 r:.36 5:1", 4: "r:1.64 r:.36 5:1 8:.64 5:.36"},
    "hits": {4: "r:.6 -:1.4 5:.64 8:.36 r:.6 -:.4"},
    "call": {4: "+7:.64 +7:.36 +7:.64 +10:.36 +12:.64 +10:.36 +12:1"},
    "end": {2: "r:9"},
}
"""Notes after one another as ``degree:beats``: root, fifth, octave, or semitones above A; ``-`` is a rest."""

STRUM: dict[str, dict[int, str]] = {
    "strum": {2: "D.Du", 3: "D.Du.u", 4: "D.Du.uDu"},
    "hits": {3: "D.D...", 4: "D...DuD."},
    "end": {2: "D..."},
    "arpeggio": {2: "0213", 3: "021321", 4: "02134231"},
}
"""Per swung eighth: ``D`` down and ``u`` up strokes, or the string of the voicing that is plucked."""

LEAD: dict[str, dict[int, str]] = {
    "call": {4: "64:.64 64:.36 64:.64 67:.36 69:.64 67:.36 69:1"},
    "answer": {4: "71:.64 69:.36 67:.64 69:.36 64:2"},
    "stop": {4: "-:2 64:.64 67:.36 69:.6"},
    "tail": {3: "-:2 64:.64 67:.36", 4: "-:3 64:.64 67:.36"},
}
"""Notes after one another as ``MIDI note:beats``; the call is how the song begins, an octave up."""


def bars() -> tuple[list[tuple[float, Bar]], list[float]]:
    """Lays the song out.

    Returns:
        Every bar with its start in beats, and the beats at which a round of the voice starts.
    """
    placed: list[tuple[float, Bar]] = []
    rounds: list[float] = []
    beat = 0.0
    for section in (INTRO, FIRST, INTERLUDE, SECOND, ENDING):
        if section in (FIRST, SECOND):
            rounds.append(beat)
        for bar in section:
            placed.append((beat, bar))
            beat += bar.beats
    return placed, rounds
