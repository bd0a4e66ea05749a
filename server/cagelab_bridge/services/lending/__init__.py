"""What a control PC lends to a rig, seen from both sides."""
