"""What is known of models: the table of ``rtiass models``, and one model's card in words."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from rtiass.bundle import CARD, SUMS, Bundle, BundleError, bundle_names, default_bundle, load_bundle, models_folder
from rtiass.errors import readable

REFERENCE = "live"
KINDS = ("recorded", "rendered")
FIGURES = (("SDR, dB", "sdr"), ("energy in its pauses, dB", "pes"))
KARAOKE = "karaoke"
WIDTH = 100
_ODD = (AttributeError, KeyError, TypeError, ValueError, OverflowError)
"""What odd values of a card raise; the runtime itself reads only a small part of it."""


@dataclass(frozen=True)
class Entry:
    """A model in the table.

    Attributes:
        name: Model name.
        path: Its folder.
        version: Of the model.
        stems: Names.
        bytes: Size of the folder's files.
        licence: Of the weights; empty where the card does not state it.
        sdr: Mean over stems of the SDR of recorded songs in ``live``, in dB; None if not measured.
        pes: The same of the energy in pauses, over the stems that have such.
        sdr_by_stem: SDR of recorded songs in ``live``, in dB, of the stems that have one.
        default: Whether it is used when none is named.
        karaoke: Whether ``rtiass karaoke`` uses it when none is named.
        problem: Why it can't be used; empty if it can.
    """

    name: str
    path: str
    version: str = ""
    stems: tuple[str, ...] = ()
    bytes: int = 0
    licence: str = ""
    sdr: float | None = None
    pes: float | None = None
    sdr_by_stem: dict[str, float] | None = None
    default: bool = False
    karaoke: bool = False
    problem: str = ""


def folders(further: Iterable[Path] = ()) -> list[Path]:
    """Folders of the shipped bundles, then of those in further folders (or such a folder itself).

    Raises:
        BundleError: There is no bundle in one of the further folders.
    """
    out = [models_folder() / name for name in bundle_names()]
    for place in further:
        found = [place] if (place / CARD).is_file() else sorted(path.parent for path in place.glob(f"*/{CARD}"))
        if not found:
            raise BundleError(f"There is no model in {place}. A model is a folder with a {CARD}.")
        out += [path for path in found if path not in out]
    return out


def find(name: str, places: Sequence[Path]) -> str | Path:
    """The folder of a model by its name among others', else the name itself, which may be a folder."""
    return next((place for place in places if place.name == name), name)


def entry(folder: Path) -> Entry:
    """What the table tells of a bundle; one that can't be used says why."""
    try:
        return _entry(load_bundle(folder), folder)
    except BundleError as error:
        return Entry(folder.name, str(folder), problem=plain(str(error)))
    except _ODD as error:
        return Entry(folder.name, str(folder), problem=f"Its card has an odd value ({readable(error)}).")


def _entry(bundle: Bundle, folder: Path) -> Entry:
    shipped = folder.parent == models_folder()
    model = bundle.card["model"]
    live = _row(bundle, KINDS[0], REFERENCE)
    sdr, pes = (_by_stem(live, bundle.stems, figure) for _, figure in FIGURES)
    return Entry(
        bundle.name,
        str(folder),
        str(model.get("version", "")),
        bundle.stems,
        sum(path.stat().st_size for path in folder.iterdir() if path.is_file()),
        str(model.get("licence", "")),
        _mean(sdr),
        _mean(pes),
        sdr,
        shipped and folder.name == default_bundle(),
        shipped and folder.name == KARAOKE,
    )


def plain(text: str) -> str:
    """A text of a card, which may come from anywhere, without what could steer a terminal."""
    return "".join(c if c.isprintable() or c == "\n" else "?" for c in text)


def as_plain(row: Entry) -> dict[str, Any]:
    """An entry for JSON."""
    return {key: value for key, value in asdict(row).items() if key != "problem" or value}


def table(entries: Sequence[Entry]) -> str:
    """The entries as lines of aligned columns, after a line of headings."""
    head = ("model", "version", "size", "licence", "SDR", "PES", "stems")
    rows = [head]
    broken = []
    for row in entries:
        if row.problem:
            broken.append(f"{row.name}: can't be used. {row.problem}")
            continue
        marks = [mark for mark, on in (("default", row.default), ("default of karaoke", row.karaoke)) if on]
        stems = ", ".join(row.stems) + (f" ({', '.join(marks)})" if marks else "")
        size = f"{row.bytes / 1e6:.1f} MB"
        rows.append((row.name, row.version, size, row.licence or "-", _number(row.sdr), _number(row.pes), stems))
    lines = _aligned(rows) if len(rows) > 1 else []
    if lines:
        lines += [
            "",
            "SDR and PES (energy in pauses): dB, mean over stems, recorded songs, mode live. "
            "More of one: rtiass models NAME",
        ]
    return plain("\n".join([*lines, *broken]))


def describe(bundle: Bundle) -> str:
    """A card in words: figures by mode, material, licences and credits, known failures, check sums.

    Raises:
        BundleError: The card has values of a kind that is not understood.
    """
    try:
        return plain(_words(bundle))
    except _ODD as error:
        raise BundleError(
            f"The card in {bundle.path} can't be shown: it has an odd value ({readable(error)})."
        ) from error


