"""Searchers decide which trial trains next, and to which resource."""
