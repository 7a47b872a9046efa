"""The control state and its surfaces: one vocabulary of paths, and everything else a view of it."""

from rtiass.control.control import Change, Control
from rtiass.control.parameter import ControlError, Parameter, Value
from rtiass.control.vocabulary import vocabulary

__all__ = ["Change", "Control", "ControlError", "Parameter", "Value", "vocabulary"]
