"""A step of training, as text, JSON or a page."""
