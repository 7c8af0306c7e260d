"""The page: an editor for a spec with every number of it beside, whose engine is archcalc itself in a web worker."""
