"""Documents written in the formats with markup: escapes, styles, templates, and the page that HTML comes as."""
