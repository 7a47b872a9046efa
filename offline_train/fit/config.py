"""The table ``[fit]`` of a configuration: how a network is fitted."""

from __future__ import annotations

from dataclasses import dataclass

CHOICES: dict[str, tuple[str, ...]] = {
    "optimizer": ("adamw", "adam"),
    "schedule": ("budget-cosine", "plateau", "constant"),
    "development": ("holdout", "valid"),
    "precision": ("32-true", "bf16-mixed", "16-mixed"),
}
"""Keys that take one of a few words."""


@dataclass(frozen=True)
class FitConfig:
    """How the network is fitted. Shares are of the budget, so a busy machine anneals all the same.

    An epoch is ``epoch_steps`` steps; development loss, plateau and patience count in epochs. The development set are
    the songs that ``holdout`` of ``[mixing]`` keeps out of training; without it, fresh mixtures of the training songs,
    by which nothing may be decided.

    Attributes:
        minutes: Budget of time over all resumptions; 0 is no limit.
        steps: Budget of steps; 0 is no limit. With both, whichever ends first.
        optimizer: "adamw" (decoupled weight decay) or "adam" (the paper's).
        learning_rate: Peak learning rate.
        betas: Decay rates of the optimizer's two averages.
        weight_decay: Weight decay of the optimizer.
        schedule: "budget-cosine" rises, then falls over the budget; "plateau" multiplies the rate by
            ``plateau_factor`` after ``plateau_patience`` epochs without a better development loss; "constant".
        warmup: Share of the budget over which the learning rate rises ("budget-cosine").
        final: Learning rate at the end of the cosine, as a share of the peak.
        plateau_factor: See ``schedule``.
        plateau_patience: See ``schedule``.
        plateau_cooldown: Epochs after such a fall in which none are counted.
        patience: Epochs without a better development loss after which training stops; 0 never stops early. With
            patience, the best averaged weights are kept, without it the last.
        clip: Largest norm of the gradient; 0 leaves it as it is.
        ema: Decay a step of the averaged weights, which are validated and shipped; 0 takes the weights themselves.
        epoch_steps: Steps between two validations.
        development: "holdout", or "valid": the songs of the pool's split ``valid``, as papers do it. Then figures of
            that split are no longer those of unheard songs; take ``test``.
        validate_batches: Batches drawn from the development set, the same at every validation.
        validate_excerpts: Excerpts of the recorded validation songs whose SDR is logged, never used to decide.
        checkpoint_minutes: Time between checkpoints.
        statistics_batches: Batches whose magnitudes standardise the network's input.
        precision: "32-true", "bf16-mixed" or "16-mixed".
        devices: Number of devices (GPUs, or processes on a CPU), or "auto".
        nodes: Machines that train together.
        strategy: Lightning's strategy, such as "auto" or "ddp".
        accelerator: Lightning's accelerator, such as "auto", "cpu" or "gpu".
        compile: Compile the network with ``torch.compile``.
        channels_last: Memory layout of activations, a matter of speed.
        threads: CPU threads of the training step.
        workers: Loader processes; 0 prepares batches between the steps.
        max_skips: Steps in a row without a finite gradient after which training gives up.
    """

    minutes: float = 60.0
    steps: int = 0
    optimizer: str = "adamw"
    learning_rate: float = 2e-3
    betas: tuple[float, ...] = (0.9, 0.99)
    weight_decay: float = 1e-4
    schedule: str = "budget-cosine"
    warmup: float = 0.02
    final: float = 0.01
    plateau_factor: float = 0.3
    plateau_patience: int = 80
    plateau_cooldown: int = 0
    patience: int = 0
    clip: float = 1.0
    ema: float = 0.998
    epoch_steps: int = 500
    development: str = "holdout"
    validate_batches: int = 16
    validate_excerpts: int = 4
    checkpoint_minutes: float = 3.0
    statistics_batches: int = 12
    precision: str = "32-true"
    devices: str = "auto"
    nodes: int = 1
    strategy: str = "auto"
    accelerator: str = "auto"
    compile: bool = False
    channels_last: bool = False
    threads: int = 2
    workers: int = 1
    max_skips: int = 50

    def problem(self) -> tuple[str, str] | None:
        """The first key whose value cannot be, and why; None if all is well."""
        for key, words in CHOICES.items():
            if getattr(self, key) not in words:
                return key, f"must be one of {', '.join(words)}, not {getattr(self, key)!r}"
        checks = (
            ("learning_rate", self.learning_rate > 0, "must be above 0"),
            ("betas", len(self.betas) == 2 and all(0 <= b < 1 for b in self.betas), "must be two numbers in 0..1"),
            ("warmup", 0 <= self.warmup < 1, "is a share of the budget, at least 0 and below 1"),
            ("final", 0 <= self.final <= 1, "is a share of the learning rate, in 0..1"),
            ("plateau_factor", 0 < self.plateau_factor < 1, "must lie between 0 and 1"),
            ("clip", self.clip >= 0, "must be 0 or more"),
            ("ema", 0 <= self.ema < 1, "must be at least 0 and below 1"),
            (
                "epoch_steps",
                self.epoch_steps >= 2,
                "must be 2 or more: checkpoints are written between two validations",
            ),
            ("validate_batches", self.validate_batches >= 1, "must be 1 or more"),
            ("validate_excerpts", self.validate_excerpts >= 0, "must be 0 or more"),
            ("statistics_batches", self.statistics_batches >= 0, "must be 0 or more"),
            ("checkpoint_minutes", self.checkpoint_minutes >= 0, "must be 0 or more"),
            ("weight_decay", self.weight_decay >= 0, "must be 0 or more"),
            ("max_skips", self.max_skips >= 1, "must be 1 or more"),
            ("minutes", self.minutes >= 0, "must be 0 or more"),
            ("steps", self.steps >= 0, "must be 0 or more"),
            ("devices", self.devices == "auto" or self.devices.isdigit(), 'is "auto" or a number'),
            ("nodes", self.nodes >= 1, "must be 1 or more"),
            ("threads", self.threads >= 1, "must be 1 or more"),
            ("workers", self.workers >= 0, "must be 0 or more"),
            ("plateau_cooldown", self.plateau_cooldown >= 0, "must be 0 or more"),
            ("patience", self.patience >= 0, "must be 0 or more"),
            (
                "schedule",
                self.schedule != "budget-cosine" or self.minutes > 0 or self.steps > 0,
                '"budget-cosine" needs a budget: the key minutes or steps',
            ),
        )
        for key, holds, why in checks:
            if not holds:
                return key, why
        return None
