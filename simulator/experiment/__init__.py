"""Experiments: from a scenario and a seed to traces."""
