"""Reading what training saved, without Lightning."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from rtiass.errors import UserError

SMALL = "checkpoint.pt"
"""The averaged weights with what builds their network; a model is shipped from it."""
LAST = "checkpoints/last.ckpt"
"""Lightning's checkpoint, from which training goes on."""


def load_checkpoint(folder: str | Path) -> dict[str, Any]:
    """The small checkpoint of a run folder; tensors and plain values only.

    Returns:
        ``network`` (its configuration), ``stems``, ``average`` (its weights), ``step``, ``elapsed`` (seconds of
        training) and ``seconds`` (of audio).

    Raises:
        UserError: There is none, or it cannot be read.
    """
    path = Path(folder) / SMALL
    if not path.is_file():
        raise UserError(f"There is no checkpoint in {folder}. Train first: rtiass-train train --out {folder}")
    return read_tensors(path)


def read_tensors(path: Path) -> dict[str, Any]:
    """A file of tensors and plain values; no code in it is run.

    Raises:
        UserError: It cannot be read.
    """
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except Exception as error:
        raise UserError(
            f"{path} is not a checkpoint that can be read ({type(error).__name__}); restore it, or train anew."
        ) from error
