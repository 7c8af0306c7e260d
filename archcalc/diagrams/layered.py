"""x"""
from archcalc.diagrams.columns import Level
from archcalc.diagrams.series import Arc
from archcalc.diagrams.sheet import Sheet
def layered(level, arcs):
    raise NotImplementedError
