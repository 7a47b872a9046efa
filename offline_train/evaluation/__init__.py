"""Evaluation: what a bundle's stems are worth, measured through the separator that ships."""
