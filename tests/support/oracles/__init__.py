"""Slow and obvious versions of what the simulator does cleverly."""
