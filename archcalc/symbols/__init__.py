"""Numbers and letters: formulas, known facts about them, their notation and their values."""
