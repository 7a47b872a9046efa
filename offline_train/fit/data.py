"""The data of a run: batches by step from loader processes, and the development set."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import torch
from pytorch_lightning import LightningDataModule
from torch.utils.data import DataLoader, Dataset, Sampler

from offline_train.material import is_held
from offline_train.mixing import Batch, Batches, Mixer
from offline_train.pool import Pool
from offline_train.settings import Settings
from rtiass.errors import UserError

STATISTICS_START, DEVELOPMENT_START = 10**9, 2 * 10**9
"""Steps that training never reaches, for batches that it must not use."""


class StepSampler(Sampler[int]):
    """The steps of one of several processes, without end: they take turns.

    It has no length, so that an interrupted run needs no more than its step to go on with the next batch.

    Args:
        start: Steps that each process has done.
        rank: Number of the process.
        world: Number of processes.
    """

    def __init__(self, start: int, rank: int = 0, world: int = 1) -> None:
        self.start, self.rank, self.world = start, rank, world

    def __iter__(self) -> Iterator[int]:
        """Yield step * world + rank."""
        return itertools.count(self.start * self.world + self.rank, self.world)


class Development(Dataset[Batch]):
    """A few batches that stay the same, made once."""

    def __init__(self, mixer: Mixer, count: int) -> None:
        self.mixer, self.count = mixer, count
        self.made: dict[int, Batch] = {}

    def __len__(self) -> int:
        """Number of batches."""
        return self.count

    def __getitem__(self, index: int) -> Batch:
        """The batch of an index in 0..count - 1."""
        if index >= self.count:
            raise IndexError(index)
        if index not in self.made:
            self.made[index] = self.mixer.batch(DEVELOPMENT_START + index)
        return self.made[index]


def held_out(folder: str | Path, holdout: tuple[str, ...]) -> Pool:
    """The part of the training split that is kept out of training.

    Args:
        folder: Pool folder.
        holdout: Beginnings of names of songs and single items.

    Raises:
        UserError: No training material has such a name.
    """
    pool = Pool(folder)
    songs = [song for song in pool.songs if is_held(song.name, holdout)]
    items = {key: item for key, item in pool.items.items() if is_held(item.song or item.id, holdout)}
    if not items:
        known = sorted({song.name for song in pool.songs})
        raise UserError(
            f"[mixing] holdout: no training song of {folder} has a name that begins with {' or '.join(holdout)}. "
            f"Its songs: {', '.join(known[:12]) or 'none'}{', ...' if len(known) > 12 else ''}."
        )
    pool.songs, pool.items = songs, items
    return pool


def development_mixer(folder: str | Path, settings: Settings) -> Mixer:
    """Mixer of the development set: its songs as they are, or without any, mixtures like those of training.

    Of the split ``valid``, a network of one target hears those that have it.
    """
    mixing = settings.mixing
    if settings.fit.development == "valid":
        pool = Pool(folder, "valid")
        if len(settings.lineup.stems) == 2:
            pool.songs = [song for song in pool.songs if song.sounds(settings.lineup.stems[0])]
    elif not mixing.holdout:
        return Mixer(Pool(folder), mixing, settings.seed, settings.lineup)
    else:
        pool = held_out(folder, mixing.holdout)
    whole = [song for song in pool.songs if len(song.stems) > 1]
    recorded = any(song.kind == "recorded" for song in whole)
    plain = mixing.as_they_are(settings.lineup.classes, recorded=recorded)
    return Mixer(pool, plain, settings.seed, settings.lineup)


class PoolData(LightningDataModule):
    """Batches of a pool for Lightning.

    Args:
        folder: Pool folder.
        settings: What to draw and how.

    Raises:
        UserError: There is no pool, or no song that the configuration holds out.
    """

    def __init__(self, folder: str | Path, settings: Settings) -> None:
        super().__init__()
        self.folder, self.settings = Path(folder), settings
        self.batches = Batches(str(folder), settings.mixing, settings.seed, settings.lineup)
        self.development = Development(development_mixer(folder, settings), settings.fit.validate_batches)
        self.start = 0

    def statistics(self) -> torch.Tensor:
        """Magnitudes by which the input is standardised, shape (B, 2, T, BINS)."""
        count = self.settings.fit.statistics_batches
        return torch.cat([self.batches.mixer.batch(STATISTICS_START + k).magnitude for k in range(count)])

    def train_dataloader(self) -> DataLoader[Batch]:
        """Batches from the step at which training stands."""
        trainer: Any = self.trainer
        step, rank, world = trainer.global_step, trainer.global_rank, trainer.world_size
        return loader(self.batches, StepSampler(step, rank, world), self.settings.fit.workers)

    def val_dataloader(self) -> DataLoader[Batch]:
        """This process's share of the development set."""
        trainer: Any = self.trainer
        share = range(trainer.global_rank, len(self.development), trainer.world_size)
        return loader(self.development, share, workers=0)

    def transfer_batch_to_device(self, batch: Batch, device: torch.device, dataloader_idx: int) -> Batch:
        """The batch with its tensors on a device."""
        if device.type == "cpu":
            return batch
        values: dict[str, Any] = {f.name: getattr(batch, f.name) for f in fields(batch)}
        moved: dict[str, Any] = {
            key: value.to(device, non_blocking=True) for key, value in values.items() if isinstance(value, torch.Tensor)
        }
        return replace(batch, **moved)


def loader(batches: Dataset[Batch], steps: Any, workers: int) -> DataLoader[Batch]:
    """A loader of whole batches in the order of ``steps``.

    Args:
        batches: Dataset indexed by step.
        steps: Sampler of steps.
        workers: Loader processes; with 0 the batch is made between the steps.
    """
    return DataLoader(
        batches,
        batch_size=None,
        sampler=steps,
        num_workers=workers,
        prefetch_factor=3 if workers else None,
        worker_init_fn=_one_thread if workers else None,
        # A generator of its own: the loader must not draw from the one whose state a resumed run restores.
        generator=torch.Generator(),
        pin_memory=False,
    )


def _one_thread(worker: int) -> None:
    """Keep a loader process to one core, and deaf to the keyboard, which is the trainer's business."""
    import signal

    torch.set_num_threads(1)
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
