"""Pictures of a separation: spectrograms of the mixture and its stems, with activity and gate. Needs matplotlib."""

from __future__ import annotations

import csv
import os
import warnings
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rtiass.audiofile import AudioFileError, open_audio
from rtiass.errors import UserError
from rtiass.filejob import ACTIVITY, Progress, checked_blocks, new_log, stem_pieces
from rtiass.pool import SeparatorPool
from rtiass.songstream import Activity
from rtiass.spectrogram import Spectrogram, SpectrogramSet

RANGE_DB = 80.0
SUFFIXES = (".png", ".svg", ".pdf")
_TICKS = (50, 100, 200, 500, 1000, 2000, 5000, 10_000)
_LINE, _FILL = "#1f4e79", "#9ecae1"


def require_matplotlib() -> None:
    """Make sure that pictures can be drawn.

    Raises:
        UserError: matplotlib is not installed.
    """
    if find_spec("matplotlib") is None:
        raise UserError("Pictures need matplotlib, which is not installed. Run: pip install 'rtiass[plot]'")


def draw(
    spectrograms: Mapping[str, Spectrogram], activity: Activity | None, path: Path, *, title: str, fmt: str = "png"
) -> None:
    """Draw spectrograms below each other.

    Args:
        spectrograms: By name, in their order from top to bottom. They share one colour scale, whose top is
            the loudest point.
        activity: Drawn below the spectrograms of its stems; None to leave it out.
        path: File to write.
        title: Heading.
        fmt: ``png``, ``svg`` or ``pdf``.

    Raises:
        UserError: matplotlib is not installed.
    """
    require_matplotlib()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    drawn = activity.stems if activity is not None and len(activity.times) else ()
    rows: list[tuple[str, bool]] = []
    for name in spectrograms:
        rows.append((name, False))
        if name in drawn:
            rows.append((name, True))
    heights = [0.32 if is_activity else 1.0 for _, is_activity in rows]
    figure = Figure(figsize=(11, 0.9 + 1.55 * sum(heights)), layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(rows), 1, sharex=True, gridspec_kw={"height_ratios": heights}, squeeze=False)
    top = max(10.0 * np.log10(float(s.power.max()) + 1e-12) for s in spectrograms.values())
    seconds = max(s.power.shape[1] * s.column_seconds for s in spectrograms.values())
    image: Any = None
    for axes, (name, is_activity) in zip(grid[:, 0], rows, strict=True):
        if is_activity and activity is not None:
            _draw_activity(axes, activity, activity.stems.index(name))
        else:
            image = _draw_spectrogram(axes, spectrograms[name], top)
            axes.set_title(name, loc="left", fontsize=10, fontweight="bold", pad=3)
    grid[0, 0].set_xlim(0.0, seconds)
    grid[-1, 0].set_xlabel("time in seconds")
    # File names need not be proper Unicode, and a dollar sign in them is no formula.
    figure.suptitle(title.encode("utf-8", "backslashreplace").decode(), fontsize=12, parse_math=False)
    for axes, (_, is_activity) in zip(grid[:, 0], rows, strict=True):
        if is_activity:
            handles, labels = axes.get_legend_handles_labels()
            figure.legend(handles, labels, loc="outside upper right", ncols=2, fontsize=8, frameon=False)
            break
    bar = figure.colorbar(image, ax=list(grid[:, 0]), shrink=0.6, pad=0.01, aspect=40)
    bar.set_label("dB relative to the loudest point")
    with warnings.catch_warnings():
        # Letters that the font lacks are drawn as boxes; there is nothing to be done about it here.
        warnings.filterwarnings("ignore", message="Glyph .* missing")
        figure.savefig(path, format=fmt, dpi=120)


def _draw_spectrogram(axes: Any, spectrogram: Spectrogram, top: float) -> Any:
    decibels = 10.0 * np.log10(spectrogram.power + 1e-12) - top
    bands, columns = decibels.shape
    step = spectrogram.column_seconds
    image = axes.imshow(
        decibels,
        origin="lower",
        aspect="auto",
        cmap="magma",
        vmin=-RANGE_DB,
        vmax=0.0,
        interpolation="antialiased",
        extent=(-step / 2, (columns - 0.5) * step, -0.5, bands - 0.5),
    )
    centres = spectrogram.frequencies
    ticks = [f for f in _TICKS if centres[0] <= f <= centres[-1]]
    axes.set_yticks(np.interp(np.log(ticks), np.log(centres), np.arange(bands)))
    axes.set_yticklabels([f"{f // 1000} k" if f >= 1000 else str(f) for f in ticks], fontsize=7)
    axes.set_ylabel("Hz", fontsize=8)
    axes.tick_params(axis="x", labelsize=8)
    return image


