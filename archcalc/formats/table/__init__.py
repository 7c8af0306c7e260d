"""The table of a network in each of its formats, and its columns."""
