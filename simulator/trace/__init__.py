"""What happened, one row for each attempt, and what it says."""
