"""The cluster keeps time: workers, durations, and the only use of SimPy."""
