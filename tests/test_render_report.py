"""Hours of audio and hours a core-hour, by kind of material."""

from pathlib import Path

import numpy as np

from offline_train.render.pool import Item, Pool
from offline_train.render.report import speeds


def test_speeds(tmp_path: Path) -> None:
    pool = Pool(tmp_path)
    for name in ("a", "b", "c"):
        item = Item(name, "bass", "sampled", None, 1.0, "train", "s", "l", "c")
        pool.add([(item, np.full(441000, 0.1, np.float32))])
    pool.finish("one", "bass", ["a", "b"], 2.0)
    pool.finish("two", "drums", ["c"], 0.0)
    rows = {line.split()[0]: line.split()[1:] for line in speeds(tmp_path).splitlines()[1:]}
    assert rows["bass"] == ["2", "0.01", "10.0"]
    assert rows["drums"] == ["1", "0.00", "-"]
