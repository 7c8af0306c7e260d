"""Importer of Caffe's prototxt files, of networks for use and for training."""

from __future__ import annotations

import re

from archcalc.importers.registry import register

# A layer at the beginning of a line, or behind the name, or what only the networks of Caffe have there.
_SIGN = re.compile(
    rb"""^[ \t]*(?:(?:name|input)[ \t]*:[ \t]*"[^"\n]*"\s*)?(?:layers?\s*\{|input_dim[ \t]*:[ \t]*\d|input_shape(?:[ \t]*:)?\s*\{)""",
    re.MULTILINE,
)


def recognises(head: bytes, _name: str) -> bool:
    r"""True if a layer begins there, or the shape of an input stands there as Caffe writes it.

    >>> recognises(b'name: "net"\nlayer {\n  name: "conv1"\n', ""), recognises(b"name: net\nlayers:\n", "")
    (True, False)
    """
    return _SIGN.search(head.removeprefix(b"\xef\xbb\xbf")) is not None


register("caffe", recognises, max_bytes=2**20)
