"""Slow and obvious versions of the simulator's fast algorithms."""
