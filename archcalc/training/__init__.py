"""The costs of a step of training: operations by layer, the state held for each parameter, and what is kept for the backward pass."""
