"""What a run says: a line now and then, a bar on a terminal, every step in log.jsonl, and TensorBoard."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, TextIO, cast

import torch
from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback
from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from offline_train.fit.files import disk_errors
from offline_train.fit.module import DEVELOPMENT, Fit
from offline_train.fit.speed import matrix_rate, step_operations
from offline_train.pool import Pool
from offline_train.validate import excerpts, quick_sdr
from rtiass.errors import UserError

EVERY = 20
"""Steps between two lines."""


class Log(Callback):
    """Log of a run, written by the first process alone.

    Args:
        folder: Run folder.
        pool: Pool folder, for excerpts of the validation songs.
        say: Takes the lines for people.
        clock: Seconds.
    """

    def __init__(
        self,
        folder: Path,
        pool: Path,
        say: Callable[[str], None] = lambda text: print(text, flush=True),
        clock: Callable[[], float] = time.perf_counter,
    ) -> None:
        self.folder, self.pool, self.say, self.clock = folder, pool, say, clock
        self.recent: list[dict[str, Any]] = []
        self.file: TextIO | None = None
        self.bar: Progress | None = None
        self.mark = self.waited = self.cpu = 0.0
        self.operations = self.rate = 0.0

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Measure the machine, open the log, drop what it tells of steps after the checkpoint."""
        assert isinstance(pl_module, Fit)
        self.operations = step_operations(pl_module.network)
        if trainer.is_global_zero:
            self.rate = matrix_rate(pl_module.device)
            path = self.folder / "log.jsonl"
            with disk_errors(path):
                _cut(path, trainer.global_step)
                self.file = path.open("a", encoding="utf-8")
            if sys.stderr.isatty():
                # Lines for a file must not be led to the screen.
                self.bar = Progress(
                    TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"),
                    TimeRemainingColumn(), transient=True, console=Console(stderr=True),
                    redirect_stdout=sys.stdout.isatty(),
                )  # fmt: skip
                self.bar.add_task("training", total=1.0)
                self.bar.start()
        self.mark, self.cpu = self.clock(), time.process_time()

    def on_train_batch_start(self, trainer: Trainer, pl_module: LightningModule, batch: Any, batch_idx: int) -> None:
        """Note how long the batch was waited for."""
        self.waited = self.clock() - self.mark

    def on_train_batch_end(
        self, trainer: Trainer, pl_module: LightningModule, outputs: Any, batch: Any, batch_idx: int
    ) -> None:
        """Write the step down."""
        assert isinstance(pl_module, Fit)
        if self.file is None:
            return
        record: dict[str, Any] = {"step": trainer.global_step}
        for key, value in pl_module.record.items():
            number = float(value) if isinstance(value, torch.Tensor) else value
            if math.isfinite(number):  # JSON has no others
                record[key] = round(number, 5)
        record["rate"] = trainer.optimizers[0].param_groups[0]["lr"]
        now = self.clock()
        record["took"], record["waited"] = round(now - self.mark, 4), round(self.waited, 4)
        spent = time.process_time()
        record["cpu"], self.cpu = round(spent - self.cpu, 4), spent
        record["elapsed"] = round(pl_module.budget.time_elapsed(), 1)
        if pl_module.skipped:
            record["skipped"] = pl_module.skips
        self.mark = now
        self.recent.append(record)
        with disk_errors(self.folder / "log.jsonl"):
            self.file.write(json.dumps(record) + "\n")
            if trainer.global_step % EVERY == 0 or trainer.should_stop:
                self.file.flush()
                self._tell(trainer, pl_module)
        if self.bar:
            self.bar.update(self.bar.task_ids[0], completed=pl_module.budget.share(trainer))

    def _tell(self, trainer: Trainer, module: Fit) -> None:
        """A line and TensorBoard's scalars of the steps since the last ones."""
        recent, self.recent = self.recent, []
        known = {"step", "took", "waited", "cpu", "elapsed", "window", "period", "seconds", "frames", "rate", "skipped"}
        mean = {}
        for key in recent[-1]:
            values = [r[key] for r in recent if key in r]
            if key not in known:
                mean[key] = sum(values) / len(values)
        took = sum(r["took"] for r in recent)
        world = trainer.world_size
        flops = self.operations * world * sum(r["frames"] for r in recent) / max(took, 1e-9)
        speed = {
            "speed/steps a second": len(recent) / max(took, 1e-9),
            "speed/seconds of audio a second": world * sum(r["seconds"] for r in recent) / max(took, 1e-9),
            "speed/share of time waiting for data": sum(r["waited"] for r in recent) / max(took, 1e-9),
            "speed/Gflop a second": flops / 1e9,
            "speed/share of the matrix-product rate": flops / world / max(self.rate, 1.0),
        }
        self.say(_line(recent[-1], mean, list(speed.values()), module.skips))
        for logger in trainer.loggers:
            scalars = {f"train/{key}": value for key, value in mean.items()}
            logger.log_metrics({**scalars, "train/rate": recent[-1]["rate"], **speed}, trainer.global_step)

    def on_validation_end(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Write the development loss down; time spent validating is not waiting for data."""
        assert isinstance(pl_module, Fit)
        if self.file is not None and trainer.state.fn == "fit":
            values = {k: round(float(v), 5) for k, v in trainer.callback_metrics.items() if k.startswith(DEVELOPMENT)}
            if values:
                self._note({"step": trainer.global_step, DEVELOPMENT: values})
                for logger in trainer.loggers:
                    logger.log_metrics(values, trainer.global_step)
                loss = values[DEVELOPMENT]
                self.say(f"  development loss at step {trainer.global_step}: {loss:.4f}")
            self.file.flush()
        self.mark, self.cpu = self.clock(), time.process_time()

    def on_validation_epoch_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """SDR of excerpts of the recorded validation songs, for the log alone, with the averaged weights."""
        assert isinstance(pl_module, Fit)
        limit = pl_module.settings.fit.validate_excerpts
        lineup = pl_module.settings.lineup
        if not limit or self.file is None or pl_module.network.stems != len(lineup.stems):
            return
        try:
            audio = excerpts(Pool(self.pool, "valid"), limit=limit, lineup=lineup)
        except (UserError, OSError, ValueError):
            # No validation songs, or a pool under construction: no reason to end a run of hours.
            return
        if not audio:
            return
        values = quick_sdr(cast(Any, pl_module.network.stream), audio, lineup)
        self._note({"step": trainer.global_step, "validation": values})
        for logger in trainer.loggers:
            logger.log_metrics({f"validation/{k}": v for k, v in values.items()}, trainer.global_step)
        told = ", ".join(f"{k} {v:.2f} dB" for k, v in values.items())
        self.say(f"  validation at step {trainer.global_step}: {told}")

    def _note(self, record: dict[str, Any]) -> None:
        assert self.file is not None
        with disk_errors(self.folder / "log.jsonl"):
            self.file.write(json.dumps(record) + "\n")

    def teardown(self, trainer: Trainer, pl_module: LightningModule, stage: str) -> None:
        """Close the log and the bar."""
        if self.bar is not None:
            self.bar.stop()
            self.bar = None
        if self.file is not None:
            file, self.file = self.file, None
            with disk_errors(self.folder / "log.jsonl"):
                file.close()


def _cut(path: Path, step: int) -> None:
    """Drop records of steps after ``step``, and a line that an interruption left unfinished."""
    if not path.is_file():
        return
    kept = []
    for line in path.read_text("utf-8").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if record.get("step", 0) <= step:
            kept.append(line + "\n")
    part = path.with_name(path.name + ".part")
    part.write_text("".join(kept), encoding="utf-8")
    part.replace(path)


def _line(last: dict[str, Any], mean: dict[str, float], speed: list[float], skips: int) -> str:
    rows = " ".join(f"{key} {v:.4f}" for key, v in mean.items() if key not in ("loss", "activity", "norm"))
    steps, audio, waiting, gflops, share = speed
    return (
        f"{last['elapsed'] / 60:6.1f} min step {last['step']:5d} loss {mean.get('loss', math.nan):.4f} ({rows}) "
        f"activity {mean.get('activity', math.nan):.3f} norm {mean.get('norm', math.nan):.2f} rate {last['rate']:.1e} "
        f"{1 / max(steps, 1e-9):.2f} s/step {audio:.1f}x real time, {100 * waiting:.0f} % waiting for data, "
        f"{gflops:.1f} Gflop/s, {100 * share:.0f} % of the matrix-product rate"
        + (f", {skips} skipped" if skips else "")
    )
