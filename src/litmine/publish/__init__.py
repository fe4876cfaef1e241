"""What the outside world sees: the paper list and the draft list."""
