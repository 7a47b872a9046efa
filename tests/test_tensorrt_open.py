"""Opening a bundle on a card compiles it once; what is kept is used again, and built anew if it isn't what it should be."""

from __future__ import annotations

import hashlib
import re
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_cuda import FakeCuda, cudaError_t
from fake_tensorrt import Context, RuntimeConfig, proper, rtx
from tensorrt_runs import bundle_of, frames, reference, run

from engines.tensorrt import TensorRTEngine
from engines.tensorrt.cache import Cache
from engines.tensorrt.flavour import Flavour
from engines.tensorrt.half import to_half
from engines.tensorrt.key import key_for
from engines.tensorrt.status import CudaError
from rtiass.bundle import HALF_GRAPH, Bundle, BundleError
from rtiass.engine import EngineError, open_checked

SOME = frames(6)


class Machine:
    """A card, a library and a cache folder."""

    def __init__(self, folder: Path, flavour: Callable[..., Flavour] = rtx, version: str = "1.0", **card: Any) -> None:
        self.cuda = FakeCuda(**card)
        self.flavour = flavour(self.cuda, version)
        self.cache = Cache(folder)
        self.engine = TensorRTEngine(self.cuda, lambda target: self.flavour, self.cache)

    @property
    def builds(self) -> int:
        return len(self.flavour.trt.builds)

    def check(self, bundle: Bundle) -> None:
        """Open, run, compare, close."""
        session = self.engine.open(bundle)
        for found, wanted in zip(run(session, SOME), reference(bundle, SOME), strict=True):
            np.testing.assert_array_equal(found, wanted)
        session.close()
        assert self.cuda.is_clean()


@pytest.fixture
def bundle(tiny_bundle: Path) -> Bundle:
    return bundle_of(str(tiny_bundle))


@pytest.mark.parametrize("flavour", [rtx, proper])
def test_the_second_time_nothing_is_compiled(flavour: Any, bundle: Bundle, tmp_path: Path) -> None:
    first = Machine(tmp_path, flavour)
    first.check(bundle)
    assert first.builds == 1
    second = Machine(tmp_path, flavour)
    second.check(bundle)
    session = second.engine.open_compiled(bundle, threads=1)
    assert session is not None
    session.close()
    assert second.builds == 0


