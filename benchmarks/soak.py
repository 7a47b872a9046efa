"""A long show on a JACK server without a sound card: hands on all faders, recording on, and nothing may be wrong.

    python benchmarks/soak.py [--minutes 30] [--modes live instant] [--burners 0 1 2] [-o FOLDER]

For Linux with jackd, which it starts and ends by itself, and the dev extra. Each mode is a fresh host. Music is played
in a loop by a JACK client; faders move by MIDI, OSC and two browsers' sockets; scenes are saved and recalled. The last
fifth of the time is for the CPU burners (processes that only spin, at normal priority), each number of them as long.

Checked are the sound, sample by sample, against the separator of the file job with the same hands at the same samples;
the recorded tracks; the delay at every sample; silences; late masks and underruns (none while nothing else runs);
memory, descriptors, threads. Prints Markdown. Ends with 1, and a sentence for each violation. The replay afterwards
takes about a fifth of the time played. ``docs/soak.md`` tells what each figure means.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import sys
import tempfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

from soak_report import markdown, picture
from soak_run import Phase, Plan, soak

from benchmarks.origin import sign
from rtiass.bench.jackserver import JackServer
from rtiass.bench.machine import describe
from rtiass.errors import UserError
from rtiass.stft import MODES

BURNING = 0.2
"""Share of the time that the burners get together."""


def phases(minutes: float, burners: list[int]) -> tuple[Phase, ...]:
    """Idle first, then each number of burners for the same time."""
    seconds = 60.0 * minutes
    some = [count for count in burners if count > 0]
    each = BURNING * seconds / max(1, len(some))
    idle = [Phase(0, seconds - each * len(some))] if 0 in burners or not some else []
    return (*idle, *(Phase(count, each if idle else seconds / len(some)) for count in some))


def write(folder: Path, machine: dict[str, Any], rows: list[dict[str, Any]]) -> None:
    """Report, figures and picture of the modes so far."""
    (folder / "soak.md").write_text(markdown(machine, rows) + "\n")
    (folder / "soak.json").write_text(json.dumps({"machine": machine, "runs": rows}, indent=1) + "\n")
    with contextlib.suppress(ImportError):
        picture(folder / "soak.png", rows)
    sign(folder)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--minutes", type=float, default=30.0, help="of each mode")
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=["live", "instant"])
    parser.add_argument("--burners", type=int, nargs="+", default=[0, 1, 2], help="numbers of CPU burners")
    parser.add_argument("--block", type=int, default=512)
    parser.add_argument("--model", help="name or folder of a model; default: the shipped one")
    parser.add_argument("--engine", default="onnxruntime")
    parser.add_argument("--song", type=Path, help="what is played in a loop; default: the demo song")
    parser.add_argument("--awake", action="store_true", help="no processor sleeps, as with 'rtiass live --awake'")
    parser.add_argument("--freewheel", action="store_true", help="as fast as it goes; without burners")
    parser.add_argument("-o", "--output", type=Path, help="folder for soak.md, soak.json and soak.png")
    options = parser.parse_args()
    burners = [0] if options.freewheel else options.burners
    machine: dict[str, Any] = describe()
    rows = []
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
    for mode in options.modes:
        # In the folder for takes on the same disk as the system's temporary files.
        with (
            tempfile.TemporaryDirectory(prefix="rtiass-soak-") as folder,
            JackServer(options.block, outputs=6) as server,
        ):
            machine["realtime"] = server.realtime
            plan = Plan(
                mode, options.block, phases(options.minutes, burners), Path(folder), model=options.model,
                engine=options.engine, song=options.song, freewheel=options.freewheel, awake=options.awake,
            )  # fmt: skip
            rows.append(soak(plan, server.pid))
        # At once: half an hour is not to be lost to what comes after it.
        if options.output:
            write(options.output, machine, rows)
    print(markdown(machine, rows))
    if any(row["violations"] for row in rows):
        sys.exit(1)


if __name__ == "__main__":
    try:
        main()
    except (OSError, RuntimeError, UserError, ValueError) as problem:
        sys.exit(str(problem))