def _draw_activity(axes: Any, activity: Activity, index: int) -> None:
    axes.fill_between(activity.times, activity.weights[:, index], color=_FILL, linewidth=0, label="gate")
    axes.plot(activity.times, activity.probabilities[:, index], color=_LINE, linewidth=0.8, label="activity")
    axes.set_ylim(-0.05, 1.05)
    axes.set_yticks([0, 1])
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)


def plot_song(
    song: str | Path,
    out: str | Path,
    pool: SeparatorPool | None = None,
    *,
    stems_dir: str | Path | None = None,
    progress: Progress | None = None,
) -> list[str]:
    """Draw a song and its stems.

    Args:
        song: Sound file.
        out: Picture to write: ``.png``, ``.svg`` or ``.pdf``. It is replaced if it exists.
        pool: Separates the song; not needed with ``stems_dir``.
        stems_dir: Folder of stems made before, with ``activity.csv`` if the activity is to be drawn too.
        progress: Called now and then.

    Returns:
        Sentences that should be shown.

    Raises:
        UserError: Something is wrong with the song, the stems or the picture; nothing is left behind.
    """
    song, out = Path(song), Path(out)
    if out.suffix.lower() not in SUFFIXES:
        raise UserError(f"{out} must end in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}.")
    require_matplotlib()
    activity: Activity | None
    if stems_dir is not None:
        spectrograms, activity, notes = _from_folder(song, Path(stems_dir), progress)
    elif pool is not None:
        with open_audio(song) as reader:
            wanted = pool.bundle.stems
            log = new_log(pool, reader.channels, wanted)
            meters = SpectrogramSet(reader.rate)
            blocks = checked_blocks(reader, progress)
            for mixture, stems in stem_pieces(blocks, reader.rate, reader.channels, pool, wanted, log):
                meters.add("mixture", mixture)
                for name, samples in stems.items():
                    meters.add(name, samples)
            activity = log.result(reader.position / reader.rate)
            spectrograms, notes = meters.results(), reader.warnings
    else:
        raise ValueError("either a pool or stems_dir is needed")
    part = out.with_name(f".{out.name}.{os.getpid()}.part")
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        draw(spectrograms, activity, part, title=song.name, fmt=out.suffix.lower()[1:])
        part.replace(out)
    except OSError as error:
        raise UserError(f"Can't write {out}: {error.strerror or error}.") from error
    finally:
        part.unlink(missing_ok=True)
    return notes


def _from_folder(
    song: Path, folder: Path, progress: Progress | None
) -> tuple[dict[str, Spectrogram], Activity | None, list[str]]:
    if not folder.is_dir():
        raise AudioFileError(f"There is no folder {folder}.")
    files = {
        path.stem: path
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in (".wav", ".flac", ".ogg") and not path.name.startswith(".")
    }
    if not files:
        raise AudioFileError(f"There are no stems (.wav, .flac, .ogg) in {folder}.")
    activity = read_activity(folder / ACTIVITY) if (folder / ACTIVITY).is_file() else None
    order = list(activity.stems) if activity is not None else ["vocals", "drums", "bass"]
    names = [n for n in order if n in files] + [n for n in files if n not in order and n != "other"]
    if "other" in files and "other" not in names:
        names.append("other")
    result: dict[str, Spectrogram] = {}
    notes: list[str] = []
    for name, path in [("mixture", song)] + [(n, files[n]) for n in names]:
        with open_audio(path) as reader:
            meters = SpectrogramSet(reader.rate)
            for block in checked_blocks(reader, progress if name == "mixture" else None):
                meters.add(name, block)
            result.update(meters.results())
            notes += reader.warnings
    return result, activity, notes


def read_activity(path: Path) -> Activity:
    """Read what ``rtiass separate --activity`` wrote.

    Args:
        path: The table.

    Raises:
        AudioFileError: It is no such table.
    """
    try:
        with path.open(newline="", encoding="utf-8") as file:
            head, *rows = list(csv.reader(file))
        stems = tuple(name for name in head[1:] if not name.startswith("gate_"))
        if head != ["seconds", *stems, *(f"gate_{stem}" for stem in stems)]:
            raise ValueError("its head is another")
        values: NDArray[np.float64] = np.array(rows, np.float64).reshape(len(rows), len(head))
    except (OSError, ValueError) as error:
        raise AudioFileError(f"{path} is not a table of activity as rtiass writes it ({error}).") from error
    split = 1 + len(stems)
    return Activity(stems, values[:, 0], values[:, 1:split].astype(np.float32), values[:, split:].astype(np.float32))
