"""Named things in a title and an abstract: methods, models, hardware, benchmarks, techniques.

Nothing here is learnt from numbers: names come from the alias table (``corpus/aliases.toml``),
from titles of the library, and from the ways in which authors introduce what they made.
"""

from __future__ import annotations

from litmine.claims.things.finder import Finder, find

__all__ = ["Finder", "find"]
