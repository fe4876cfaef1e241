"""What a paper claims and names, mined from its title and abstract."""

from __future__ import annotations

from litmine.claims.miner import Miner, mine

__all__ = ["Miner", "mine"]
