"""Learning curves: how good a trial is, and how long it took, up to a resource."""
