"""Detectors: checks that pass on text which is clean of what they look for, offline and without a model."""
