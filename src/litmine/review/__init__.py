"""The human half: reading suggestions, deciding, taking back."""

from __future__ import annotations

from litmine.review.desk import ReviewDesk, ReviewItem

__all__ = ["ReviewDesk", "ReviewItem"]
