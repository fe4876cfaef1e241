"""Where a paper was published, read from arXiv's journal reference, DOI and comments.

Authors write these fields freely, so the reader is conservative: a conference counts only with
its year, or after words of acceptance; a sentence that speaks of submission, review or a style
file counts for nothing. No venue is better than a wrong one. `litmine.publish.metadata.doi` reads
DOIs.
"""

from __future__ import annotations

import re

from litmine.core.plain import clean
from litmine.publish.metadata.doi import venue_of_doi
from litmine.publish.metadata.doi_names import IEEE_JOURNALS

__all__ = ["is_conference", "venue_of"]

# Short names as written, and the patterns by which they are recognised in running text.
_CONFERENCES = {
    "NeurIPS": r"NeurIPS|NIPS|Neural Information Processing Systems",
    "ICML": r"ICML|International Conference on Machine Learning",
    "ICLR": r"ICLR|International Conference on Learning Representations",
    "COLM": r"COLM|Conference on Language Modeling",
    "MLSys": r"MLSys|Machine Learning and Systems",
    "NAACL": r"NAACL(?:-HLT)?"
    r"|North American Chapter of the Association for Computational Linguistics",
    "EACL": r"EACL|European Chapter of the Association for Computational Linguistics",
    "AACL": r"AACL(?:-IJCNLP)?|IJCNLP-AACL",
    "ACL": r"ACL(?:-IJCNLP)?|Annual Meeting of the Association for Computational Linguistics",
    "EMNLP": r"EMNLP(?:-IJCNLP)?|Empirical Methods in Natural Language Processing",
    "COLING": r"(?:LREC-)?COLING|International Conference on Computational Linguistics",
    "LREC": r"LREC",
    "CoNLL": r"CoNLL",
    "AAAI": r"AAAI",
    "IJCAI": r"IJCAI|International Joint Conferences? on Artificial Intelligence",
    "AISTATS": r"AISTATS",
    "UAI": r"UAI",
    "COLT": r"COLT",
    "KDD": r"(?:ACM )?(?:SIG)?KDD",
    "SIGIR": r"SIGIR",
    "CIKM": r"CIKM",
    "WSDM": r"WSDM",
    "WWW": r"WWW|The Web Conference|TheWebConf",
    "CVPR": r"CVPR|Computer Vision and Pattern Recognition",
    "ICCV": r"ICCV|International Conference on Computer Vision",
    "ECCV": r"ECCV|European Conference on Computer Vision",
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
    "MICCAI": r"MICCAI",
    "ACM MM": r"ACM ?MM|ACM Multimedia",
    "ICME": r"ICME",
    "ICIP": r"ICIP",
    "ICPR": r"ICPR",
    "ACCV": r"ACCV",
    "3DV": r"3DV",
    "ICDM": r"ICDM",
    "ECML PKDD": r"ECML[- ]?PKDD|ECML",
    "PAKDD": r"PAKDD",
    "ECIR": r"ECIR",
    "RecSys": r"RecSys",
    "ECAI": r"ECAI",
    "AAMAS": r"AAMAS|Autonomous Agents and Multi-?[Aa]gent Systems",
    "IJCNN": r"IJCNN",
    "ACML": r"ACML",
    "ALT": r"Algorithmic Learning Theory",
    "CPAL": r"CPAL",
    "CoLLAs": r"CoLLAs",
    "LoG": r"Learning on Graphs Conference",
    "SIGDIAL": r"SIGDIAL|SIGdial",
    "INLG": r"INLG",
    "IWSLT": r"IWSLT",
    "WMT": r"WMT",
    "CogSci": r"CogSci",
    "ASRU": r"ASRU",
    "SLT": r"IEEE SLT",
    "FAccT": r"FAccT",
    "CHI": r"CHI",
    "ICSE": r"ICSE",
    "FSE": r"ESEC/FSE|FSE",
    "ISSTA": r"ISSTA",
    "CCS": r"ACM CCS|CCS",
    "USENIX Security": r"USENIX Security(?: Symposium)?",
    "NDSS": r"NDSS",
    "SoCC": r"SoCC",
    "HotOS": r"HotOS",
    "HotNets": r"HotNets",
    "USENIX FAST": r"USENIX FAST",
    "CGO": r"CGO",
    "PACT": r"PACT",
    "ICPP": r"ICPP",
    "Euro-Par": r"Euro-Par",
    "ICDCS": r"ICDCS",
    "ISPASS": r"ISPASS",
    "IISWC": r"IISWC",
    "ASP-DAC": r"ASP-?DAC",
    "ISCAS": r"ISCAS",
    "AICAS": r"AICAS",
    "ISLPED": r"ISLPED",
    "GLSVLSI": r"GLSVLSI",
    "FPL": r"FPL",
    "ICCD": r"ICCD",
    "ITC": r"ITC",
    "VLSI": r"Symposium on VLSI(?: Technology and Circuits)?",
    "Hot Chips": r"Hot Chips",
    "SIGMETRICS": r"SIGMETRICS",
    "ISIT": r"ISIT",
    "ICC": r"IEEE ICC",
    "GLOBECOM": r"GLOBECOM|Globecom",
}
_JOURNALS = {
    "TMLR": r"TMLR|Transactions on Machine Learning Research|Trans\.? Mach\.? Learn\.? Res",
    "TACL": r"TACL|Transactions of the Association for Computational Linguistics",
    "JMLR": r"JMLR|Journal of Machine Learning Research|J\.? Mach\.? Learn\.? Res",
    "TPAMI": r"(?:IEEE )?T-?PAMI|IEEE Trans(?:actions|\.)(?: on)? Pattern Anal(?:ysis|\.)"
    r"(?: and)? Mach(?:ine|\.) Intell(?:igence)?",
    "JAIR": r"JAIR|Journal of Artificial Intelligence Research",
    "IEEE Access": r"IEEE Access",
    "IEEE RA-L": r"(?:IEEE )?RA-?L|(?:IEEE )?Robotics and Automation Letters",
    "IEEE Micro": r"IEEE Micro",
    "ACM Computing Surveys": r"ACM Computing Surveys|ACM Comput\. Surv|ACM CSUR",
    "ACM TACO": r"(?:ACM )?TACO|ACM Transactions on Architecture and Code Optimization",
    "ACM TIST": r"(?:ACM )?TIST",
    "PVLDB": r"PVLDB|Proceedings of the VLDB Endowment",
    "Nature Machine Intelligence": r"Nature Machine Intelligence",
    "Nature Communications": r"Nature Communications",
    "Neurocomputing": r"Neurocomputing",
}
# Volumes and years are the same there: the name is enough.
_YEARLESS = frozenset({"TMLR", "TACL", "JMLR", "TPAMI", "PVLDB"})
# Journals that are named in full after words of acceptance.
_IN_FULL = re.compile(
    r"\b(?:(?:IEEE(?:/ACM)?|ACM) (?:Transactions|Journal|Letters) on "
    r"[A-Z][a-z]+(?:(?:,? and|,| of| in| for|:|-)? ?[A-Z][a-zA-Z]+)*"
    r"|IEEE [A-Z][a-zA-Z ]+ (?:Journal|Letters|Magazine))"
)
# Words of other meanings too: these count only beside words of acceptance.
_AMBIGUOUS = frozenset(
    {"DATE", "FPGA", "MICRO", "SC", "ICS", "DAC", "WWW", "UAI", "LREC", "COLT", "CHI", "CCS",
     "PACT", "ITC", "WMT", "3DV", "FPL", "FSE", "SLT", "IWSLT"}
)  # fmt: skip
_LONGEST = 70
_YEAR = r"(?:19|20)\d\d"
_CONFERENCE = re.compile(
    r"(?<![A-Za-z0-9/.-])(?=[A-Z\d])(?:(?P<findings>Findings of (?:the )?)?)"
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
# What stands beside a conference, but not in its proceedings.
_BESIDE = (
    (re.compile(r"\bworkshops?\b|\bW$|\bwkshp", re.IGNORECASE), "Workshop"),
    (re.compile(r"\b(?:spring|fall|summer) symposi(?:um|a)\b", re.IGNORECASE), "Symposium"),
    (re.compile(r"\btutorials?\b", re.IGNORECASE), "Tutorial"),
    (re.compile(r"\btiny papers?\b", re.IGNORECASE), "Tiny Papers"),
    (re.compile(r"\bblog ?posts?\b", re.IGNORECASE), "Blogposts"),
    (re.compile(r"\b(?:student abstract|doctoral (?:consortium|symposium))\b", re.IGNORECASE),
     "Student Abstract"),
    (re.compile(r"\b(?:student research|SRW)\b", re.IGNORECASE), "Student Research Workshop"),
)  # fmt: skip
# References that name no journal: a book of proceedings, a series, an address.
_NO_NAME = re.compile(
    r"(?:in\b:?\s*)?(?:the\s+)?(?:(?:\d{4}\s+)?(?:\d+(?:st|nd|rd|th)\s+)?(?:annual\s+)?"
    r"(?:international|european|ieee.{0,12}|acm.{0,12})?\s*(?:conference|symposium|workshop)\b"
    r"|proc(?:eedings|\.)(?! of (?:the (?:IEEE\b|National Academy|ACM on)|Machine Learning))"
    r"|lecture notes|lncs|springer|https?:|doi:|arxiv|elsevier|to appear|accepted)",
    re.IGNORECASE,
)
_DATED = re.compile(rf"{_YEAR}|['’]\d\d")
_BEHIND_NAME = re.compile(
    r",|;|:(?!\s+[A-Z])|\(|\bvol(?:ume)?\b|\bno\b\.?|\bissue\b|\bpp?\b\.|\d", re.IGNORECASE
)
_SENTENCE = re.compile(r"[;\n]|\.\s+|\.$")


def venue_of(journal_ref: str | None, comments: str | None, doi: str | None = None) -> str | None:
    """Name the venue of a paper in short, with its year where it has one.

    The journal reference goes before the DOI, where it tells a venue known here; the DOI goes
    before a journal's name as the authors write it; comments come last.

    Parameters
    ----------
    journal_ref, comments, doi : str or None
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
    if _NOT_YET.search(reference):
        reference = ""
    if known := _known_venue(reference, accepted=True) or venue_of_doi(doi):
        return known
    if named := _journal_name(reference):
        return named
    for sentence in _SENTENCE.split(clean(comments or "")):
        accepted = _ACCEPTED.search(sentence) is not None
        if (accepted or _DATED.search(sentence)) and not _NOT_YET.search(sentence):
            found = _known_venue(sentence, accepted=accepted)
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
        beside = next((word for pattern, word in _BESIDE if pattern.search(text)), None)
        if beside:
            best = f"{name} {year} {beside}"
        elif findings and name.endswith(("ACL", "EMNLP")):
            best = f"Findings of {name} {year}"
        else:
            best = f"{name} {year}"
        break
    if best is None and accepted:
        journal = _JOURNAL.search(text)
        if journal:
            best = next(name for n, name in enumerate(_JOURNALS) if journal[f"j{n}"] is not None)
            years = set(re.findall(rf"(?<!\d){_YEAR}(?!\d)", text))
            if best not in _YEARLESS and len(years) == 1:
                best = f"{best} {years.pop()}"
        elif (in_full := _IN_FULL.search(text)) and len(in_full[0]) <= _LONGEST:
            best = in_full[0]
    return best


def _journal_name(reference: str) -> str | None:
    """Take the name in front of volume and pages, and the year if there is one."""
    if _NO_NAME.match(reference):
        return None
    name = _BEHIND_NAME.split(reference, maxsplit=1)[0].strip(" -:")
    name = name if name.count(".") > 1 else name.rstrip(".")  # the dot of "J. Chem. Phys."
    if not 3 <= len(name) <= _LONGEST or not re.search(r"[A-Za-z]{2}", name):
        return None
    years = re.findall(rf"(?<!\d){_YEAR}(?!\d)", reference)
    return f"{name} {years[-1]}" if years else name


def is_conference(venue: str) -> bool:
    """Tell whether a venue that `venue_of` gave is a conference, and not a journal.

    Examples
    --------
    >>> is_conference("ACM MM 2024"), is_conference("IEEE Access 2024")
    (True, False)
    """
    found = re.match(rf"(?:Findings of )?(.*?) {_YEAR}(?: [A-Z][A-Za-z ]+)?$", venue)
    name = found[1] if found else ""
    if name in _CONFERENCES:
        return True
    if name in _JOURNALS or name in IEEE_JOURNALS.values():
        return False
    # A DOI of the IEEE's conferences gives their short names, known here or not.
    return re.fullmatch(r"[A-Z]{3,8}(?:-[A-Z]{2,5})?", name) is not None
