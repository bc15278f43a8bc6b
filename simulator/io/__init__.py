"""Reading files that a user names, and writing files completely or not at all."""
