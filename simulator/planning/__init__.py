"""Capacity planning: many seeds of many clusters, and what may be concluded from them."""
