"""Training by a budget of minutes, resumable, with averaged weights."""

from __future__ import annotations

import json
import math
import platform
import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch
from torch import nn

from offline_train.loss import multitask_loss
from offline_train.mixing import Batch, Batches
from offline_train.network import build
from offline_train.pool import STEMS, Pool
from offline_train.settings import Settings, load_settings
from offline_train.validate import excerpts, quick_sdr
from rtiass.errors import UserError

STATISTICS_STEPS = 12
"""Batches whose magnitudes standardise the network's input."""


def learning_rate_factor(share: float, warmup: float, final: float) -> float:
    """Factor on the peak learning rate at a share of the budget in 0..1: a linear rise, then a cosine."""
    if share < warmup:
        return 0.05 + 0.95 * share / warmup
    progress = min(1.0, (share - warmup) / max(1e-9, 1.0 - warmup))
    return final + (1.0 - final) * 0.5 * (1.0 + math.cos(math.pi * progress))


class Run:
    """One training run and its folder.

    Args:
        folder: Where config, log, manifest and checkpoint go.
        settings: The configuration.
        pool: Pool folder.
        minutes: Budget of training time, over all resumptions.
        clock: Seconds; replaced in tests, where time must not depend on the machine.
    """

    def __init__(
        self,
        folder: Path,
        settings: Settings,
        pool: Path,
        minutes: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.folder, self.settings, self.pool, self.minutes, self.clock = (
            folder,
            settings,
            pool,
            minutes,
            clock,
        )
        self.step, self.elapsed, self.seconds = 0, 0.0, 0.0
        torch.manual_seed(settings.seed)
        self.network = build(settings.network)
        self.average = build(settings.network)
        train = settings.train
        self.optimizer = torch.optim.AdamW(
            self.network.parameters(), train.learning_rate, betas=(0.9, 0.99), weight_decay=train.weight_decay
        )
        self.weights = torch.tensor([train.stem_weights.get(stem, 1.0) for stem in STEMS])
        self.layout = torch.channels_last if train.channels_last else torch.contiguous_format
        self.network.to(memory_format=self.layout)  # type: ignore[call-overload]

    def checkpoint(self) -> Path:
        """Write everything that resuming needs; the old checkpoint stays until the new one is whole."""
        path = self.folder / "checkpoint.pt"
        part = path.with_suffix(".part")
        torch.save(
            {
                "network": self.settings.network | getattr(self.network, "config", {}),
                "model": self.network.state_dict(),
                "average": self.average.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "random": torch.get_rng_state(),
                "step": self.step,
                "elapsed": self.elapsed,
                "seconds": self.seconds,
            },
            part,
        )
        part.replace(path)
        return path

    def restore(self) -> None:
        """Go on from the folder's checkpoint.

        Raises:
            UserError: There is none.
        """
        state = load_checkpoint(self.folder)
        self.network.load_state_dict(state["model"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        torch.set_rng_state(state["random"])
        self.step, self.elapsed, self.seconds = state["step"], state["elapsed"], state["seconds"]

    def fit_statistics(self, batches: Batches) -> None:
        """Standardise the input by a few batches that training itself does not use."""
        fit = getattr(self.network, "fit_statistics", None)
        if fit is not None:
            fit(torch.cat([batches.mixer.batch(10**9 + k).magnitude for k in range(STATISTICS_STEPS)]))
        self.average.load_state_dict(self.network.state_dict())

    def train_step(self, batch: Batch) -> dict[str, Any]:
        """One update of the weights and of their average; returns what is logged."""
        train = self.settings.train
        share = self.elapsed / max(1e-9, 60 * self.minutes)
        rate = train.learning_rate * learning_rate_factor(share, train.warmup, train.final)
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.network.train()
        mask, logits, _ = self.network(batch.magnitude.contiguous(memory_format=self.layout))
        loss, stems, activity = multitask_loss(
            mask, logits, batch, self.weights, self.settings.mixing.exponent, train.alpha
        )
        self.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        norm = float(nn.utils.clip_grad_norm_(self.network.parameters(), train.clip))
        if math.isfinite(norm):
            self.optimizer.step()
            self._average()
        self.step += 1
        self.seconds += batch.seconds
        return {
            "step": self.step,
            "loss": round(float(loss.detach()), 5),
            "stems": [round(float(value), 4) for value in stems],
            "activity": round(float(activity.detach()), 4),
            "norm": round(norm, 4),
            "rate": round(rate, 7),
            "window": batch.window,
            "period": batch.period,
        }

    @torch.no_grad()
    def _average(self) -> None:
        decay = min(self.settings.train.ema, (1 + self.step) / (10 + self.step))
        for ours, theirs in zip(self.average.state_dict().values(), self.network.state_dict().values(), strict=True):
            if ours.is_floating_point():
                ours.lerp_(theirs, 1.0 - decay)
            else:
                ours.copy_(theirs)

    def loop(self, batches: Iterator[Batch], say: Callable[[str], None] = print) -> None:
        """Train until the budget is used up, with log, validation and checkpoints."""
        train = self.settings.train
        before, waited = self.clock(), 0.0
        start, start_seconds = before, self.seconds
        next_save = self.elapsed + 60 * train.checkpoint_minutes
        next_look = self.elapsed + 60 * train.validate_minutes if train.validate_minutes else math.inf
        recent: list[dict[str, Any]] = []
        with (self.folder / "log.jsonl").open("a", encoding="utf-8") as log:
            while self.elapsed < 60 * self.minutes:
                asked = self.clock()
                batch = next(batches)
                waited += self.clock() - asked
                record = self.train_step(batch)
                now = self.clock()
                self.elapsed += now - before
                record["took"], before = round(now - before, 3), now
                record["elapsed"] = round(self.elapsed, 1)
                recent.append(record)
                log.write(json.dumps(record) + "\n")
                if self.step % 20 == 0:
                    log.flush()
                    speed = (self.seconds - start_seconds) / max(1e-9, now - start)
                    say(_line(recent, self.elapsed / 60, speed, waited / max(1e-9, now - start)))
                    recent = []
                if self.elapsed >= next_look:
                    next_look += 60 * train.validate_minutes
                    self._look(log, say)
                if self.elapsed >= next_save:
                    next_save += 60 * train.checkpoint_minutes
                    log.flush()
                    self.checkpoint()
                    self._manifest(say)
            self._look(log, say)
        self.checkpoint()
        self._manifest(say)

    def _look(self, log: Any, say: Callable[[str], None]) -> None:
        try:
            audio = excerpts(Pool(self.pool, "valid"))
        except UserError:
            return
        self.average.eval()
        values = quick_sdr(self.average, audio)
        log.write(json.dumps({"step": self.step, "validation": values}) + "\n")
        say(f"  validation at step {self.step}: " + ", ".join(f"{k} {v:.2f} dB" for k, v in values.items()))

    def _manifest(self, say: Callable[[str], None]) -> None:
        """Keep a copy of the pool's table, which names what the model was trained on."""
        ours, theirs = self.folder / "pool.json", self.pool / "pool.json"
        text = theirs.read_bytes()
        if not ours.is_file() or ours.read_bytes() != text:
            part = ours.with_suffix(".part")
            part.write_bytes(text)
            part.replace(ours)
            say(f"  the pool now has {len(json.loads(text))} items")


def load_checkpoint(folder: str | Path) -> dict[str, Any]:
    """The checkpoint of a run folder; tensors and plain values only.

    Raises:
        UserError: There is none.
    """
    path = Path(folder) / "checkpoint.pt"
    if not path.is_file():
        raise UserError(f"There is no checkpoint in {folder}. Train first: rtiass-train train --out {folder}")
    return torch.load(path, map_location="cpu", weights_only=True)


def start(config: Path, pool: Path, folder: Path, minutes: float, resume: bool = False, workers: int = 1) -> None:
    """Train from a configuration file into a run folder.

    Args:
        config: TOML file.
        pool: Pool folder.
        folder: Run folder; must not hold a run already, unless ``resume``.
        minutes: Budget of training time, over all resumptions.
        resume: Go on from the folder's checkpoint, with the folder's own copy of the configuration.
        workers: Loader processes; 0 prepares batches between the steps.

    Raises:
        UserError: The folder holds a run already, or there is nothing to resume.
    """
    if (folder / "checkpoint.pt").is_file() and not resume:
        raise UserError(f"{folder} holds a run already. Add --resume to go on, or choose another folder.")
    folder.mkdir(parents=True, exist_ok=True)
    if not resume:
        shutil.copyfile(config, folder / "config.toml")
    settings = load_settings(folder / "config.toml")
    torch.set_num_threads(settings.train.threads)
    torch.set_flush_denormal(True)
    batches = Batches(str(pool), settings.mixing, settings.seed)
    run = Run(folder, settings, pool, minutes)
    if resume:
        run.restore()
    else:
        run.fit_statistics(batches)
        (folder / "run.json").write_text(json.dumps(_facts(run, minutes), indent=1) + "\n")
    run._manifest(print)
    print("seconds of material:", {k: round(v) for k, v in batches.mixer.pool.seconds().items()}, flush=True)
    loader = torch.utils.data.DataLoader(
        batches,
        batch_size=None,
        sampler=range(run.step, 10**9),
        num_workers=workers,
        prefetch_factor=3 if workers else None,
    )
    run.loop(iter(loader), lambda text: print(text, flush=True))


def _facts(run: Run, minutes: float) -> dict[str, Any]:
    """What the run was made with."""
    return {
        "minutes": minutes,
        "python": platform.python_version(),
        "torch": torch.__version__,
        "machine": platform.machine(),
        "parameters": sum(p.numel() for p in run.network.parameters()),
        "mixing": asdict(run.settings.mixing),
        "train": asdict(run.settings.train),
        "seed": run.settings.seed,
    }


def _line(recent: list[dict[str, Any]], minutes: float, speed: float, waiting: float) -> str:
    mean = {key: sum(r[key] for r in recent) / len(recent) for key in ("loss", "activity", "norm", "took")}
    stems = [sum(r["stems"][k] for r in recent) / len(recent) for k in range(len(recent[0]["stems"]))]
    parts = " ".join(f"{stem[0]} {value:.4f}" for stem, value in zip(STEMS, stems, strict=False))
    return (
        f"{minutes:6.1f} min step {recent[-1]['step']:5d} loss {mean['loss']:.4f} ({parts}) "
        f"activity {mean['activity']:.3f} norm {mean['norm']:.2f} rate {recent[-1]['rate']:.1e} "
        f"{mean['took']:.2f} s/step {speed:.1f}x real time, {100 * waiting:.0f} % waiting for data"
    )
