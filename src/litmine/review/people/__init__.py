"""People: accounts, their secrets, what they set for themselves."""
