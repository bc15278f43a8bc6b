"""Static plots, by matplotlib."""
