"""Several processes, and a Dask cluster, make byte for byte what one process makes."""

from pathlib import Path

import pytest
from render_sources import contents, make_jobs, make_sources, write_multitrack

from offline_train.render import multitrack
from offline_train.render.engine import run
from rtiass.errors import UserError


def test_two_processes(tmp_path: Path) -> None:
    sources = make_sources(tmp_path)
    run(make_jobs(sources), tmp_path / "alone")
    run(make_jobs(sources), tmp_path / "pool", workers=2)
    assert contents(tmp_path / "pool") == contents(tmp_path / "alone")


def test_a_scheduler_and_two_workers(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed] of the extra render")
    # A song at five speeds: its jobs import little, and so the workers begin soon.
    write_multitrack(tmp_path / "data" / "multitrack" / "eif_lithium")
    jobs = multitrack.jobs(tmp_path / "data")
    assert len(jobs) == 5
    run(jobs, tmp_path / "alone")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        run(jobs, tmp_path / "pool", dask=cluster.scheduler_address)
        with distributed.Client(cluster) as client:
            assert len(client.scheduler_info()["workers"]) == 2
    assert contents(tmp_path / "pool") == contents(tmp_path / "alone")


def test_no_scheduler_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs dask[distributed] of the extra render")
    monkeypatch.setattr("offline_train.render.engine.DASK_TIMEOUT", "1s")
    with pytest.raises(UserError, match="dask scheduler"):
        run([], tmp_path / "pool", dask="tcp://127.0.0.1:9")
