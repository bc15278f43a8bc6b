"""Many searches on one cluster: who of them may start a trial, who has to stop one, and the SimPy model of it all."""
