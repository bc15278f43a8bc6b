"""What a plan says: sentences, tables, figures, a page."""