def _words(bundle: Bundle) -> str:
    card = bundle.card
    model, training = card["model"], card.get("training", {})
    lines = [f"{bundle.name} {model.get('version', '')}: {', '.join(bundle.stems)}", f"In {bundle.path}"]
    lines += _section("Licence of the weights", [str(model.get("licence", "")), str(model.get("licence_note", ""))])
    lines += _figures(bundle)
    lines += _section("Known failures", _failures(card), mark="- ")
    lines += _section("Parts", _parts(card), mark="- ")
    lines += _training(training)
    lines += _material(card)
    lines += _section("To be passed on with the weights", [str(model.get("attribution", ""))])
    lines += _licences(card.get("licences", []))
    sums = (bundle.path / SUMS).read_text("utf-8").splitlines()
    lines += ["", "sha256", *(f"  {line}" for line in sums)]
    return "\n".join(lines)


def _failures(card: dict[str, Any]) -> list[str]:
    listed = [str(entry["what"]) for entry in card.get("failures", [])]
    measured = [str(what) for what in card.get("figures", {}).get("known_failures", [])]
    return list(dict.fromkeys([*listed, *measured]))


def _parts(card: dict[str, Any]) -> list[str]:
    """What a merged model was put together from, a part a line."""
    lines = []
    for part in card.get("parts", []):
        told = [f"{part['name']} {part.get('version', '')}: {', '.join(part['stems'])}"]
        training = part.get("training", {})
        if training:
            told.append(f"{training.get('steps', '?')} steps, {training.get('audio_hours', '?')} hours of audio")
        lines.append("; ".join([*told, f"licence {part.get('licence', 'not stated')}"]))
    return [*lines, str(card["merged"]["rule"])] if lines and "merged" in card else lines


def _figures(bundle: Bundle) -> list[str]:
    figures = bundle.card.get("figures", {})
    lines = []
    for kind in KINDS:
        rows = {row: parts for row, parts in figures.get(kind, {}).items() if isinstance(parts, dict)}
        for title, figure in FIGURES:
            known = {row: _by_stem(parts, bundle.stems, figure) for row, parts in rows.items()}
            used = {row: values for row, values in known.items() if values}
            if used:
                cells = [(row, *(_number(values.get(s)) for s in bundle.stems)) for row, values in used.items()]
                lines += ["", f"{kind} songs: {title}", *_aligned([("", *bundle.stems), *cells], indent="  ")]
    if lines and "command" in figures:
        lines += ["", f"Measured with: {figures['command']}"]
    return lines


def _training(training: dict[str, Any]) -> list[str]:
    if not training:
        return []
    said = [
        f"{training.get('steps', '?')} steps, {training.get('audio_hours', '?')} hours of audio, "
        f"{training.get('minutes', '?')} minutes",
        *(f"$ {command}" for command in (*training.get("commands", []), training.get("shipped_with", "")) if command),
        str(training.get("curve_note", "")),
        *(str(note) for note in training.get("notes", [])),
    ]
    lines = _section("Training", said)
    curve = training.get("curve", [])
    if curve:
        stems = list(dict.fromkeys(stem for row in curve for stem in row.get("sdr", {})))
        head = ("step", "minutes", "hours of audio", "development loss", *(f"{stem} SDR" for stem in stems))
        rows = [
            (
                *(str(row[key]) for key in ("step", "minutes", "audio_hours")),
                _number(row.get("development"), 4),
                *(_number(row.get("sdr", {}).get(stem)) for stem in stems),
            )
            for row in curve
        ]
        lines += ["", "Learning curve", *_aligned([head, *rows], indent="  ")]
    return lines


def _material(card: dict[str, Any]) -> list[str]:
    kinds = ("recorded", "sampled", "rendered")
    rows = [(name, *(f"{row.get(kind, 0.0):.1f}" for kind in kinds)) for name, row in card.get("classes", {}).items()]
    return ["", "Material, minutes", *_aligned([("", *kinds), *rows], indent="  ")] if rows else []


def _licences(entries: Sequence[dict[str, Any]]) -> list[str]:
    if not entries:
        return []
    lines = [f"- {e.get('source')} ({e.get('licence')}), {e.get('minutes')} min: {e.get('credit')}" for e in entries]
    return ["", "Material and its licences", *lines]


def _section(title: str, texts: Iterable[str], mark: str = "") -> list[str]:
    lines = []
    for text in filter(None, texts):
        space = " " * (2 + len(mark))
        lines += textwrap.wrap(text, WIDTH, initial_indent=f"  {mark}", subsequent_indent=space, break_on_hyphens=False)
    return ["", title, *lines] if lines else []


def _row(bundle: Bundle, kind: str, row: str) -> dict[str, Any]:
    found = bundle.card.get("figures", {}).get(kind, {}).get(row, {})
    return found if isinstance(found, dict) else {}


def _by_stem(parts: dict[str, Any], stems: Sequence[str], figure: str) -> dict[str, float]:
    known = {stem: parts.get(stem, {}).get(figure) for stem in stems if isinstance(parts.get(stem, {}), dict)}
    return {stem: float(value) for stem, value in known.items() if isinstance(value, int | float)}


def _mean(values: dict[str, float]) -> float | None:
    return round(sum(values.values()) / len(values), 2) if values else None


def _number(value: float | None, digits: int = 2) -> str:
    return "-" if value is None else f"{value:.{digits}f}"


def _aligned(rows: Sequence[Sequence[str]], indent: str = "") -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        (indent + "  ".join(f"{cell:{width}}" for cell, width in zip(row, widths, strict=True))).rstrip()
        for row in rows
    ]
