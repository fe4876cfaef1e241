"""The human half: reading suggestions, deciding, taking back."""

from __future__ import annotations

from litmine.review.desk import Reasons, ReviewDesk, ReviewItem
from litmine.review.ruling import Outcome

__all__ = ["Outcome", "Reasons", "ReviewDesk", "ReviewItem"]
