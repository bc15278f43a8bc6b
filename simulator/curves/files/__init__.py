"""Curve files: read by columns or by rows, checked as tables, and written."""
