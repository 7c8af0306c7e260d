"""Receptive fields: the inputs that each output sees, composed window by window."""
