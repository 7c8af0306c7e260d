"""The memory that a network needs: what is alive when, at inference and in training, and where it may lie."""
