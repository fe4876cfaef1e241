"""Vector indexes: caches of the vectors in the database, rebuilt whenever they do not match."""
