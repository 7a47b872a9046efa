"""Puts bundles together to one, whose network is all of theirs: ``rtiass-train merge``."""
