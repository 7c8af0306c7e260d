"""Charts, drawn with matplotlib, which is an extra: what each layer costs, networks side by side, memory over time, fields."""
