"""Names behind the parts of DOIs: proceedings and journals in which this field publishes.

Only what is certain stands here; the years of the proceedings were compared with those that public
paper lists give. What is missing gives no venue, never a wrong one.
"""

from __future__ import annotations

__all__ = [
    "ACL_LETTERS",
    "ACL_VENUES",
    "ACM_PROCEEDINGS",
    "ELSEVIER",
    "IEEE_JOURNALS",
    "NATURE",
    "NEURIPS_VOLUMES",
    "SPRINGER_JOURNALS",
]

#: First part of a volume of the ACL Anthology ("acl-long", "findings-emnlp").
ACL_VENUES = {
    "acl": "ACL", "emnlp": "EMNLP", "naacl": "NAACL", "eacl": "EACL", "aacl": "AACL",
    "ijcnlp": "AACL", "conll": "CoNLL", "tacl": "TACL", "coling": "COLING", "inlg": "INLG",
}  # fmt: skip

#: Letter of the Anthology's numbers before 2020.
ACL_LETTERS = {"p": "ACL", "d": "EMNLP", "n": "NAACL", "e": "EACL", "k": "CoNLL", "i": "IJCNLP"}

#: Volumes of Advances in Neural Information Processing Systems.
NEURIPS_VOLUMES = {"068431": "NeurIPS 2022", "075280": "NeurIPS 2023", "079017": "NeurIPS 2024"}

#: Proceedings in the ACM's library; the second half of such a DOI is the paper.
ACM_PROCEEDINGS = {
    number: name
    for name, numbers in {
        "ASPLOS 2020": "3373376", "ASPLOS 2022": "3503222",
        "ASPLOS 2023": "3567955 3575693 3582016",
        "ASPLOS 2024": "3617232 3620665 3620666 3622781", "ASPLOS 2025": "3669940 3676641 3676642",
        "ASPLOS 2026": "3760250 3779212",
        "EuroSys 2022": "3492321", "EuroSys 2023": "3552326", "EuroSys 2024": "3627703",
        "EuroSys 2025": "3689031", "EuroSys 2026": "3767295",
        "SOSP 2019": "3341301", "SOSP 2021": "3477132", "SOSP 2023": "3600006",
        "SOSP 2024": "3694715", "SOSP 2025": "3731569",
        "SoCC 2024": "3698038", "SoCC 2025": "3772052",
        "MICRO 2021": "3466752", "MICRO 2023": "3613424", "MICRO 2025": "3725843",
        "ISCA 2022": "3470496", "ISCA 2023": "3579371", "ISCA 2025": "3695053",
        "PPoPP 2021": "3437801", "PPoPP 2022": "3503221", "PPoPP 2023": "3572848",
        "PPoPP 2024": "3627535", "PPoPP 2025": "3710848", "PPoPP 2026": "3774934",
        "SC 2021": "3458817", "SC 2023": "3581784", "SC 2025": "3712285",
        "HPDC 2024": "3625549", "ICS 2022": "3524059", "ICS 2024": "3650200",
        "PACT 2024": "3656019",
        "ICPP 2022": "3545008", "ICPP 2023": "3605573", "ICPP 2024": "3673038",
        "DAC 2019": "3316781", "DAC 2022": "3489517", "DAC 2024": "3649329",
        "ICCAD 2024": "3676536",
        "SIGCOMM 2023": "3603269", "SIGCOMM 2024": "3651890", "SIGCOMM 2025": "3718958",
        "MobiCom 2023": "3570361", "MobiCom 2024": "3636534",
        "MobiSys 2022": "3498361", "MobiSys 2023": "3581791", "MobiSys 2024": "3643832",
        "KDD 2020": "3394486", "KDD 2022": "3534678", "KDD 2023": "3580305", "KDD 2024": "3637528",
        "KDD 2025": "3690624 3711896",
        "WWW 2022": "3485447", "WWW 2023": "3543507", "WWW 2024": "3589334", "WWW 2025": "3696410",
        "SIGIR 2022": "3477495", "SIGIR 2023": "3539618", "SIGIR 2024": "3626772",
        "SIGIR 2025": "3726302",
        "CIKM 2022": "3511808", "CIKM 2023": "3583780", "CIKM 2024": "3627673",
        "WSDM 2023": "3539597", "WSDM 2024": "3616855", "WSDM 2025": "3701551",
        "ACM MM 2021": "3474085", "ACM MM 2022": "3503161", "ACM MM 2023": "3581783",
        "ACM MM 2024": "3664647", "ACM MM 2025": "3746027",
        "NeurIPS 2017": "3294771 3294996 3295222", "NeurIPS 2019": "3454287",
        "NeurIPS 2020": "3495724", "NeurIPS 2021": "3540261", "NeurIPS 2022": "3600270",
        "NeurIPS 2023": "3666122",
        "ICML 2020": "3524938", "ICML 2023": "3618408", "ICML 2024": "3692070",
    }.items()
    for number in numbers.split()
}  # fmt: skip

