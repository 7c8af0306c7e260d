"""The differences between two networks, as text, JSON or a page."""
