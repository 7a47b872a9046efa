"""The libraries of the extra `render`, looked for before anything is imported that needs them."""

from __future__ import annotations

from importlib.util import find_spec

from rtiass.errors import UserError

LIBRARIES = ("pedalboard", "pyworld", "mido", "scipy", "joblib")


def need_libraries() -> None:
    """Look for all of them.

    Raises:
        UserError: Some are not installed.
    """
    missing = [name for name in LIBRARIES if find_spec(name) is None]
    if missing:
        raise UserError(f'Rendering needs {", ".join(missing)}. Install it with: pip install "rtiass[train,render]"')
