"""Plans over searches that share a cluster: how many of them are done in time, and whether to buy or to rent."""
