"""Calibration: the cluster of a real run, estimated with its uncertainty from the run's schedule and curves."""
