"""The player: a page that plays runs and moves to any moment."""
