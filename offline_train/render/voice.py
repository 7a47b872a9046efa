"""Sings a melody with an analysed voice: syllables, portamento, vibrato, breaths."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d

from offline_train.render.pool import RATE
from offline_train.render.pop909 import Note
from offline_train.render.voicebank import PERIOD_MS, Syllable, Voice
from offline_train.render.world import pyworld

FRAMES_PER_SECOND = 1000.0 / PERIOD_MS
BREATH_S = 0.22


@dataclass(frozen=True)
class Style:
    """How a line is sung.

    Attributes:
        octave: Semitones added to the melody.
        formant: Factor on the frequencies of the spectral envelope.
        glide_s: Duration of a slide between two notes.
        vibrato_hz: Rate.
        vibrato_cents: Depth, peak.
        scoop: Share of phrases that begin below their pitch.
        breathiness_db: Added to the noise share.
        dynamics_db: Spread of the loudness of phrases and notes.
        tilt_db: Brightness, decibels an octave around 1 kHz.
        rasp: Depth of a fast, rough trembling of loud notes, 0 to 1.
    """

    octave: int
    formant: float
    glide_s: float
    vibrato_hz: float
    vibrato_cents: float
    scoop: float
    breathiness_db: float
    dynamics_db: float = 1.5
    tilt_db: float = 0.0
    rasp: float = 0.0


def draw_style(voice: Voice, notes: tuple[Note, ...], rng: np.random.Generator) -> Style:
    """Draw a style: register near the pitch at which the bank was sung, in a quarter of the lines another's.

    A voice an octave lower with formants moved down passes for a man's, higher and up for a child's or a woman's.
    """
    middle = float(np.median([note.pitch for note in notes])) if notes else voice.midi
    octave = 12 * round((voice.midi + rng.uniform(-4, 6) - middle) / 12)
    formant = rng.uniform(0.9, 1.12)
    if rng.random() < 0.25:
        up = voice.midi < 58
        octave += 12 if up else -12
        formant = rng.uniform(1.08, 1.22) if up else rng.uniform(0.8, 0.92)
    return Style(
        octave,
        formant,
        float(np.exp(rng.uniform(np.log(0.03), np.log(0.16)))),
        rng.uniform(4.5, 6.8),
        rng.uniform(0, 100),
        rng.uniform(0.1, 0.8),
        rng.uniform(-1.0, 6.0),
        rng.uniform(1.0, 5.0),
        rng.uniform(-2.5, 2.5),
        float(rng.uniform(0.2, 0.7)) if rng.random() < 0.15 else 0.0,
    )


def phrases(notes: tuple[Note, ...], longest_s: float = 6.0) -> list[list[Note]]:
    """Split a melody into phrases with room for a breath before each; notes made to follow one another."""
    found: list[list[Note]] = []
    for note in sorted(notes, key=lambda n: n.start):
        if found:
            last = found[-1][-1]
            if note.start - last.start < 0.06:
                continue
            gap = note.start - last.end
            if gap < 0.12:
                found[-1][-1] = replace(last, end=note.start)
            tired = note.start - found[-1][0].start > longest_s and last.end - last.start > 0.45
            if tired:
                found[-1][-1] = replace(last, end=min(last.end, note.start - BREATH_S - 0.05))
            if tired or gap > 0.25:
                found.append([note])
                continue
            if gap >= 0.12:
                found[-1][-1] = replace(last, end=note.start)
            found[-1].append(note)
        else:
            found.append([note])
    return found


def _choose(voice: Voice, before: str, rng: np.random.Generator) -> Syllable:
    fitting = [s for s in voice.syllables if s.before == before]
    if not fitting or rng.random() < 0.03:
        fitting = [s for s in voice.syllables if s.before == "-"] or list(voice.syllables)
    return fitting[int(rng.integers(len(fitting)))]


def _source_frames(syllable: Syllable, count: int, onset: int) -> NDArray[np.float64]:
    """Source frames (from the syllable's start) for `count` frames, the fixed part kept, the vowel stretched."""
    fixed = syllable.steady - (syllable.onset - onset)
    head = np.arange(min(fixed, count)) + (syllable.onset - onset)
    rest = count - len(head)
    # The last tenth of the vowel leans to the next consonant: leave it out of a stretched note.
    last = syllable.steady + 0.9 * (syllable.end - syllable.steady) - 1
    last = min(last, syllable.steady + rest)
    return np.concatenate([head, np.linspace(syllable.steady, last, rest)]) if rest > 0 else head.astype(float)


def pitch_curve(notes: list[Note], frames: int, style: Style, rng: np.random.Generator) -> NDArray[np.float64]:
    """MIDI pitch for each frame, with slides, scoops, vibrato and drift."""
    pitch = np.zeros(frames)
    vibrato = np.zeros(frames)
    seconds = np.arange(frames) / FRAMES_PER_SECOND
    begin = 0
    for index, note in enumerate(notes):
        start = 0 if index == 0 else min(int(note.start * FRAMES_PER_SECOND), frames)
        pitch[start:] = note.pitch + style.octave
        length = note.end - note.start
        if length > 0.3:
            age = seconds - note.start
            depth = style.vibrato_cents * min(length, 1.2) * rng.uniform(0.5, 1.2)
            rise = np.clip((age - 0.2) / 0.35, 0.0, 1.0) * (age < length)
            rate = style.vibrato_hz * rng.uniform(0.93, 1.07)
            vibrato += rise * depth / 100 * np.sin(2 * np.pi * rate * age + rng.uniform(0, 0.5))
        apart = index == 0 or note.start - notes[index - 1].end > 0.1
        if apart and rng.random() < style.scoop:
            begin = max(int(note.start * FRAMES_PER_SECOND) - 4, 0)
            sweep = np.arange(frames - begin) / (style.glide_s * FRAMES_PER_SECOND)
            pitch[begin:] -= rng.uniform(0.7, 2.5) * np.exp(-sweep)
    smooth = gaussian_filter1d(pitch, max(style.glide_s * FRAMES_PER_SECOND / 3.0, 1.0))
    drift = gaussian_filter1d(rng.standard_normal(frames), 20) * 0.5
    jitter = gaussian_filter1d(rng.standard_normal(frames), 2) * 0.06
    return smooth + vibrato + drift * 0.25 + jitter


def _warp(envelope: NDArray[np.float32], factor: float) -> NDArray[np.float32]:
    """Move the formants of log envelopes (frames, bins) by a factor in frequency."""
    bins = envelope.shape[1]
    position = np.minimum(np.arange(bins) / factor, bins - 1.001)
    low = position.astype(int)
    share = (position - low).astype(np.float32)
    return envelope[:, low] * (1 - share) + envelope[:, low + 1] * share


def sing(
    voice: Voice, notes: tuple[Note, ...], seconds: float, style: Style, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Sing a melody: mono float32 (seconds * 44100,)."""
    frames = int(seconds * FRAMES_PER_SECOND) + 1
    out = np.zeros(round(seconds * RATE), np.float32)
    for phrase in phrases(notes):
        first = max(int((phrase[0].start - 0.5) * FRAMES_PER_SECOND), 0)
        last = min(int((phrase[-1].end + 0.2) * FRAMES_PER_SECOND), frames)
        if last - first < 20:
            continue
        shift = first / FRAMES_PER_SECOND
        local = [replace(n, start=n.start - shift, end=n.end - shift) for n in phrase]
        audio = _sing_phrase(voice, local, last - first, style, rng)
        begin = round(shift * RATE)
        end = min(begin + len(audio), len(out))
        out[begin:end] += audio[: end - begin]
    return out


def _sing_phrase(
    voice: Voice, notes: list[Note], frames: int, style: Style, rng: np.random.Generator
) -> NDArray[np.float32]:
    bins = voice.envelope.shape[1]
    envelope = np.full((frames, bins), -16.0, np.float32)
    noise = np.zeros((frames, voice.noise.shape[1]), np.float32)
    voiced = np.zeros(frames, bool)
    gain_db = np.full(frames, -90.0)
    before = "-"
    room = max(int(notes[0].start * FRAMES_PER_SECOND), 0)
    loudness = float(rng.normal(0, style.dynamics_db))
    bright = np.linspace(0, RATE / 2, bins, dtype=np.float32)
    bright = np.log2(np.maximum(bright, 60.0) / 1000.0)
    for index, note in enumerate(notes):
        syllable = _choose(voice, before, rng)
        before = syllable.vowel
        beat = int(note.start * FRAMES_PER_SECOND)
        # A consonant must not eat the note before it.
        onset = min(syllable.onset, int(0.6 * room), beat)
        begin = beat - onset
        stop = min(int(note.end * FRAMES_PER_SECOND) + 12, frames)
        if stop - begin < 4:
            continue
        source = _source_frames(syllable, stop - begin, onset)
        index_in = np.clip(np.rint(source).astype(int) + syllable.start, 0, len(voice.voiced) - 1)
        blend = np.ones(stop - begin, np.float32)
        if index:
            overlap = max(min(syllable.overlap, onset, stop - begin), 2)
            blend[:overlap] = np.linspace(0, 1, overlap)
        new = voice.envelope[index_in].astype(np.float32)
        envelope[begin:stop] += blend[:, None] * (new - envelope[begin:stop])
        noise[begin:stop] += blend[:, None] * (voice.noise[index_in] - noise[begin:stop])
        voiced[begin:stop] = np.where(blend > 0.5, voice.voiced[index_in], voiced[begin:stop])
        # Stretched vowels are voiced even where the analysis missed a frame.
        voiced[min(begin + max(syllable.steady - syllable.onset + onset, 0), stop) : stop] = True
        accent = float(rng.normal(0, 0.4 * style.dynamics_db))
        level = 0.06 * (note.velocity - 100) + loudness + accent
        # Louder singing is brighter: a decibel an octave for every 4 dB. Envelopes are log power.
        envelope[begin:stop] += np.float32((style.tilt_db + 0.25 * (loudness + accent)) * 0.2303) * bright
        gain_db[begin:stop] = level + np.linspace(0, rng.uniform(-3, 1), stop - begin)
        room = int((note.end - note.start) * FRAMES_PER_SECOND)
    stop = min(int(notes[-1].end * FRAMES_PER_SECOND), frames)
    fade = int(rng.uniform(0.06, 0.15) * FRAMES_PER_SECOND)
    gain_db[stop : stop + fade] -= np.linspace(0, 30, len(gain_db[stop : stop + fade]))
    gain_db[stop + fade :] = -90.0
    _breathe(voice, envelope, voiced, gain_db, rng)
    curve = pitch_curve(notes, frames, style, rng)
    f0 = np.where(voiced, 440.0 * 2.0 ** ((curve - 69) / 12), 0.0)
    power = np.ascontiguousarray(np.exp(_warp(envelope, style.formant)), np.float64)
    coded = np.minimum(noise.astype(np.float64) + style.breathiness_db, -0.1)
    aperiodicity = pyworld.decode_aperiodicity(np.ascontiguousarray(coded), RATE, 2 * (bins - 1))
    audio = pyworld.synthesize(f0, power, np.ascontiguousarray(aperiodicity), RATE, PERIOD_MS)
    gain = 10.0 ** (gaussian_filter1d(np.maximum(gain_db, -60.0), 3) / 20)
    gain[gain < 0.0012] = 0.0
    times = np.arange(len(audio)) / RATE * FRAMES_PER_SECOND
    audio = audio * np.interp(times, np.arange(frames), gain)
    return (_rough(audio, style.rasp, rng) if style.rasp > 0 else audio).astype(np.float32)


def _rough(audio: NDArray[np.float64], depth: float, rng: np.random.Generator) -> NDArray[np.float64]:
    """Tremble at an irregular 35 to 80 Hz, more where it is loud."""
    count = len(audio)
    rate = rng.uniform(35, 80) * np.exp(0.15 * gaussian_filter1d(rng.standard_normal(count // 64 + 2), 30) * 8)
    phase = 2 * np.pi * np.cumsum(np.interp(np.arange(count) / 64, np.arange(len(rate)), rate)) / RATE
    loud = gaussian_filter1d(np.abs(audio), 800)
    share = depth * np.clip(loud / max(float(loud.max()), 1e-9) * 1.5 - 0.3, 0, 1)
    return audio * (1 - share * (0.5 + 0.5 * np.sin(phase)))


def _breathe(
    voice: Voice,
    envelope: NDArray[np.float32],
    voiced: NDArray[np.bool_],
    gain_db: NDArray[np.float64],
    rng: np.random.Generator,
) -> None:
    """Put a breath, a whispered vowel, into the silence before the phrase if there is room for it."""
    sounding = np.flatnonzero(gain_db > -80)
    length = int(BREATH_S * rng.uniform(0.7, 1.3) * FRAMES_PER_SECOND)
    if not len(sounding) or sounding[0] < length + 12 or rng.random() < 0.3:
        return
    end = sounding[0] - int(rng.integers(4, 10))
    syllable = voice.syllables[int(rng.integers(len(voice.syllables)))]
    frame = voice.envelope[syllable.start + syllable.steady].astype(np.float32)
    envelope[end - length : end] = frame
    voiced[end - length : end] = False
    shape = np.sin(np.linspace(0.1, np.pi, length)) ** 0.7
    gain_db[end - length : end] = -24 + rng.uniform(-6, 2) + 20 * np.log10(np.maximum(shape, 0.01))
