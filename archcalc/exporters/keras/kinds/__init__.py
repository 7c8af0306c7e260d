"""The code of the kinds of layers."""
