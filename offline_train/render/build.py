"""Makes or completes a pool."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from offline_train.render import effects, engine, plan, resources, synths


def build_pool(
    data: Path,
    out: Path,
    jobs: int = 2,
    hours: float = 8.0,
    seed: int = 0,
    dask: str | None = None,
    places: resources.Places | None = None,
    say: Callable[[str], None] = print,
) -> list[dict[str, Any]]:
    """Make, or complete, the pool of training and validation stems.

    Args:
        data: Folder of the material (`multitrack`, `singing`, `drums`, `guitar`, `bass`, `midi`).
        out: Folder of the pool; finished items in it are kept.
        jobs: Processes at work.
        hours: Hours of stems to render beside the recordings.
        seed: Decides all that is drawn.
        dask: Address of a Dask scheduler that does the work instead.
        places: Where packages put their sounds.
        say: Told what is not installed and is left out.

    Returns:
        The entries of `pool.json`.

    Raises:
        UserError: Material, a program or a library is missing, a source is bad, or the disk is full.
    """
    places = places or resources.Places()
    effects.library()
    # Workers may run elsewhere, in another folder.
    data, out = data.resolve(), out.resolve()
    train, valid, missing = resources.find(data, out / "cache", places)
    for line in missing:
        say(f"left out: {line}")
    if train.synths is not None and hours > 0 and not train.synths.is_file():
        say("Rendering the synthesisers once (a few minutes)")
        synths.prepare(train.synths.parent, places.lmms)
    return engine.run(plan.all_jobs(train, valid, places.game_songs, hours, seed), out, jobs, dask)
