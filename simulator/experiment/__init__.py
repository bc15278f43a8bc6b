"""From a scenario and a seed to traces."""
