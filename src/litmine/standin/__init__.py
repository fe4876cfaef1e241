"""A stand-in for arXiv: a loopback server for tests, demonstrations and rehearsals.

It speaks OAI-PMH, the announcement feeds and the search API from any JSON-lines file, and can be
told to fail as arXiv fails. It shares no code with `litmine.sources`, so that a wrong idea of a
format cannot cancel out between the two.
"""

from __future__ import annotations

from litmine.standin.faults import Fault, parse_fault
from litmine.standin.records import StandinRecord, load_records, record_from_line
from litmine.standin.server import LoggedRequest, StandinServer

__all__ = [
    "Fault",
    "LoggedRequest",
    "StandinRecord",
    "StandinServer",
    "load_records",
    "parse_fault",
    "record_from_line",
]
