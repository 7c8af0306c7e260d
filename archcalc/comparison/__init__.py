"""Networks compared with each other, with an earlier version, or with a goal."""
