"""Where a paper was published, read from arXiv's journal reference and comments.

Authors write these fields freely, so the reader is conservative: a conference counts only with
its year, or after words of acceptance; a sentence that speaks of submission, review or a style
file counts for nothing. No venue is better than a wrong one.
"""

from __future__ import annotations

import re

from litmine.core.plain import clean

__all__ = ["venue_of"]

# Short names as written, and the patterns by which they are recognised in running text.
_CONFERENCES = {
    "NeurIPS": r"NeurIPS|NIPS|Neural Information Processing Systems",
    "ICML": r"ICML|International Conference on Machine Learning",
    "ICLR": r"ICLR|International Conference on Learning Representations",
    "COLM": r"COLM|Conference on Language Modeling",
    "MLSys": r"MLSys|Machine Learning and Systems",
    "NAACL": r"NAACL(?:-HLT)?",
    "EACL": r"EACL",
    "AACL": r"AACL(?:-IJCNLP)?|IJCNLP-AACL",
    "ACL": r"ACL(?:-IJCNLP)?",
    "EMNLP": r"EMNLP(?:-IJCNLP)?",
    "COLING": r"(?:LREC-)?COLING",
    "LREC": r"LREC",
    "CoNLL": r"CoNLL",
    "AAAI": r"AAAI",
    "IJCAI": r"IJCAI",
    "AISTATS": r"AISTATS",
    "UAI": r"UAI",
    "COLT": r"COLT",
    "KDD": r"(?:ACM )?(?:SIG)?KDD",
    "SIGIR": r"SIGIR",
    "CIKM": r"CIKM",
    "WSDM": r"WSDM",
    "WWW": r"WWW|The Web Conference|TheWebConf",
    "CVPR": r"CVPR",
    "ICCV": r"ICCV",
    "ECCV": r"ECCV",
    "WACV": r"WACV",
    "BMVC": r"BMVC",
    "INTERSPEECH": r"INTERSPEECH|Interspeech",
    "ICASSP": r"ICASSP",
    "ASPLOS": r"ASPLOS",
    "ISCA": r"ISCA",
    "HPCA": r"HPCA",
    "MICRO": r"MICRO",
    "OSDI": r"OSDI",
    "SOSP": r"SOSP",
    "NSDI": r"NSDI",
    "EuroSys": r"EuroSys|EuroSYS|EUROSYS",
    "USENIX ATC": r"USENIX ATC|ATC",
    "PPoPP": r"PPoPP",
    "SC": r"SC",
    "SIGCOMM": r"SIGCOMM",
    "INFOCOM": r"INFOCOM",
    "MobiCom": r"MobiCom",
    "MobiSys": r"MobiSys",
    "SenSys": r"SenSys",
    "DAC": r"DAC",
    "DATE": r"DATE",
    "ICCAD": r"ICCAD",
    "FPGA": r"FPGA",
    "FCCM": r"FCCM",
    "ICS": r"ICS",
    "IPDPS": r"IPDPS",
    "HPDC": r"HPDC",
    "SIGMOD": r"SIGMOD",
    "VLDB": r"P?VLDB",
    "ICDE": r"ICDE",
    "ICRA": r"ICRA",
    "IROS": r"IROS",
    "CoRL": r"CoRL",
}
_JOURNALS = {
    "TMLR": r"TMLR|Transactions on Machine Learning Research",
    "TACL": r"TACL|Transactions of the Association for Computational Linguistics",
    "JMLR": r"JMLR|Journal of Machine Learning Research",
    "TPAMI": r"(?:IEEE )?T-?PAMI",
}
# Words of other meanings too: these count only beside words of acceptance.
_AMBIGUOUS = frozenset({"DATE", "FPGA", "MICRO", "SC", "ICS", "DAC", "WWW", "UAI", "LREC", "COLT"})
_YEAR = r"(?:19|20)\d\d"
_CONFERENCE = re.compile(
    r"(?<![A-Za-z0-9/.-])(?:(?P<findings>Findings of (?:the )?)?)"
    r"(?:(?P<before>" + _YEAR + r") )?(?:"
    + "|".join(f"(?P<c{n}>{p})" for n, p in enumerate(_CONFERENCES.values()))
    + r")(?![A-Za-z])"
    r"(?:\s*\((?:[A-Z][A-Za-z]+)\))?"  # "Conference on Learning Representations (ICLR)"
    r"(?:[\s,'’(-]{0,3}(?P<year>" + _YEAR + r"|(?<=['’])\d\d)(?!\d))?"
)  # fmt: skip
_JOURNAL = re.compile(
    r"(?<![A-Za-z0-9])(?:"
    + "|".join(f"(?P<j{n}>{p})" for n, p in enumerate(_JOURNALS.values()))
    + r")(?![A-Za-z])"
)  # fmt: skip
_ACCEPTED = re.compile(
    r"\b(?:accepted|to appear|appears? (?:in|at)|published|presented|camera[- ]ready|proceedings"
    r"|oral|spotlight|poster|main conference|best paper)\b",
    re.IGNORECASE,
)
_NOT_YET = re.compile(
    r"\b(?:submi\w+|resubmi\w+|under (?:\w+ )?review|in review|reviewed at|preprint|reject\w*"
    r"|withdrawn|not accepted|template|style|format\w*|rebuttal|intended|planned|prepared"
    r"|competition|challenge|shared task|dataset|leaderboard|extends?|extended|extension"
    r"|based on|winn\w+|baseline|overlap\w*|follow-?up|previous|earlier|our \w+ \d+ paper)\b",
    re.IGNORECASE,
)
_WORKSHOP = re.compile(r"\bworkshops?\b", re.IGNORECASE)
_SENTENCE = re.compile(r"[;\n]|\.\s+|\.$")


