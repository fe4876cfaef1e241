"""The way of a night's papers from arXiv to the paper list, and what keeps it going."""
