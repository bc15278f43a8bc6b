"""Learning curves: the loss of a trial and the time it took, up to a resource."""
