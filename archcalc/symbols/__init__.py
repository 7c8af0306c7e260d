"""Numbers and letters: formulas, what is known of them, how they are written and what they come to."""
