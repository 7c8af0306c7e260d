"""Comparisons as text, JSON or a page, with the sizes at which one network overtakes another."""
