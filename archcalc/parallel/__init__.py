"""A network on several devices: the share of each, and what they send each other."""
