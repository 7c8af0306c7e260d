"""Documents: the content of a page, and its rendering as text and markup by escapes, styles and templates."""
