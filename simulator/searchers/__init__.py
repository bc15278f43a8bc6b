"""Searchers decide which trial trains next and how far."""
