"""Attention that a file has in single operators, as one layer."""
