"""Puts what the benchmarks wrote into one page, benchmarks/RESULTS.md, and three figures of it into the README.

    python benchmarks/results.py OUT [--note TEXT]

OUT is a folder in which each benchmark of ``PARTS`` wrote its report; a part that is missing is said to be. Figures are
taken over as they were printed, with the command and the day that each benchmark left beside them; none is typed.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.headline import END, START, headline
from benchmarks.origin import read

HERE = Path(__file__).parent
PAGE = HERE / "RESULTS.md"
README = HERE.parent / "README.md"
PICTURES = HERE / "pictures"


@dataclass(frozen=True)
class Part:
    """A section of the page.

    Attributes:
        title: Its heading.
        command: What makes it, with OUT for the folder.
        report: The report's place in the folder.
        about: What the table says, in a sentence or two.
        picture: A picture's place in the folder; empty for none.
    """

    title: str
    command: str
    report: str
    about: str
    picture: str = ""


PARTS = (
    Part(
        "Latency, compute and start",
        "python benchmarks/latency.py -o OUT/latency",
        "latency/report.md",
        "Milliseconds a frame and a hop on a clock like the sound's, late masks played live, time to first sound, and "
        "the latency measured by loop-back beside the one told. docs/bench.md defines every column.",
        "latency/histogram.png",
    ),
    Part(
        "The network step against the machine's own limit",
        "python benchmarks/limit.py --paced -o OUT/limit",
        "limit/limit.md",
        "The network step against its multiply-accumulates over the best single-thread product rate of the same run.",
    ),
    Part(
        "The whole hop",
        "python benchmarks/hop.py --paced -o OUT/hop",
        "hop/hop.md",
        "All that a hop takes, and what of it is the network.",
    ),
    Part(
        "Peers",
        "python benchmarks/peers.py -o OUT/peers",
        "peers/peers.md",
        "The same song through other systems in the same run. It is speed that is compared, not quality.",
        "peers/peers.png",
    ),
    Part(
        "Soak, `live`",
        "python benchmarks/soak.py --minutes 30 --modes live -o OUT/soak/live",
        "soak/live/soak.md",
        "Half an hour on a JACK server with hands on all faders, MIDI, OSC, two browsers and recording on.",
        "soak/live/soak.png",
    ),
    Part(
        "Soak, `instant`",
        "python benchmarks/soak.py --minutes 30 --modes instant -o OUT/soak/instant",
        "soak/instant/soak.md",
        "The same in the fastest mode.",
        "soak/instant/soak.png",
    ),
    Part(
        "Quality",
        "python benchmarks/quality.py pool --timed band -o OUT/quality",
        "quality/table.md",
        "Modes, mask periods and delays, and gates; recorded and rendered songs apart. docs/quality.md says what was "
        "found, docs/evaluation.md defines the figures.",
    ),
)


def section(part: Part, out: Path) -> str:
    """A part of the page, its picture copied beside it."""
    report = out / part.report
    command, day = read(report.parent)
    lines = [f"## {part.title}", "", part.about]
    if not (command and report.is_file()):
        return "\n".join([*lines, "", f"Not measured; `{part.command}` does it.", ""])
    lines += ["", f"`{command}`, {day}.", "", below(report.read_text("utf-8").strip(), 3)]
    if part.picture and (out / part.picture).is_file():
        name = part.picture.replace("/", "-")
        PICTURES.mkdir(exist_ok=True)
        shutil.copyfile(out / part.picture, PICTURES / name)
        lines += ["", f"![{part.title}](pictures/{name})"]
    return "\n".join([*lines, ""])


def below(text: str, level: int) -> str:
    """Markdown whose headings are moved so that the highest is of a level; pictures of its own are left out."""
    text = re.sub(r"^!\[[^\]]*\]\([^)]*\)\n?", "", text, flags=re.MULTILINE)
    found = [len(marks) for marks in re.findall(r"^(#+) ", text, flags=re.MULTILINE)]
    if not found:
        return text
    more = level - min(found)
    return re.sub(r"^(#+) ", lambda marks: "#" * (len(marks[1]) + more) + " ", text, flags=re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--note", default="", help="a sentence about the machine or the run, for the top")
    options = parser.parse_args()
    if not options.out.is_dir():
        print(
            f"There is no folder {options.out}. Run the benchmarks first; each part names its command.", file=sys.stderr
        )
        return 2
    top = [
        "# Results",
        "",
        "Made by `python benchmarks/results.py OUT` from what the benchmarks printed. One machine's milliseconds:",
        "compare the rows of a table, not this machine with yours; `rtiass bench latency` measures yours.",
        *(["", options.note] if options.note else []),
        "",
    ]
    PAGE.write_text("\n".join([*top, *(section(part, options.out) for part in PARTS)]), encoding="utf-8")
    print(PAGE)
    before, found, rest = README.read_text("utf-8").partition(START)
    text = headline(options.out)
    if found and text:
        README.write_text(f"{before}{START}\n{text}\n{END}{rest.partition(END)[2]}", encoding="utf-8")
        print(README)
    return 0


if __name__ == "__main__":
    sys.exit(main())
