"""A network as data: its nodes, where its values lie, what its tokens are, and the figures published of it."""
