"""Receptive fields as text and JSON: of all layers, of one, effective ones, and of stacks of one kernel."""
