"""The cluster of a real run: what a schedule and its curves tell of it, how surely, and what they can't tell."""
