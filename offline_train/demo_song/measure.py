"""Measures a made demo song: is every player on the singer's beat and in tune with the voice, and how loud.

Timing: onsets (peaks of the spectral flux, 2.5 ms grid) against the nearest swung eighth of the score.
The flux of a low string peaks late: bass notes laid exactly on the grid measure 12 ms late in the median too.
Tuning: of voice and bass, the share of voiced frames whose pitch lies within 60 cents of a note of the scale,
and of the chord that sounds; of the guitars, the share of energy within 50 cents of a note of the scale.
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np
import soundfile
from numpy.typing import NDArray
from scipy.signal import find_peaks, stft

from offline_train.demo_song import score
from offline_train.demo_song.mix import active_rms
from offline_train.demo_song.sampler import RATE

SCALE = (9, 11, 0, 2, 4, 7)
"""A, B, C, D, E, G as pitch classes."""
HOP = 110


def onsets(sound: NDArray[np.float64]) -> NDArray[np.float64]:
    """Onset times in seconds of a mono sound (n,)."""
    spectra = np.abs(stft(sound, RATE, nperseg=512, noverlap=512 - HOP)[2])
    flux = np.maximum(np.diff(np.log1p(300 * spectra), axis=1), 0).sum(axis=0)
    flux = np.convolve(flux, np.hanning(9) / 4, "same") / flux.max()
    peaks, _ = find_peaks(flux, height=0.2, prominence=0.15, distance=round(0.08 * RATE / HOP))
    return (peaks + 0.5) * HOP / RATE


def lateness(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Milliseconds by which each onset comes after the nearest swung eighth."""
    beats = times / score.BEAT
    grid = np.floor(beats)[:, None] + np.array([0.0, score.SWING, 1.0])
    late = beats[:, None] - grid
    return np.asarray(late[np.arange(len(late)), np.abs(late).argmin(axis=1)] * score.BEAT * 1000)


def pitches(
    sound: NDArray[np.float64], floor: float = 110, ceiling: float = 330, size: int = 2048
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Pitch of a melody by autocorrelation.

    Args:
        sound: (n,) float64.
        floor: lowest pitch, Hz.
        ceiling: highest pitch, Hz.
        size: samples in a frame.

    Returns:
        Times in seconds and MIDI notes of the voiced frames.
    """
    times, notes = [], []
    window = np.hanning(size)
    power = np.fft.rfft(window, 2 * size)
    own = np.fft.irfft(np.abs(power) ** 2)[:size]
    loud = 0.1 * active_rms(np.stack([sound, sound], 1))
    for start in range(0, len(sound) - size, RATE // 100):
        frame = sound[start : start + size]
        if np.sqrt(np.mean(frame**2)) < loud:
            continue
        spectrum = np.abs(np.fft.rfft((frame - frame.mean()) * window, 2 * size)) ** 2
        wave = np.fft.irfft(spectrum)[:size] / own.clip(1e-9)
        low, high = round(RATE / ceiling), round(RATE / floor)
        lag = low + int(np.argmax(wave[low:high]))
        if wave[lag] > 0.8 * wave[0] and low < lag < high - 1:
            a, b, c = wave[lag - 1 : lag + 2]
            exact = lag + 0.5 * (a - c) / (a - 2 * b + c)
            times.append((start + size / 2) / RATE)
            notes.append(69 + 12 * np.log2(RATE / exact / 440))
    return np.array(times), np.array(notes)


def away(notes: NDArray[np.float64], classes: NDArray[np.float64]) -> NDArray[np.float64]:
    """Semitones from each MIDI note to the nearest of its pitch classes (n, k), the tuning taken off."""
    difference = (notes[:, None] - score.TUNING - classes + 6) % 12 - 6
    return np.asarray(np.abs(difference).min(axis=1))


def chord_classes(times: NDArray[np.float64]) -> NDArray[np.float64]:
    """Pitch classes (n, 6) of the chords that sound at some times (shorter chords repeat their root)."""
    placed = score.bars()[0]
    starts = np.array([start for start, _ in placed]) * score.BEAT
    chords = [score.CHORDS[bar.chord] for _, bar in placed]
    table = np.array([(chord + (chord[0],) * 6)[:6] for chord in chords]) % 12
    return np.asarray(table[np.searchsorted(starts, times, "right") - 1], dtype=np.float64)


def in_scale(sound: NDArray[np.float64], low: float, high: float) -> float:
    """Share of the energy between two frequencies (Hz) that lies within 50 cents of a note of the scale."""
    frequencies, _, spectra = stft(sound, RATE, nperseg=16384)
    energy = np.sum(np.abs(spectra) ** 2, axis=1)
    band = (frequencies > low) & (frequencies < high)
    notes = 69 + 12 * np.log2(frequencies[band] / 440)
    near = away(notes, np.array(SCALE, dtype=np.float64)[None]) < 0.5
    return float(energy[band][near].sum() / energy[band].sum())


def main() -> None:
    """Prints the table for a folder that the recipe wrote."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.demo_song.measure", description=__doc__)
    parser.add_argument("out", type=Path, help="folder that the recipe wrote")
    folder = parser.parse_args().out
    stems = {name: soundfile.read(folder / f"{name}.flac")[0] for name in ("vocals", "drums", "bass", "other")}
    mixture, _ = soundfile.read(folder / "mixture.flac")
    print(f"{'stem':8} {'RMS':>6} {'playing':>8} {'peak':>6} dBFS   onsets   late ms: median   10 %   90 %")
    for name, sound in {**stems, "mixture": mixture}.items():
        levels = [np.sqrt(np.mean(sound**2)), active_rms(sound), np.abs(sound).max()]
        late = lateness(onsets(sound.mean(axis=1)))
        low, middle, high = np.percentile(late, (10, 50, 90))
        figures = "{:6.1f} {:8.1f} {:6.1f}".format(*(20 * np.log10(level) for level in levels))
        print(f"{name:8} {figures}     {len(late):8d} {middle:17.1f} {low:6.1f} {high:6.1f}")
    band = sum(stems[name] for name in ("drums", "bass", "other"))
    singing = np.abs(stems["vocals"]).max(axis=1) > 0.02
    ratio = np.sum(stems["vocals"][singing] ** 2) / np.sum(band[singing] ** 2)
    print(f"voice against band while it sings: {10 * np.log10(ratio):+.1f} dB")
    for name, shape in {"vocals": (110, 330, 2048), "bass": (38, 140, 4096)}.items():
        times, notes = pitches(stems[name].mean(axis=1), *shape)
        scale = away(notes, np.array(SCALE, dtype=np.float64)[None])
        chord = away(notes, chord_classes(times))
        offset = np.median((notes - score.TUNING + 0.5) % 1 - 0.5) * 100
        print(
            f"{name} within 60 cents of the scale {np.mean(scale < 0.6):.0%}, of the sounding chord "
            f"{np.mean(chord < 0.6):.0%} of {len(notes)} voiced frames; median {offset:+.0f} cents off"
        )
    print(f"guitar energy in the scale {in_scale(stems['other'].mean(axis=1), 80, 1200):.0%}")


if __name__ == "__main__":
    main()
