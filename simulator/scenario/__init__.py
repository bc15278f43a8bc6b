"""The scenario file: its models, and how it is read."""
