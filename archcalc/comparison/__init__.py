"""Networks held against each other, against a former state, or against a goal."""
