"""Errors that a user can act on."""


class UserError(Exception):
    """A mistake or a missing thing outside the program, told as a sentence with the next step.

    The command line prints the message without a traceback and exits with ``exit_code``.
    """

    exit_code = 2
