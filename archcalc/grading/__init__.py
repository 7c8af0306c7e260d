"""Grading of filled-in worksheets: the wrong cells, and the slips that explain them."""

from archcalc.grading.classroom import ClassGrade, Marker, files_of, grade_class
from archcalc.grading.marking import grade
from archcalc.grading.marks import Grade, Marked
from archcalc.grading.sheet import Sheet, read, worksheet

__all__ = ["ClassGrade", "Grade", "Marked", "Marker", "Sheet", "files_of", "grade", "grade_class", "read", "worksheet"]
