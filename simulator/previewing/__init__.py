"""What a search will do, before it runs."""
