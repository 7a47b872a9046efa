"""Ctrl-C and termination: finish the step, write a checkpoint, say how to go on."""

from __future__ import annotations

import signal
import threading
from types import FrameType
from typing import Any

from pytorch_lightning import LightningModule, Trainer
from pytorch_lightning.callbacks import Callback

SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Signals(Callback):
    """Notes a request to stop; the second one ends the process at once.

    Attributes:
        received: Number of the signal that came first, or 0.
    """

    def __init__(self) -> None:
        self.received = 0
        self._before: dict[int, Any] = {}

    def asked(self, trainer: Trainer) -> bool:
        """Whether any process was asked to stop; all must call it at the same step."""
        if trainer.world_size == 1:
            return bool(self.received)
        return trainer.strategy.reduce_boolean_decision(bool(self.received), all=False)

    def listen(self) -> None:
        """Take over the signals, from a main thread; elsewhere there are none to take over."""
        if threading.current_thread() is threading.main_thread():
            for number in SIGNALS:
                handler = signal.signal(number, self._note)
                self._before.setdefault(number, handler)

    def forget(self) -> None:
        """Give the signals back to whom they belonged."""
        while self._before:
            number, handler = self._before.popitem()
            signal.signal(number, handler)

    def on_train_start(self, trainer: Trainer, pl_module: LightningModule) -> None:
        """Take them over again, from Lightning, which would end training in the middle of things."""
        self.listen()

    def _note(self, number: int, frame: FrameType | None) -> None:
        if self.received:
            raise SystemExit(128 + number)
        self.received = number
        print("\nStopping after this step; once more ends it at once.", flush=True)
