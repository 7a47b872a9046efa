"""MIDI: controllers move the control state and show it; stems tell when they play."""
