"""Several processes, and a Dask cluster, make byte for byte what one process makes."""

from pathlib import Path

import pytest
from render_sources import contents, make_jobs, make_sources

from offline_train.render.engine import run
from rtiass.errors import UserError


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory):
    folder = tmp_path_factory.mktemp("alone")
    sources = make_sources(folder)
    run(make_jobs(sources), folder / "pool")
    return sources, contents(folder / "pool")


def test_two_processes(alone, tmp_path: Path) -> None:
    sources, expected = alone
    run(make_jobs(sources), tmp_path / "pool", workers=2)
    assert contents(tmp_path / "pool") == expected


def test_a_scheduler_and_two_workers(alone, tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed", reason="needs dask[distributed] of the extra render")
    sources, expected = alone
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, processes=True, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        run(make_jobs(sources), tmp_path / "pool", dask=cluster.scheduler_address)
        with distributed.Client(cluster) as client:
            assert len(client.scheduler_info()["workers"]) == 2
    assert contents(tmp_path / "pool") == expected


def test_no_scheduler_is_a_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("distributed", reason="needs dask[distributed] of the extra render")
    monkeypatch.setattr("offline_train.render.engine.DASK_TIMEOUT", "1s")
    with pytest.raises(UserError, match="dask scheduler"):
        run(make_jobs(make_sources(tmp_path)), tmp_path / "pool", dask="tcp://127.0.0.1:9")
