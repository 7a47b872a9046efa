"""Parts of ``benchmarks/peers.py``: the roster, environments, rounds, the report and its picture."""
