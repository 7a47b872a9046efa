"""Electronic pieces: sections without gaps, notes in the bars of their part and on the grid, the same for a seed."""

import numpy as np
import pytest

from offline_train.render import beats

SECONDS = 40.0


@pytest.mark.parametrize("seed", range(20))
def test_sections_cover_the_piece_without_gaps(seed: int) -> None:
    piece = beats.compose(np.random.default_rng(seed), SECONDS)
    at = 0
    for section in piece.sections:
        assert section.first == at and section.parts <= set(beats.PARTS)
        at += section.bars
    assert piece.time(at, 0) >= SECONDS
    slowest, fastest = beats.STYLES[piece.style].bpm
    assert slowest <= piece.bpm <= fastest


@pytest.mark.parametrize("style", beats.STYLES.values())
def test_patterns_are_a_bar_long(style: beats.Style) -> None:
    for pattern in (*style.kick, *style.snare, *style.closed, *style.open):
        assert len(pattern) == beats.STEPS and set(pattern) <= set("Xx.")


@pytest.mark.parametrize("seed", range(20))
def test_notes_lie_in_the_bars_of_their_part_and_in_the_scale(seed: int) -> None:
    rng = np.random.default_rng(seed)
    piece = beats.compose(rng, SECONDS)
    scale = {(piece.root + step) % 12 for step in piece.scale}
    bar_s = beats.STEPS * piece.step_s
    made = {
        "pad": beats.pads(piece, rng),
        "stab": beats.stabs(piece, rng),
        "arp": beats.arpeggio(piece, rng),
        "lead": beats.melody(piece, rng, "lead", 60, 6),
    }
    for part, notes in made.items():
        assert bool(notes) == bool(piece.bars(part))
        assert {int(note.start / bar_s + 1e-6) for note in notes} <= set(piece.bars(part))
        assert {note.pitch % 12 for note in notes} <= scale
        assert all(note.end > note.start and 0 < note.velocity < 128 for note in notes)
    for note in beats.bass_line(piece, rng):
        assert 20 <= note.pitch <= 60 and note.end > note.start


@pytest.mark.parametrize("seed", range(20))
def test_strokes_are_in_order_and_on_the_grid(seed: int) -> None:
    rng = np.random.default_rng(seed)
    piece = beats.compose(rng, SECONDS)
    hits = beats.drum_hits(piece, rng)
    for strokes in hits.values():
        times = [time for time, _ in strokes]
        assert times == sorted(times) and all(0 < gain <= 1.2 for _, gain in strokes)
    straight = [time for time, _ in hits.get("kick", []) if round(time / piece.step_s) % 2 == 0]
    for time in straight:
        step = time / piece.step_s
        assert abs(step - round(step)) < 1e-6 or abs(step % 1 - piece.swing) < 1e-6


def test_the_same_seed_gives_the_same_piece() -> None:
    one, two = (beats.compose(np.random.default_rng(7), SECONDS) for _ in range(2))
    assert one == two


def test_what_a_singer_reads_ends_with_the_piece() -> None:
    rng = np.random.default_rng(3)
    piece = beats.compose(rng, SECONDS)
    piece = beats.Piece(**{**vars(piece), "sections": (beats.Section(0, 100, frozenset(beats.PARTS)),)})
    tune = beats.melody(piece, rng, "voice", 55, 8)
    score = beats.score_of(piece, tune)
    assert score.melody and max(note.end for note in score.melody) <= SECONDS
    assert score.beats[-1] >= SECONDS and all(0 in chord.shape for chord in score.chords)
