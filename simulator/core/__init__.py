"""The foundations of all other packages: errors, time in ticks, random streams, and the formatting of numbers."""
