"""A typed client of the API under /api/v1."""