#: Journals of the IEEE by the short names in their DOIs.
IEEE_JOURNALS = {
    "access": "IEEE Access",
    "tpami": "TPAMI", "tnnls": "TNNLS", "tkde": "TKDE", "tcad": "TCAD", "tpds": "TPDS",
    "tc": "IEEE Transactions on Computers", "tmc": "IEEE Transactions on Mobile Computing",
    "tvlsi": "IEEE Transactions on VLSI Systems", "tsc": "IEEE Transactions on Services Computing",
    "tcc": "IEEE Transactions on Cloud Computing",
    "tse": "IEEE Transactions on Software Engineering",
    "twc": "IEEE Transactions on Wireless Communications",
    "tcomm": "IEEE Transactions on Communications",
    "tsp": "IEEE Transactions on Signal Processing",
    "tip": "IEEE Transactions on Image Processing", "tmm": "IEEE Transactions on Multimedia",
    "tcsvt": "IEEE Transactions on Circuits and Systems for Video Technology",
    "tcsi": "IEEE Transactions on Circuits and Systems I",
    "tcsii": "IEEE Transactions on Circuits and Systems II",
    "tbdata": "IEEE Transactions on Big Data", "tii": "IEEE Transactions on Industrial Informatics",
    "tai": "IEEE Transactions on Artificial Intelligence",
    "tsusc": "IEEE Transactions on Sustainable Computing",
    "tetc": "IEEE Transactions on Emerging Topics in Computing",
    "tetci": "IEEE Transactions on Emerging Topics in Computational Intelligence",
    "tifs": "IEEE Transactions on Information Forensics and Security",
    "tdsc": "IEEE Transactions on Dependable and Secure Computing",
    "tnet": "IEEE/ACM Transactions on Networking",
    "taslp": "IEEE/ACM Transactions on Audio, Speech, and Language Processing",
    "tnsm": "IEEE Transactions on Network and Service Management",
    "tnse": "IEEE Transactions on Network Science and Engineering",
    "tccn": "IEEE Transactions on Cognitive Communications and Networking",
    "jiot": "IEEE Internet of Things Journal", "jproc": "Proceedings of the IEEE",
    "jssc": "IEEE Journal of Solid-State Circuits",
    "comst": "IEEE Communications Surveys & Tutorials",
    "jsac": "IEEE Journal on Selected Areas in Communications",
    "jstsp": "IEEE Journal of Selected Topics in Signal Processing",
    "jetcas": "IEEE Journal on Emerging and Selected Topics in Circuits and Systems",
    "lca": "IEEE Computer Architecture Letters", "mm": "IEEE Micro", "lra": "IEEE RA-L",
    "lsp": "IEEE Signal Processing Letters", "mnet": "IEEE Network",
    "mcom": "IEEE Communications Magazine",
    "msp": "IEEE Signal Processing Magazine", "mci": "IEEE Computational Intelligence Magazine",
    "ojcoms": "IEEE Open Journal of the Communications Society",
}  # fmt: skip

#: Journals of Elsevier by the short names in their DOIs.
ELSEVIER = {
    "neucom": "Neurocomputing", "neunet": "Neural Networks", "patcog": "Pattern Recognition",
    "patrec": "Pattern Recognition Letters", "artint": "Artificial Intelligence",
    "eswa": "Expert Systems with Applications", "knosys": "Knowledge-Based Systems",
    "inffus": "Information Fusion", "ins": "Information Sciences", "asoc": "Applied Soft Computing",
    "engappai": "Engineering Applications of Artificial Intelligence",
    "future": "Future Generation Computer Systems", "sysarc": "Journal of Systems Architecture",
    "jpdc": "Journal of Parallel and Distributed Computing", "parco": "Parallel Computing",
    "ipm": "Information Processing & Management", "aiopen": "AI Open",
    "comnet": "Computer Networks", "imavis": "Image and Vision Computing",
    "cosrev": "Computer Science Review", "patter": "Patterns",
    "jbi": "Journal of Biomedical Informatics",
    "csl": "Computer Speech & Language", "infsof": "Information and Software Technology",
}  # fmt: skip

#: Journals of Springer by the first part of their articles' numbers.
SPRINGER_JOURNALS = {
    "s11263": "International Journal of Computer Vision", "s10994": "Machine Learning",
    "s11432": "Science China Information Sciences", "s11704": "Frontiers of Computer Science",
    "s10462": "Artificial Intelligence Review", "s00521": "Neural Computing and Applications",
    "s11280": "World Wide Web", "s10618": "Data Mining and Knowledge Discovery",
    "s11390": "Journal of Computer Science and Technology", "s10489": "Applied Intelligence",
    "s10115": "Knowledge and Information Systems", "s11063": "Neural Processing Letters",
    "s13042": "International Journal of Machine Learning and Cybernetics",
    "s10664": "Empirical Software Engineering", "s11227": "The Journal of Supercomputing",
    "s10579": "Language Resources and Evaluation", "s42979": "SN Computer Science",
}  # fmt: skip

#: Nature's journals by the first part of their articles' numbers.
NATURE = {
    "s41586": "Nature", "s42256": "Nature Machine Intelligence", "s41467": "Nature Communications",
    "s41598": "Scientific Reports", "s43588": "Nature Computational Science",
    "s41928": "Nature Electronics", "s41746": "npj Digital Medicine", "s41591": "Nature Medicine",
    "s44335": "npj Unconventional Computing", "s44287": "Nature Reviews Electrical Engineering",
}  # fmt: skip
