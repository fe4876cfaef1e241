"""The human half: reading suggestions, deciding, taking back."""

from __future__ import annotations

from litmine.review.desk import Reasons, ReviewDesk, ReviewItem

__all__ = ["Reasons", "ReviewDesk", "ReviewItem"]
