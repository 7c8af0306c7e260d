"""Documents: what a page says, and how it is written in the formats with markup, with their escapes, styles and templates."""
