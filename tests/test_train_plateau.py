"""The plateau schedule lowers the learning rate when the development loss does not fall."""

import json

from tiny_stems import held_pool, train


def test_the_rate_falls_by_the_factor(tmp_path):
    pool = held_pool(tmp_path / "pool")
    train(
        tmp_path / "run", pool, steps=8, epoch_steps=2, schedule="plateau", plateau_patience=0, plateau_factor=0.3,
        learning_rate=0.3, optimizer="adam", ema=0.0,
    )  # fmt: skip
    records = [json.loads(line) for line in (tmp_path / "run" / "log.jsonl").read_text().splitlines()]
    rates = {r["step"]: r["rate"] for r in records if "rate" in r}
    looks = [(r["step"], r["development"]["development"]) for r in records if "development" in r]
    rate, best = 0.3, float("inf")
    falls = 0
    for step, loss in looks[:-1]:
        if loss < best:
            best = loss
        else:
            rate, falls = rate * 0.3, falls + 1
        assert abs(rates[step + 1] - rate) < 1e-9 and abs(rates[step + 2] - rate) < 1e-9
    assert falls
