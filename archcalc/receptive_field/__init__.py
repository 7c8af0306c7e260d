"""Receptive fields: what each output sees of the input, found window by window."""
