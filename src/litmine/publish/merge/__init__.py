"""A hand-kept Markdown list and the approved papers, merged without losing a byte of the former."""

from litmine.publish.merge.merger import MergeFailed, lines_naming, merge
from litmine.publish.merge.report import Added, Conflict, MergeResult, Present, Problem

__all__ = [
    "Added",
    "Conflict",
    "MergeFailed",
    "MergeResult",
    "Present",
    "Problem",
    "lines_naming",
    "merge",
]
