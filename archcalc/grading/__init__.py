"""Worksheets that people filled in, marked: which cells are wrong, and which slip gives what they wrote."""

from archcalc.grading.marking import grade
from archcalc.grading.marks import Grade, Marked
from archcalc.grading.sheet import Sheet, read, worksheet

__all__ = ["Grade", "Marked", "Sheet", "grade", "read", "worksheet"]
