"""The database: papers, vectors, predictions, labels, queue, decisions, runs, audit.

SQLAlchemy Core tables, one set of statements for SQLite (default) and PostgreSQL. `Store` opens
it; each module beside it is one noun with plain functions that take a connection, so that a
caller decides what belongs into one transaction.
"""

from __future__ import annotations

from litmine.store.engine import Store, open_store

__all__ = ["Store", "open_store"]
