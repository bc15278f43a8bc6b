"""Calibration: the cluster of a real run, estimated from its schedule and curves, with all uncertainty."""
