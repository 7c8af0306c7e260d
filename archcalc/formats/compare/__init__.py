"""Networks side by side, as text, JSON or a page, with the sizes at which one overtakes another."""
