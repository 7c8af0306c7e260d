"""The energy of products and of moved bytes, by a named table.

`horowitz` is figure 1.1.9 of Horowitz 2014, "Computing's energy problem", ISSCC, doi:10.1109/ISSCC.2014.6757323: picojoules at
45 nm and 0.9 V, for an addition, a multiplication, and an access of 64 bits to DRAM, of whose 1.3 to 2.6 nJ the least is taken. Newer
devices take less. It says how the two parts compare, of a technology that everybody quotes, and nothing of a device.
"""

from __future__ import annotations

from fractions import Fraction
from typing import NamedTuple

from archcalc.devices.roofline import Roofline
from archcalc.errors import SpecError

# Picojoules.
_ADD = {name: Fraction(pj) for name, pj in {"int8": "0.03", "int32": "0.1", "fp16": "0.4", "fp32": "0.9"}.items()}
_MULTIPLY = {name: Fraction(pj) for name, pj in {"int8": "0.2", "int32": "3.1", "fp16": "1.1", "fp32": "3.7"}.items()}
_DRAM = Fraction(1300, 8)
MODELS = ("horowitz",)


class Energy(NamedTuple):
    """Joules: of products, of the bytes moved between layers, and what each of these takes one by one."""

    products: Fraction
    memory: Fraction
    each_product: Fraction
    each_byte: Fraction


def energy(found: Roofline) -> Energy:
    """The energy of a network's products and moved bytes; raises SpecError for a dtype that is not in the table, and for letters.

    >>> from archcalc.devices.known import device
    >>> from archcalc.devices.roofline import roofline
    >>> from archcalc.profiling.engine import profile
    >>> from archcalc.language import load
    >>> float(energy(roofline(profile(load("lenet5")), device("v100"))).each_product)
    4.6e-12
    """
    dtype = found.asked.dtype
    if dtype not in _MULTIPLY:
        known = ", ".join(name for name in _MULTIPLY if name != "int32")
        raise SpecError(f"the table of Horowitz 2014 has no {dtype}", None, f"it has {known}")
    total = found.total
    if not (isinstance(total.macs, int) and isinstance(total.bytes, int)):
        raise SpecError(
            "energy needs numbers, and the network has letters", None, "give each a number with --set or --input"
        )
    added = found.peak.accumulate if found.peak.accumulate in _ADD else dtype
    product = (_MULTIPLY[dtype] + _ADD[added]) / 10**12
    byte = _DRAM / 10**12
    return Energy(total.macs * product, total.bytes * byte, product, byte)
