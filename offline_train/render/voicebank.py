"""Sung syllables of a voice bank, analysed once with WORLD and kept on disk."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import soundfile
from numpy.typing import NDArray

from offline_train.render.check import readable
from offline_train.render.pool import RATE, write_file
from offline_train.render.world import pyworld
from rtiass.errors import UserError

PERIOD_MS = 5.0
_ROWS = {
    "a": "あかがさざただなはばぱまやらわぁゃゎアカガサザタダナハバパマヤラワ",
    "i": "いきぎしじちぢにひびぴみりぃイキギシジチヂニヒビピミリ",
    "u": "うくぐすずつづぬふぶぷむゆるぅゅゔウクグスズツヅヌフブプムユルヴ",
    "e": "えけげせぜてでねへべぺめれぇエケゲセゼテデネヘベペメレ",
    "o": "おこごそぞとどのほぼぽもよろをぉょオコゴソゾトドノホボポモヨロヲ",
    "n": "んン",
}
_VOWEL = {kana: vowel for vowel, row in _ROWS.items() for kana in row}


@dataclass(frozen=True)
class Bank:
    """One recording session of one voice.

    Attributes:
        name: Short name for files.
        folder: Folder below `singing`.
        file: Sound file with all strings of this pitch.
        label: The session's name in the label tables.
        midi: Pitch that was sung.
    """

    name: str
    folder: str
    file: str
    label: str
    midi: float


TRAIN_BANKS = (
    Bank("scott_c3", "scottpoid_ja", "bank_root_C3.ogg", "root", 48),
    Bank("scott_g3", "scottpoid_ja", "bank_G3.ogg", "G3", 55),
    Bank("scott_c4", "scottpoid_ja", "bank_C4.ogg", "C4", 60),
    Bank("hitsuboku_d4", "hitsuboku_kumi_act4", "bank_Core_D4.ogg", "_Core", 62),
    Bank("hitsuboku_a4", "hitsuboku_kumi_act4", "bank_Core_A4.ogg", "_Core_A4", 69),
    Bank("hitsuboku_c5", "hitsuboku_kumi_act4", "bank_Strong_High_C5.ogg", "_Strong_High", 72),
    Bank("dorodoro_g3", "dorodoro_beta", "bank_root_G3.ogg", "root", 55),
)
VALID_BANKS = (Bank("erithacus_cs3", "erithacus", "bank_root_Cs3.ogg", "root", 49),)


@dataclass(frozen=True)
class Syllable:
    """Frames of one syllable inside the analysed material.

    Attributes:
        before: Vowel sung before it (`-` after silence).
        vowel: Vowel on which it ends.
        start: First frame.
        overlap: Frames shared with the syllable before.
        onset: Frames from the start to the beat.
        steady: Frames from the start to the part that may be stretched.
        end: Frames from the start to the end of the vowel.
    """

    before: str
    vowel: str
    start: int
    overlap: int
    onset: int
    steady: int
    end: int


@dataclass(frozen=True)
class Voice:
    """Analysed syllables: `envelope` (frames, 1025) natural log power, `noise` (frames, bands) in dB, `voiced`."""

    name: str
    midi: float
    envelope: NDArray[np.float16]
    noise: NDArray[np.float32]
    voiced: NDArray[np.bool_]
    syllables: tuple[Syllable, ...]


def ends_on(alias: str) -> tuple[str, str] | None:
    """Split a label into the vowel before and the vowel at the end; None for breaths and endings.

    Labels look like `a か`, `- か`, `ka`, and may carry the session at the end (`a かA4`).
    """
    match = re.fullmatch(r"(?:([aiueon-]) )?([ぁ-ゖァ-ヺ]+|[a-z]+)(?:[A-Z]{0,2}\d)?", alias)
    if not match:
        return None
    before, sound = match.group(1) or "-", match.group(2)
    vowel = _VOWEL.get(sound[-1], sound[-1])
    # Latin letters alone are syllables only in banks without the vowel before: there they have no prefix.
    if vowel not in _ROWS or (match.group(1) and sound[0].isascii()):
        return None
    return before, vowel


def _rows(path: Path) -> list[dict[str, str]]:
    with readable(path), path.open(encoding="utf-8", newline="") as stream:
        return list(csv.DictReader(stream, delimiter="\t", quoting=csv.QUOTE_NONE))


def _choose_strings(bank: Bank, folder: Path, seconds: float, seed: int) -> list[dict[str, str]]:
    """Draw strings with the most distinct syllables until they last long enough."""
    labels: dict[str, set[str]] = {}
    for row in _rows(folder / "oto.tsv"):
        if row["file"] == bank.file and ends_on(row["alias"]):
            labels.setdefault(row["source_wav"], set()).add(row["alias"])
    strings = [r for r in _rows(folder / "index.tsv") if r["file"] == bank.file and r["source_wav"] in labels]
    order = np.random.default_rng(seed).permutation(len(strings))
    strings = [strings[i] for i in order]
    strings.sort(key=lambda r: min(len(labels[r["source_wav"]]), 5), reverse=True)
    chosen, total = [], 0.0
    for row in strings:
        if total >= seconds:
            break
        chosen.append(row)
        total += float(row["end_s"]) - float(row["start_s"])
    return chosen


def _opened(path: Path) -> soundfile.SoundFile:
    try:
        return soundfile.SoundFile(path)
    except (OSError, soundfile.LibsndfileError) as error:
        raise UserError(f"{path} could not be read as sound: {error}. Replace it or leave it out.") from error


def analyse(bank: Bank, singing: Path, seconds: float, seed: int) -> Voice:
    """Analyse about `seconds` of a bank's strings with DIO, StoneMask, CheapTrick and D4C."""
    folder = singing / bank.folder
    strings = _choose_strings(bank, folder, seconds, seed)
    envelopes, noises, voiced, first = [], [], [], {}
    frames = 0
    fundamental = 440.0 * 2.0 ** ((bank.midi - 69) / 12)
    with _opened(folder / bank.file) as sound:
        rate = sound.samplerate
        if rate != RATE:
            raise UserError(f"{folder / bank.file} has a rate of {rate} Hz, not {RATE}: convert it.")
        for row in strings:
            start, end = float(row["start_s"]), float(row["end_s"])
            sound.seek(int(start * rate))
            x = sound.read(int((end - start) * rate), dtype="float64", always_2d=True).mean(axis=1)
            f0, times = pyworld.dio(
                x, rate, f0_floor=fundamental * 0.65, f0_ceil=fundamental * 1.5, frame_period=PERIOD_MS
            )
            f0 = pyworld.stonemask(x, f0, times, rate)
            power = pyworld.cheaptrick(x, f0, times, rate, fft_size=2048)
            aperiodicity = pyworld.d4c(x, f0, times, rate, fft_size=2048)
            envelopes.append(np.log(np.maximum(power, 1e-7)).astype(np.float16))
            noises.append(pyworld.code_aperiodicity(aperiodicity, rate).astype(np.float32))
            voiced.append(f0 > 0)
            first[row["source_wav"]] = (frames, len(f0), len(x) / rate)
            frames += len(f0)
    syllables = []
    for row in _rows(folder / "oto.tsv"):
        sounds = ends_on(row["alias"])
        if row["file"] == bank.file and sounds and row["source_wav"] in first:
            found = _frames_of(row, *first[row["source_wav"]], sounds)
            if found:
                syllables.append(found)
    return Voice(
        bank.name,
        bank.midi,
        np.concatenate(envelopes),
        np.concatenate(noises),
        np.concatenate(voiced),
        tuple(syllables),
    )