@pytest.mark.parametrize("kept", ["nothing", "noise", "a damaged file"])
def test_who_cannot_wait_gets_nothing_that_has_to_be_compiled(kept: str, bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    if kept != "nothing":
        keep(machine, bundle, np.random.default_rng(0).bytes(5000))
    if kept == "a damaged file":
        (path,) = tmp_path.glob("*.engine")
        path.write_bytes(path.read_bytes()[:-7])
    assert machine.engine.open_compiled(bundle) is None
    assert machine.builds == 0
    with pytest.raises(EngineError, match=f"rtiass engines build {re.escape(str(bundle.path))}, and"):
        open_checked(machine.engine, bundle, 1, compiled_only=True)
    assert machine.builds == 0
    open_checked(machine.engine, bundle, 1).close()
    assert machine.builds == 1
    open_checked(machine.engine, bundle, 1, compiled_only=True).close()
    assert machine.cuda.is_clean()


@pytest.mark.parametrize(
    "other",
    [{"version": "1.1"}, {"capability": (8, 9)}, {"flavour": proper}],
    ids=["another version", "another card", "another library"],
)
def test_another_machine_compiles_anew(other: dict[str, Any], bundle: Bundle, tmp_path: Path) -> None:
    Machine(tmp_path).check(bundle)
    machine = Machine(tmp_path, **other)
    assert machine.engine.open_compiled(bundle) is None
    machine.check(bundle)
    assert machine.builds == 1


@pytest.mark.parametrize(("flavour", "builds"), [(rtx, 0), (proper, 1)])
def test_a_new_driver_counts_where_kernels_were_measured(
    flavour: Any, builds: int, bundle: Bundle, tmp_path: Path
) -> None:
    Machine(tmp_path, flavour).check(bundle)
    machine = Machine(tmp_path, flavour, driver=13010)
    machine.check(bundle)
    assert machine.builds == builds


def keep(machine: Machine, bundle: Bundle, data: bytes) -> None:
    """Put something else under the bundle's key, properly sealed."""
    key = key_for(machine.flavour, "sm86", 13000, "fp32", bundle.onnx_bytes())
    machine.cache.write(key, "engine", data, bundle.name)


@pytest.mark.parametrize("what", ["noise", "another network", "another version", "half of it"])
def test_what_the_library_refuses_or_does_not_fit_is_built_anew(what: str, bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.check(bundle)
    whole = machine.cache.read(key_for(machine.flavour, "sm86", 13000, "fp32", bundle.onnx_bytes()))
    assert whole is not None
    other = TensorRTEngine(machine.cuda, lambda target: rtx(machine.cuda), Cache(tmp_path / "other"))
    other.build(bundle_of("band"))
    (path,) = (tmp_path / "other").glob("*.engine")
    foreign = path.read_bytes()
    data = {
        "noise": np.random.default_rng(0).bytes(5000),
        "another network": foreign[foreign.index(b'{"version"') :],
        "another version": whole.replace(b'"1.0"', b'"0.9"', 1),
        "half of it": whole[: len(whole) // 2],
    }[what]
    assert data != whole
    keep(machine, bundle, data)
    again = Machine(tmp_path)
    again.check(bundle)
    assert again.builds == 1
    last = Machine(tmp_path)
    last.check(bundle)
    assert last.builds == 0, "the new one was kept in its place"


def test_a_damaged_file_is_built_anew(bundle: Bundle, tmp_path: Path) -> None:
    Machine(tmp_path).check(bundle)
    (path,) = tmp_path.glob("*.engine")
    path.write_bytes(path.read_bytes()[:-7])
    machine = Machine(tmp_path)
    assert machine.engine.open_compiled(bundle) is None
    machine.check(bundle)
    assert machine.builds == 1


@pytest.mark.parametrize("call", ["set_tensor_address", "execute_async_v3"])
def test_what_the_card_does_not_start_is_built_anew_once(
    call: str, bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Machine(tmp_path).check(bundle)
    real, refusals = getattr(Context, call), [False]
    monkeypatch.setattr(Context, call, lambda *a, **k: refusals.pop() if refusals else real(*a, **k))
    machine = Machine(tmp_path)
    machine.check(bundle)
    assert machine.builds == 1
    monkeypatch.setattr(Context, call, lambda *a, **k: False)
    with pytest.raises(EngineError, match="compiled network"):
        Machine(tmp_path).engine.open(bundle)


def test_networks_of_two_models_are_not_exchanged(bundle: Bundle, tmp_path: Path) -> None:
    """Their files, swapped on disk."""
    machine = Machine(tmp_path)
    band = bundle_of("band")
    machine.engine.build(bundle)
    (one,) = tmp_path.glob("*.engine")
    machine.engine.build(band)
    (two,) = set(tmp_path.glob("*.engine")) - {one}
    contents = one.read_bytes(), two.read_bytes()
    one.write_bytes(contents[1])
    two.write_bytes(contents[0])
    machine.check(bundle)
    machine.check(band)
    assert machine.builds == 4


def test_a_cache_that_cannot_be_written_costs_nothing_but_time(bundle: Bundle, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    machine = Machine(tmp_path / "file")
    machine.check(bundle)
    machine.check(bundle)
    assert machine.builds == 2


def test_what_was_finished_on_the_card_is_kept(bundle: Bundle, tmp_path: Path) -> None:
    RuntimeConfig.caches.clear()
    Machine(tmp_path).check(bundle)
    Machine(tmp_path).check(bundle)
    assert [cache.loaded for cache in RuntimeConfig.caches] == [False, True]
    (path,) = tmp_path.glob("*.runtime")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    Machine(tmp_path).check(bundle)
    assert not RuntimeConfig.caches[-1].loaded


def test_what_was_measured_is_kept(bundle: Bundle, tmp_path: Path) -> None:
    first = Machine(tmp_path, proper)
    first.check(bundle)
    assert first.flavour.trt.builds[0].timing.old == b""
    second = Machine(tmp_path, proper)
    second.check(bundle_of("band"))
    assert second.flavour.trt.builds[0].timing.old == b"measured", "of another network, on the same card"
    (path,) = tmp_path.glob("*.timing")
    path.write_bytes(path.read_bytes()[:-1] + b"?")
    third = Machine(tmp_path, proper)
    third.check(bundle_of("six"))
    assert third.flavour.trt.builds[0].timing.old == b""


def test_the_precision_is_that_of_the_last_build(bundle: Bundle, tmp_path: Path) -> None:
    import os

    machine = Machine(tmp_path)
    (single,) = machine.engine.build(bundle, precision="fp32")
    (half,) = machine.engine.build(bundle, precision="fp16")
    for newer, older, exact in ((half, single, False), (single, half, True)):
        os.utime(older.path, (1000, 1000))
        os.utime(newer.path, (2000, 2000))
        session = machine.engine.open(bundle)
        masks = run(session, SOME)[0]
        session.close()
        assert np.array_equal(masks, reference(bundle, SOME)[0]) == exact
        np.testing.assert_allclose(masks, reference(bundle, SOME)[0], atol=2e-3)
    assert machine.builds == 2


def with_half(bundle: Bundle, folder: Path) -> Bundle:
    """The same bundle with a network in FP16 of its own."""
    data = to_half(bundle.onnx_bytes())
    (folder / HALF_GRAPH).write_bytes(data)
    return replace(bundle, path=folder, _sums={HALF_GRAPH: hashlib.sha256(data).hexdigest()})


def test_a_network_in_half_precision_that_the_bundle_has_is_compiled_as_it_is(
    bundle: Bundle, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = with_half(bundle, tmp_path)
    monkeypatch.setattr("engines.tensorrt.engine.to_half", lambda graph: pytest.fail("converted again"))
    machine = Machine(tmp_path / "cache")
    machine.engine.build(own, precision="fp16")
    key = key_for(machine.flavour, "sm86", 13000, "fp16", own.half_onnx_bytes() or b"")
    assert machine.cache.read(key)
    machine.engine.open(own).close()
    assert machine.builds == 1
    assert Machine(tmp_path / "cache").engine.open_compiled(bundle) is None, "a bundle without it is another one"


def test_a_damaged_network_in_half_precision_keeps_nobody_from_the_other(bundle: Bundle, tmp_path: Path) -> None:
    own = with_half(bundle, tmp_path)
    (tmp_path / HALF_GRAPH).write_bytes(b"damaged")
    machine = Machine(tmp_path / "cache")
    machine.check(own)
    with pytest.raises(BundleError, match="damaged"):
        machine.engine.build(own, precision="fp16")
    assert machine.builds == 1


def test_a_network_that_the_library_cannot_read_is_a_bundle_error(bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.flavour.trt.OnnxParser = lambda network, logger: type(
        "Parser", (), {"parse": lambda self, model: False, "num_errors": 0}
    )()
    with pytest.raises(BundleError, match=r"can't read the network of the model 'tiny' \(it gives no reason\)"):
        machine.engine.open(bundle)


def test_a_network_that_cannot_be_compiled_is_a_sentence(bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    machine.flavour.trt.refuse = True
    with pytest.raises(EngineError, match=r"can't compile the model 'tiny' for sm86 \(No kernel fits\.\).*--engine"):
        machine.engine.open(bundle)
    assert not list(tmp_path.iterdir())


def test_a_fresh_network_of_other_tensors_is_an_error(bundle: Bundle, tmp_path: Path) -> None:
    wrong = replace(bundle, states=(*bundle.states, ("more", (1, 4))))
    with pytest.raises(EngineError, match="lacks the tensor 'more'"):
        Machine(tmp_path).engine.open(wrong)


def test_an_unsafe_graph_never_reaches_the_library(bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    bad = replace(bundle, _graph=bundle.onnx_bytes()[:-40])
    for call in (machine.engine.open, machine.engine.build):
        with pytest.raises(BundleError, match="is not used"):
            call(bad)
    assert machine.builds == 0


def test_a_failing_card_is_no_reason_to_compile_again(bundle: Bundle, tmp_path: Path) -> None:
    Machine(tmp_path).check(bundle)
    machine = Machine(tmp_path, fail={"cudaMalloc": cudaError_t.cudaErrorMemoryAllocation})
    with pytest.raises(CudaError, match="reserving memory"):
        machine.engine.open(bundle)
    assert machine.builds == 0


def test_hosts_that_open_at_once_all_play(bundle: Bundle, tmp_path: Path) -> None:
    failures: list[BaseException] = []
    start = threading.Barrier(4)

    def host() -> None:
        try:
            machine = Machine(tmp_path)
            start.wait()
            machine.check(bundle)
        except BaseException as error:
            failures.append(error)

    hosts = [threading.Thread(target=host) for _ in range(4)]
    for thread in hosts:
        thread.start()
    for thread in hosts:
        thread.join()
    assert not failures
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".part"]
    last = Machine(tmp_path)
    last.check(bundle)
    assert last.builds == 0


def test_any_thread_may_step(bundle: Bundle, tmp_path: Path) -> None:
    machine = Machine(tmp_path)
    session = machine.engine.open(bundle)
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(run(session, SOME)))
    thread.start()
    thread.join()
    np.testing.assert_array_equal(found[0][0], reference(bundle, SOME)[0])
    session.close()
