"""Renders the pool of stems that the networks are trained and validated on: `build.build_pool`."""
