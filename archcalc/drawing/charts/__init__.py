"""Charts, drawn with matplotlib, an extra: costs by layer, networks compared, memory over time, receptive fields."""
