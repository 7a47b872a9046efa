"""Hold everything against the table of ceilings, or write it anew.

Exit code 1 if something got worse. With --write, what is there is accepted, better or worse.
"""

from __future__ import annotations

import argparse

from benchmarks.ceilings.measure import at_home, everything
from benchmarks.ceilings.table import TABLE, compare, read, told, write


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.ceilings", description=__doc__)
    parser.add_argument("--write", action="store_true", help="put what is measured in the table's place")
    options = parser.parse_args()
    if not at_home():
        parser.error("The table tells of Linux on x86-64: packages of other systems have other names and sizes.")
    found = everything()
    verdicts = compare(read(), found)
    worse, better = told(verdicts)
    if options.write:
        write(found)
        changed = [str(verdict) for verdict in verdicts if verdict.kept != verdict.found]
        print("\n".join([*changed, f"{TABLE} written: {len(verdicts)} figures, {len(changed)} of them changed."]))
        return 0
    print("\n".join(filter(None, (worse, better))) or f"{len(verdicts)} figures are as the table says.")
    return 1 if worse else 0


if __name__ == "__main__":
    raise SystemExit(main())
