"""The scenario file: its types, and how it is read."""
