"""``python -m offline_train.study --pool POOL [VARIANT ...]``: run the plan, print the tables."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from offline_train.study.runner import PLAN, study
from offline_train.study.table import tables
from rtiass.errors import UserError


def main() -> None:
    """Run what has no result yet, then print."""
    parser = argparse.ArgumentParser(prog="python -m offline_train.study", description="Compare choices by short runs.")
    parser.add_argument("variants", nargs="*", help="names in the plan; all if none")
    parser.add_argument("--pool", type=Path, default=Path("pool"))
    parser.add_argument("--plan", type=Path, default=PLAN)
    parser.add_argument("--results", type=Path, default=PLAN.with_name("results.jsonl"))
    parser.add_argument("--threads", type=int, default=2, help="of the training step of a variant")
    parser.add_argument("--jobs", type=int, default=1, help="variants trained at the same time")
    parser.add_argument("--table", action="store_true", help="print the tables of what is there, and run nothing")
    given = parser.parse_args()
    try:
        if not given.table:
            study(given.variants, given.plan, given.pool, given.results, given.threads, given.jobs)
        print(tables(given.plan, given.results))
    except UserError as error:
        print(error, file=sys.stderr)
        raise SystemExit(error.exit_code) from None


if __name__ == "__main__":
    main()
