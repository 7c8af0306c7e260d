"""The source code of a network: its blocks, what their calls differ in, and the pieces that code is made of."""
