"""Capacity planning: runs of many clusters under many seeds, and the conclusions from them."""
