"""Many searches on one cluster: schedulers, which start and stop trials, and the SimPy model of it all."""
