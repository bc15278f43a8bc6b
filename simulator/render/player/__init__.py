"""The player: one page to scrub."""
