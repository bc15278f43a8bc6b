"""The report of a plan: sentences, tables, figures, a page."""
