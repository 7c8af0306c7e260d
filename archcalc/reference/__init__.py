"""The reference forward pass in numpy, to check closed forms: seeded arrays, plain execution, counted products."""

from archcalc.reference.counting import CountingNumpy
from archcalc.reference.fast import Program
from archcalc.reference.in_place import Storing, run_in_place
from archcalc.reference.kept_arrays import KeptArrays
from archcalc.reference.layerwise import outputs
from archcalc.reference.limit import require_memory
from archcalc.reference.random_arrays import noise, seeded
from archcalc.reference.run import run
from archcalc.reference.weight_files import read_weights

__all__ = [
    "CountingNumpy",
    "KeptArrays",
    "Program",
    "Storing",
    "noise",
    "outputs",
    "read_weights",
    "require_memory",
    "run",
    "run_in_place",
    "seeded",
]
