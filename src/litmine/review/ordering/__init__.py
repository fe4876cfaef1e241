"""What to read next, learnt from what was decided so far."""

from __future__ import annotations

from litmine.review.ordering.features import TextFeatures
from litmine.review.ordering.policies import POLICIES
from litmine.review.ordering.ranker import Ranker

__all__ = ["POLICIES", "Ranker", "TextFeatures"]
