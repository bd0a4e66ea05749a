"""The rigs of a control PC."""
