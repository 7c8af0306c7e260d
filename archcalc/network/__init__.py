"""A network as data: its nodes, the storage of its values, its token numbers, and the figures published of it."""
