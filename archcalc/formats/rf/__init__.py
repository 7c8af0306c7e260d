"""Receptive fields in each format: of all layers, of one, effective ones, and of stacks of one kernel."""
