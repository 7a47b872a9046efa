"""A line to type on at the foot of the screen: the name of a scene to save or to recall."""

from __future__ import annotations

from rtiass.control.control import Control
from rtiass.control.parameter import MAX_TEXT
from rtiass.errors import UserError


class Prompt:
    """A question and what has been typed so far.

    Attributes:
        question: What is asked.
        path: Parameter that is set to the answer.
        text: The answer so far.
        fault: Why the last answer was not taken, as a sentence.
    """

    def __init__(self, question: str, path: str, text: str = "") -> None:
        """Ask.

        Args:
            question: What is asked.
            path: Parameter of kind ``text``.
            text: Answer to begin with.
        """
        self.question = question
        self.path = path
        self.text = text
        self.fault = ""
        self._fresh = bool(text)

    def press(self, control: Control, key: str, source: str) -> bool:
        """Take a key; Enter sets the parameter, Escape sets nothing. Returns whether the prompt is done with.

        Args:
            control: Where the parameter is set.
            key: Name of the key, or its character.
            source: Source of the change.
        """
        if key == "escape":
            return True
        if key == "enter":
            if not self.text.strip():
                return True
            try:
                control.set(self.path, self.text.strip(), source)
            except UserError as error:
                self.fault = str(error)
                return False
            return True
        self.fault = ""
        if key == "backspace":
            self.text = self.text[:-1]
        else:
            typed = " " if key == "space" else key
            if len(typed) == 1 and typed.isprintable() and len(self.text) < MAX_TEXT:
                # What stood there is an offer: the first character goes over it.
                self.text = typed if self._fresh else self.text + typed
        self._fresh = False
        return False

    @property
    def line(self) -> str:
        """What is shown."""
        fault = f"   {self.fault}" if self.fault else ""
        return f"{self.question} {self.text}_   (Enter, or Esc to leave it){fault}"
