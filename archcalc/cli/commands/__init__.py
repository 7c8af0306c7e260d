"""The commands, each in the module of its name, whose `command` it is."""
