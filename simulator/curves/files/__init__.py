"""Curve files: columns, rows, tables, and writing them."""