def _frames_of(row: dict[str, str], base: int, count: int, length: float, sounds: tuple[str, str]) -> Syllable | None:
    offset, cutoff = float(row["offset_ms"]), float(row["cutoff_ms"])
    stop = offset - cutoff if cutoff < 0 else length * 1000.0 - cutoff
    stop = min(stop, count * PERIOD_MS)

    def frames(milliseconds: float) -> int:
        return round(milliseconds / PERIOD_MS)

    end = frames(stop - offset)
    onset = frames(float(row["preutterance_ms"]))
    steady = max(frames(float(row["consonant_ms"])), onset)
    overlap = max(frames(float(row["overlap_ms"])), 2)
    # A vowel of less than 50 ms cannot be stretched into a note.
    if offset < 0 or steady > end - 10:
        return None
    return Syllable(*sounds, base + frames(offset), min(overlap, onset + 1), onset, steady, end)


def cache_path(cache: Path, bank: Bank) -> Path:
    """Where a bank's analysis lies."""
    return cache / f"{bank.name}.npz"


def prepare(bank: Bank, singing: Path, cache: Path, seconds: float, seed: int) -> None:
    """Analyse a bank and store the result, unless it is stored."""
    path = cache_path(cache, bank)
    if path.exists():
        return
    voice = analyse(bank, singing, seconds, seed)
    fields = [
        (s.start, s.overlap, s.onset, s.steady, s.end, "-aiueon".index(s.before), "-aiueon".index(s.vowel))
        for s in voice.syllables
    ]
    arrays: dict[str, Any] = {
        "midi": voice.midi,
        "envelope": voice.envelope,
        "noise": voice.noise,
        "voiced": voice.voiced,
        "syllables": np.array(fields, np.int64),
    }
    write_file(path, lambda stream: np.savez(stream, **arrays))


def missed(envelope: NDArray[np.float16], voiced: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Find frames that sound like a vowel though the pitch analysis found none in them.

    Such frames would be synthesised as loud, low noise. They have nearly the power of voiced frames below 1 kHz
    (10 dB less at most) and far less above 3 kHz.
    """
    frequency = np.linspace(0, RATE / 2, envelope.shape[1])
    low = envelope[:, (frequency > 80) & (frequency < 1000)].mean(axis=1, dtype=np.float32)
    high = envelope[:, (frequency > 3000) & (frequency < 8000)].mean(axis=1, dtype=np.float32)
    threshold = np.median(low[voiced]) - 2.3 if voiced.any() else np.inf
    return ~voiced & (low > threshold) & (low > high + 2)


def _repair(
    envelope: NDArray[np.float16], noise: NDArray[np.float32], voiced: NDArray[np.bool_]
) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    """Call missed frames voiced and give them the noise share of the nearest voiced frame."""
    wrong = np.flatnonzero(missed(envelope, voiced))
    good = np.flatnonzero(voiced)
    if not len(wrong) or not len(good):
        return noise, voiced
    after = np.clip(np.searchsorted(good, wrong), 0, len(good) - 1)
    before = np.maximum(after - 1, 0)
    closer = np.where(wrong - good[before] < good[after] - wrong, good[before], good[after])
    noise, voiced = noise.copy(), voiced.copy()
    noise[wrong] = noise[closer]
    voiced[wrong] = True
    return noise, voiced


@lru_cache(maxsize=3)
def load(path: Path) -> Voice:
    """Read an analysed bank."""
    with readable(path), np.load(path) as stored:
        syllables = tuple(
            Syllable("-aiueon"[b], "-aiueon"[v], start, overlap, onset, steady, end)
            for start, overlap, onset, steady, end, b, v in stored["syllables"].tolist()
        )
        noise, voiced = _repair(stored["envelope"], stored["noise"], stored["voiced"])
        return Voice(path.stem, float(stored["midi"]), stored["envelope"], noise, voiced, syllables)
