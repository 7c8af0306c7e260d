"""The memory that a network needs: lifetimes of buffers, at inference and in training, and their layout."""
