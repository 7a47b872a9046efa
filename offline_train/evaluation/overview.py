"""Several models on one page: ``python -m offline_train.evaluation.overview FIGURES.json ...``.

Of every report (``figures.json`` of ``rtiass-train evaluate``): the SDR by stem in every mode, beside the mixture and
the ideal ratio mask, recorded and rendered songs apart, what muting the vocals leaves, and the goals.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from offline_train.evaluation.goals import IDEAL
from offline_train.evaluation.song import KARAOKE
from offline_train.evaluation.summary import value_of
from offline_train.evaluation.table import counted
from rtiass.errors import UserError
from rtiass.stft import MODES

MUTED = (("vocals left", "vocals_level"), ("rest left", "rest_level"))


def overview(reports: Sequence[dict[str, Any]]) -> str:
    """Markdown of the reports, one after the other."""
    return "\n".join(line for report in reports for line in _report(report))


def _report(report: dict[str, Any]) -> Iterator[str]:
    yield f"## {report['model']} {report['version']}\n"
    for kind, rows in report["summary"].items():
        yield f"{kind.capitalize()} songs ({', '.join(report['songs'][kind])}): SDR in dB, median of 1 s windows.\n"
        yield from _sound(rows, report["stems"])
    yield "| goal, recorded songs | measured | wanted | met |\n|---|---|---|---|"
    for check in report["acceptance"]["checks"]:
        measured = f"{check['measured']:.2f}" if "measured" in check else "not measured"
        yield f"| {check['what']} | {measured} | {check['wanted']} | {'yes' if check['met'] else 'no'} |"
    yield ""


def _sound(rows: dict[str, Any], stems: Sequence[str]) -> Iterator[str]:
    live = rows.get("live", {})
    heard = [stem for stem in stems if value_of(live, stem, "sdr") is not None]
    muted = MUTED if KARAOKE in live else ()
    titles = [f"{stem} ({counted(live[stem]['n']['sdr'])})" for stem in heard]
    columns = [*titles, "mean of stems", *(f"muted: {title}" for title, _ in muted)]
    yield "| | " + " | ".join(columns) + " |\n|---|" + "---|" * len(columns)
    for row in (*(mode for mode in MODES if mode in rows), "mixture", IDEAL):
        values = [value_of(rows.get(row, {}), stem, "sdr") for stem in heard]
        known = [value for value in values if value is not None]
        cells = [*values, sum(known) / len(known) if known else None]
        cells += [value_of(rows.get(row, {}), KARAOKE, figure) for _, figure in muted]
        yield f"| {row} | " + " | ".join("" if value is None else f"{value:.2f}" for value in cells) + " |"
    yield ""


def read(path: Path) -> dict[str, Any]:
    """A report from its file.

    Raises:
        UserError: It is none.
    """
    try:
        report: dict[str, Any] = json.loads(path.read_text("utf-8"))
        report["summary"], report["acceptance"]["checks"], report["stems"], report["songs"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"{path} holds no figures ({type(error).__name__}: {error}). Make them with: "
            f"rtiass-train evaluate MODEL -o {path}"
        ) from error
    return report


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the overview of the files named."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.evaluation.overview", description=__doc__)
    parser.add_argument("figures", nargs="+", type=Path)
    try:
        print(overview([read(path) for path in parser.parse_args(arguments).figures]))
    except UserError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
