"""The cluster, which keeps time: workers and durations. SimPy is used nowhere else."""
