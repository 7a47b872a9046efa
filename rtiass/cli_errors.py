"""How a command ends that could not do what was asked."""

from __future__ import annotations

from typing import Any

import typer
from typer.core import TyperGroup

from rtiass.errors import UserError

INTERRUPTED = 130
"""Exit code after Ctrl-C, as shells expect it."""


class Commands(TyperGroup):
    """Turns errors that a user can act on into a sentence and an exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run a command."""
        try:
            return super().invoke(ctx)
        except UserError as error:
            typer.echo(f"Error: {error}", err=True)
            raise SystemExit(error.exit_code) from None
        except KeyboardInterrupt:
            typer.echo("Stopped.", err=True)
            raise SystemExit(INTERRUPTED) from None
