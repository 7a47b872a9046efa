"""Latency of every model, engine, mode and number of threads, of the live host, and of its start; see docs/bench.md.

    python benchmarks/latency.py [-o FOLDER] [--docs docs/compute.md]        # every shipped model: 9 minutes
    python benchmarks/latency.py --grid [-o FOLDER] [--docs docs/live.md]    # the live host by blocks and head-rooms: 5

What it takes is told before; ``--seconds`` and ``--live-seconds`` make it longer and its figures firmer. Prints the
Markdown of the report, and writes it with report.json and histogram.png; ``--docs`` puts its tables into a page,
between the marks that are there for it. It is ``rtiass bench latency --jack-dummy``
with more to choose, such as the paper's network (``--paper``, with random weights: speed does not depend on them; needs
the train extra). Quiet machines only: the report says how quiet it was.
"""

from __future__ import annotations

import argparse
import datetime
import re
import shutil
import signal
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from benchmarks.origin import sign
from rtiass.bench.command import measure, parse_threads
from rtiass.bench.output import MARKDOWN, PICTURE, prepare_folder, write
from rtiass.bench.results import Report
from rtiass.bench.run import DUMMY_BLOCK, Plan, check
from rtiass.bench.text import (
    COUNTED,
    SUMMARY,
    block_table,
    headroom_table,
    load_table,
    loop_table,
    machine_text,
    start_table,
    summary,
    table,
)
from rtiass.bundle import bundle_names
from rtiass.errors import UserError
from rtiass.live.options import HEADROOM
from rtiass.plot import require_matplotlib
from rtiass.stft import MODES

ENGINES = ("onnxruntime", "compiled", "pytorch")
LIVE_ENGINES = ("onnxruntime", "compiled")
"""Those that `auto` chooses from."""
BLOCKS = (128, 256, 512, 1024)
HEADROOMS = (0, 128, 256, 512)
IMAGE = "latency.png"
MARKS = re.compile(r"(<!-- latency -->\n).*?(\n<!-- /latency -->)", re.DOTALL)


def paper_bundle(folder: Path) -> str:
    """The paper's network for one target, causal, with random weights, as a bundle."""
    import torch

    from offline_train.export import export_bundle
    from offline_train.network import IASS

    torch.manual_seed(0)
    model = IASS(blocks=3, causal=True).eval()
    card = {"model": {"name": "iass-causal", "version": "0", "stems": ["vocals", "other"]}}
    return str(export_bundle(model, model.config, card, folder / "iass-causal").path)


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--models", nargs="+", help="names or folders; default: all that ship, with --grid the default")
    parser.add_argument("--paper", action="store_true", help="the paper's network too")
    parser.add_argument("--modes", nargs="+", choices=list(MODES), default=list(MODES))
    parser.add_argument("--engines", nargs="+", default=list(ENGINES))
    parser.add_argument("--live-engines", nargs="+", help="default: those that auto takes; with --grid the first")
    parser.add_argument("--threads", default="1,2", metavar="N,N")
    parser.add_argument("--seconds", type=float, default=3.5, help="of each case, paced")
    parser.add_argument("--live-seconds", type=float, help="of each case, played; default 3, with --grid 5")
    parser.add_argument("--grid", action="store_true", help="only the live host, by blocks and head-rooms")
    parser.add_argument("--blocks", type=int, nargs="+", help="default: 256, with --grid 128 to 1024")
    parser.add_argument("--headrooms", type=int, nargs="+", help="default: 256, with --grid 0 to 512")
    parser.add_argument("--stems", action="store_true", help="paced hops render every stem, in place of one mix")
    parser.add_argument("--device", help="play on this device, in place of JACK servers of its own")
    parser.add_argument("--no-live", action="store_true", help="only compute")
    parser.add_argument("--docs", type=Path, metavar="PAGE", help="put the tables into this page of the manual")
    parser.add_argument("-o", "--output", type=Path, default=Path("latency"), metavar="FOLDER")
    return parser.parse_args()


def live_engines(engines: list[str], *, grid: bool) -> list[str]:
    """Engines that play live unless others are asked for; the first of them is the one whose start is measured."""
    both = [engine for engine in engines if engine in LIVE_ENGINES]
    return engines[:1] if grid or not both else both


def plan_of(options: argparse.Namespace, folder: Path) -> Plan:
    models = options.models or ([None] if options.grid else bundle_names())
    return Plan(
        models=(*models, *([paper_bundle(folder)] if options.paper else [])),
        modes=tuple(options.modes),
        engines=tuple(options.engines),
        threads=parse_threads(options.threads),
        seconds=options.seconds,
        live_seconds=options.live_seconds or (5.0 if options.grid else 3.0),
        live_engines=tuple(options.live_engines or live_engines(options.engines, grid=options.grid)),
        device=options.device,
        jack_dummy=options.device is None and not options.no_live,
        blocks=tuple(options.blocks or (BLOCKS if options.grid else (DUMMY_BLOCK,))),
        headrooms=tuple(options.headrooms or (HEADROOMS if options.grid else (HEADROOM,))),
        every_stem=options.stems,
        paced=not options.grid,
        live=not options.no_live,
    )


def tables(report: Report) -> str:
    """What a page of the manual shows: what was paced, or with a grid what was played by blocks and head-rooms."""
    today = datetime.date.today()
    parts = [f"Measured on {today.day} {today:%B %Y}. {machine_text(report)}"]
    if report.compute:
        parts += ["Milliseconds:", table(SUMMARY, [summary(row) for row in report.compute])]
        parts += [f"![Histograms of the network's steps, mode by mode]({IMAGE})"]
    else:
        load = [row for row in report.live if row.block == DUMMY_BLOCK] or report.live
        parts += [f"What was late, as *{COUNTED}*, with the default head-room:", block_table(report.live)]
        if any(row.headroom != HEADROOM for row in report.live):
            parts += ["The same by head-room:", headroom_table(report.live)]
        parts += ["Load, and what the host's own clocks say:", load_table(load)]
        parts += ["Latency told and measured by loop-back, in samples:", loop_table(report)] if report.loopback else []
        parts += ["From the start of the process to the first sound:", start_table(report)] if report.starts else []
    return "\n\n".join(parts)


def check_page(page: Path) -> None:
    """Look for a page's marks before anything is measured."""
    if not page.is_file() or len(MARKS.findall(page.read_text(encoding="utf-8"))) != 1:
        raise UserError(f"{page} needs the marks <!-- latency --> and <!-- /latency --> once, each on its own line.")


def fill(page: Path, report: Report, picture: Path) -> None:
    """Replace what stands between a page's marks, and the picture beside it."""
    before = page.read_text(encoding="utf-8")
    page.write_text(MARKS.sub(lambda found: f"{found[1]}\n{tables(report)}\n{found[2]}", before), encoding="utf-8")
    if report.compute:
        shutil.copyfile(picture, page.with_name(IMAGE))


def main() -> int:
    options = arguments()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    with tempfile.TemporaryDirectory(prefix="rtiass-bench-") as folder:
        plan = plan_of(options, Path(folder))
        check(plan)
        if options.docs:
            check_page(options.docs)
            require_matplotlib()
        prepare_folder(options.output)
        found = measure(plan, quiet=False, lines=True)
    told = write(found, options.output)
    sign(options.output)
    if options.docs:
        fill(options.docs, found.report, options.output / PICTURE)
    print((options.output / MARKDOWN).read_text(encoding="utf-8"))
    print(told, file=sys.stderr)
    return 1 if found.report.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except UserError as problem:
        sys.exit(str(problem))
    except KeyboardInterrupt:
        sys.exit(130)
