"""Data sets of songs and their stems, behind one interface.

``registry.open_set`` opens a set by name; its songs give tracks with a class each, read lazily at any rate; ``pack``
turns a set into a pool for training. Which name of an instrument belongs to which class stands in ``classes/*.toml``.
"""

from offline_train.datasets.base import DataSet, Song, Track
from offline_train.datasets.registry import ENTRIES, open_set

__all__ = ["ENTRIES", "DataSet", "Song", "Track", "open_set"]
