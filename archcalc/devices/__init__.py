"""Devices as data, and the lower bounds of time that follow from them for a network."""
