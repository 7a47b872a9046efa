"""Nothing that is kept for validation is planned for training."""

from pathlib import Path

from offline_train.render.plan import all_jobs

HELD_OUT = (
    "eif_caesium",
    "eif_francium",
    "mdn_multitrack",
    "gogodze",
    "meatbass",
    "erithacus",
    "TimGM6mb",
    "muldjord/",
)


def small_data(folder: Path) -> Path:
    for number in range(1, 910, 6):
        song = folder / "midi" / "pop909" / f"{number:03d}"
        song.mkdir(parents=True)
        (song / "beat_midi.txt").write_text("")
    for song in ("eif_lithium", "eif_caesium", "eif_francium", "mdn_multitrack"):
        (folder / "multitrack" / song).mkdir(parents=True)
        for stem in ("drums", "other"):
            (folder / "multitrack" / song / f"{stem}.ogg").write_text("")
    return folder


def test_split_holds(tmp_path: Path) -> None:
    data = small_data(tmp_path / "data")
    jobs = all_jobs(data, tmp_path / "pool", tmp_path / "sf2", tmp_path / "none")
    ids = [name for job in jobs for name in job.ids]
    assert len(ids) == len(set(ids))
    valid = [job for job in jobs if "valid" in str(job.arguments)]
    train = [job for job in jobs if job not in valid]
    assert len(valid) == 3 + 16
    for job in train:
        text = str(job.arguments).replace(str(tmp_path), "")
        assert not any(name in text for name in HELD_OUT), text
        assert not any(name.split("_")[-2:][0].endswith("9") for name in job.ids if name.startswith("pop909_"))
    for job in valid:
        text = str(job.arguments).replace(str(tmp_path), "")
        assert "FluidR3" not in text


def test_groups_stand_together(tmp_path: Path) -> None:
    jobs = all_jobs(small_data(tmp_path / "data"), tmp_path / "pool", tmp_path / "sf2", tmp_path / "none")
    order = [job.group for job in jobs]
    starts = [group for index, group in enumerate(order) if index == 0 or order[index - 1] != group]
    assert len(starts) == len(set(starts))
