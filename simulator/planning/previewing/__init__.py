"""Previews: what a search will do, before it runs."""
