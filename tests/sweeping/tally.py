"""Params and multiply-accumulates of a chain of convolutions, counted by hand: nothing of the program is used."""

from __future__ import annotations


def divisible(width: float) -> int:
    """The nearest multiple of 8, but never less than nine tenths: `_make_divisible` of TF-Slim, line by line."""
    found = max(8, int(width + 4) // 8 * 8)
    return found + 8 if found < 0.9 * width else found


class Tally:
    """What a chain costs so far, and what comes out of it."""

    def __init__(self, size: int, channels: int = 3) -> None:
        self.size, self.channels = size, channels
        self.unnormalised = self.normalised = self.macs = 0

    @property
    def params(self) -> int:
        """All params, with a scale and a shift for each normalised channel."""
        return self.unnormalised + 2 * self.normalised

    def conv(self, out: int, kernel: int = 1, stride: int = 1, groups: int = 1) -> None:
        """A convolution without bias that is padded to keep the size, and a normalisation."""
        self.size = -(-self.size // stride)
        weights = out * (self.channels // groups) * kernel**2
        self.unnormalised += weights
        self.normalised += out
        self.macs += weights * self.size**2
        self.channels = out

    def depthwise(self, kernel: int, stride: int = 1) -> None:
        """A convolution of each channel by itself, and a normalisation."""
        self.conv(self.channels, kernel, stride, self.channels)

    def squeeze(self, narrow: int) -> None:
        """Two dense layers with biases on what is averaged over the map."""
        self.unnormalised += 2 * narrow * self.channels + narrow + self.channels
        self.macs += 2 * narrow * self.channels

    def dense(self, out: int, *, bias: bool = True) -> None:
        """A dense layer on what is averaged over the map."""
        self.unnormalised += self.channels * out + out * bias
        self.macs += self.channels * out
        self.size, self.channels = 1, out
