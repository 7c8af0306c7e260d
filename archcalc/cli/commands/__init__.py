"""The commands, each the `command` of the module with its name."""
