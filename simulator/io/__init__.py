"""Reading what a user names, and writing files whole or not at all."""
