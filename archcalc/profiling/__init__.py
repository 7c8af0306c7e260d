"""The cost of a network, layer by layer: its rows, its totals and results derived from them."""
