"""Traces: one row for each attempt at a job, and all that is computed from these rows."""
