"""Files stay small: one idea per source file, and no big binaries in the repository."""

from pathlib import Path

ROOT = Path(__file__).parent.parent
FOLDERS = ("rtiass", "engines", "offline_train", "benchmarks", "tests", "examples", "docs", ".ci")


def files() -> list[Path]:
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]
    for folder in FOLDERS:
        found += [path for path in (ROOT / folder).rglob("*") if path.is_file()]
    return [path for path in found if "__pycache__" not in path.parts]


def test_source_files_stay_below_400_lines():
    sources = [path for path in files() if path.suffix == ".py"]
    assert len(sources) > 20
    long = {
        str(path.relative_to(ROOT)): lines
        for path in sources
        if (lines := len(path.read_text(encoding="utf-8").splitlines())) >= 400
    }
    assert not long


def test_only_models_are_larger_than_3_mb():
    models = ROOT / "rtiass" / "models"
    large = [
        str(path.relative_to(ROOT))
        for path in files()
        if path.stat().st_size > 3_000_000 and models not in path.parents
    ]
    assert not large


def test_models_stay_small_enough_to_clone():
    models = ROOT / "rtiass" / "models"
    assert sum(path.stat().st_size for path in models.rglob("*") if path.is_file()) < 30_000_000
