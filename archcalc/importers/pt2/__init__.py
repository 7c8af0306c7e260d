"""Networks in `.pt2` files, the archives of torch.export, read without torch.

A file is a zip whose `models/model.json` has the operators in order, each with its inputs by name, the module that it
stands in and the shape of what it puts out.
"""

from __future__ import annotations

import re

from archcalc.importers.registry import register

# The name of the first entry, behind the 30 bytes of a zip's header: a folder of the archive, or an entry of torch before 2.7.
_FIRST = re.compile(
    rb"PK\x03\x04.{26}"
    rb"([^/\x00]{1,200}/(data/(weights|constants|sample_inputs|aotinductor)/|models/|archive_format)"
    rb"|serialized_(exported_program\.json|state_dict\.(pt|json))|version.{0,40}PK\x03\x04.{26}serialized_)",
    re.DOTALL,
)


def recognises(head: bytes, _name: str) -> bool:
    """True for the first bytes of an archive of torch.export."""
    return _FIRST.match(head) is not None


register("pt2", recognises, mapped=True)
