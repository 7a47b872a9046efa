"""Measuring rtiass on the machine at hand: ``rtiass bench``. What each figure means is told in docs/bench.md."""
