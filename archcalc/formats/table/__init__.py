"""The table of a network in each of its formats, and the columns that it may have."""
