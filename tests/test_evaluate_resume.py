"""An evaluation that was broken off goes on: rows that are kept are not measured again, unless what they rest on changed."""

from dataclasses import replace

import pytest
from fake_engine import FakeSession, fake_bundle
from tiny_pool import add_item, make_pool, tone

from offline_train.evaluate import as_json, evaluate
from offline_train.evaluation.song import Plan
from offline_train.evaluation.timing import Timing
from offline_train.pool import Pool
from rtiass.activity import GateSettings

PLAN = Plan(
    modes=("live", "tight"), seconds=1.0, gates=("off", "causal"), timings=(Timing("tight", 1024),), museval=False
)

SHORT = Plan(modes=("live",), seconds=0.5, ideal=False, museval=False)


class Counting(FakeSession):
    """Counts steps over resets, and breaks off after some."""

    def __init__(self, limit=10**9):
        super().__init__()
        self.done, self.limit = 0, limit

    def step(self, magnitude):
        if self.done == self.limit:
            raise KeyboardInterrupt
        self.done += 1
        return super().step(magnitude)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return make_pool(tmp_path_factory.mktemp("resume") / "pool")


@pytest.fixture(scope="module")
def whole(folder):
    """The report as it is without keeping anything, and the steps that it took."""
    session = Counting()
    return as_json(run(folder, None, session)), session.done


def run(folder, keep, session, plan=PLAN, bundle=None, said=None):
    say = (lambda text: None) if said is None else said.append
    return evaluate(bundle or fake_bundle(), session, Pool(folder, "valid"), plan, say, keep=keep)


def test_what_was_broken_off_goes_on_with_the_next_row(folder, whole, tmp_path):
    expected, steps = whole
    with pytest.raises(KeyboardInterrupt):
        run(folder, tmp_path, Counting(steps // 2))
    rest, said = Counting(), []
    assert as_json(run(folder, tmp_path, rest, said=said)) == expected
    assert 0 < rest.done < steps
    assert said[0] == "fake, song 1 of 1: v: tight"
    # Once more: nothing is left to do.
    said.clear()
    assert as_json(run(folder, tmp_path, Counting(0), said=said)) == expected
    assert said == []
    # A row that was not written to its end is measured again, and no other.
    for path in (tmp_path / "fake").rglob("tight-*.json"):
        path.write_text(path.read_text()[:100])
    assert as_json(run(folder, tmp_path, Counting(), said=said)) == expected
    assert said == ["fake, song 1 of 1: v: tight"]


@pytest.mark.parametrize("what", ["gate", "length", "sound"])
def test_another_gate_setting_or_sound_or_plan_is_another_row(tmp_path, what):
    folder = make_pool(tmp_path / "pool")
    run(folder, tmp_path / "rows", Counting(), SHORT)
    plan, bundle, session = SHORT, fake_bundle(), Counting()
    if what == "gate":
        bundle = replace(bundle, gates={"vocals": GateSettings(threshold=0.9)})
    elif what == "length":
        plan = replace(plan, seconds=0.6)
    else:
        add_item(folder, "v_piano", "piano", tone(900.0, 3.0, (0.0, 3.0)), song="v", split="valid")
    run(folder, tmp_path / "rows", session, plan, bundle)
    assert session.done > 0


def test_rows_that_are_added_to_a_plan_are_all_that_is_measured(folder, tmp_path):
    plan = replace(SHORT, ideal=True)
    run(folder, tmp_path / "rows", Counting(), plan)
    said = []
    more = replace(plan, timings=(Timing("live", delay=2),))
    run(folder, tmp_path / "rows", Counting(), more, said=said)
    assert said == ["fake, song 1 of 1: v: live, masks 2 late", "fake, song 1 of 1: v: irm live, masks 2 late"]
