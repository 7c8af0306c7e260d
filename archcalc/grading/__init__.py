"""Grading of filled-in worksheets: the wrong cells, and the slips that explain them."""

from archcalc.grading.marking import grade
from archcalc.grading.marks import Grade, Marked
from archcalc.grading.sheet import Sheet, read, worksheet

__all__ = ["Grade", "Marked", "Sheet", "grade", "read", "worksheet"]