def venue_of(journal_ref: str | None, comments: str | None) -> str | None:
    """Name the venue of a paper in short, with its year where it has one.

    Parameters
    ----------
    journal_ref, comments : str or None
        As arXiv gives them.

    Returns
    -------
    str or None
        Such as "ICML 2026", "Findings of ACL 2024", "NeurIPS 2025 Workshop", "TMLR" or
        "IEEE Access 2024". None where neither field tells for sure.

    Examples
    --------
    >>> venue_of(None, "9 pages, accepted at ICML 2026 (spotlight)")
    'ICML 2026'
    >>> venue_of(None, "Submitted to ICLR 2027") is None
    True
    """
    reference = clean(journal_ref or "")
    if reference and not _NOT_YET.search(reference):
        known = _known_venue(reference, accepted=True)
        return known or _journal_name(reference)
    for sentence in _SENTENCE.split(clean(comments or "")):
        if not _NOT_YET.search(sentence):
            found = _known_venue(sentence, accepted=_ACCEPTED.search(sentence) is not None)
            if found:
                return found
    return None


def _known_venue(text: str, *, accepted: bool) -> str | None:
    best: str | None = None
    for match in _CONFERENCE.finditer(text):
        name = next(name for n, name in enumerate(_CONFERENCES) if match[f"c{n}"] is not None)
        if name in _AMBIGUOUS and not accepted:
            continue
        year = match["year"] or match["before"]
        if year is None:
            years = set(re.findall(rf"(?<!\d){_YEAR}(?!\d)", text))
            year = years.pop() if accepted and len(years) == 1 else None
        if year is None:
            continue
        year = f"20{year}" if len(year) == 2 else year
        findings = match["findings"] or re.search(r"\bfindings\b", text, re.IGNORECASE)
        if _WORKSHOP.search(text):
            best = f"{name} {year} Workshop"
        elif findings and name.endswith(("ACL", "EMNLP")):
            best = f"Findings of {name} {year}"
        else:
            best = f"{name} {year}"
        break
    if best is None and accepted:
        journal = _JOURNAL.search(text)
        if journal:
            best = next(name for n, name in enumerate(_JOURNALS) if journal[f"j{n}"] is not None)
    return best


def _journal_name(reference: str) -> str | None:
    """Take the name in front of volume and pages, and the year if there is one."""
    name = re.split(r",|;|:|\(|\bvol(?:ume)?\b|\bno\b\.?|\bpp?\b\.|\d", reference, maxsplit=1,
                    flags=re.IGNORECASE)[0].strip(" .-")  # fmt: skip
    if not 3 <= len(name) <= 60 or not re.search(r"[A-Za-z]{2}", name) or "arxiv" in name.lower():
        return None
    years = re.findall(rf"(?<!\d){_YEAR}(?!\d)", reference)
    return f"{name} {years[-1]}" if years else name
