"""Errors that a user can act on."""


class UserError(Exception):
    """A mistake or a missing thing outside the program, told as a sentence with the next step.

    The command line prints the message without a traceback and exits with ``exit_code``.
    """

    exit_code = 2


def readable(text: object, most: int = 200) -> str:
    """A text from somewhere else as a part of a sentence: short, and without what could steer a terminal."""
    plain = "".join(c if c.isprintable() else "?" for c in str(text)[: most + 1])
    return plain if len(plain) <= most else plain[: most - 3] + "..."
