"""The memory of a network, as text, JSON or a page."""
