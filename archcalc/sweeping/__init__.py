"""Sweeps: the numbers of one network for every value of some of its params and sizes."""
