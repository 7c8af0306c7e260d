"""Whole pages: one for each network, one that compares them all, and one on the kinds of layer."""
