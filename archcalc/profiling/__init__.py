"""What a network costs, layer by layer: its rows, its totals and what is read off them."""
