"""Unicode as TeX, sign by sign, and the names whose capitals a bibliography must keep."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import TYPE_CHECKING

from litmine.core.latex_signs import ACCENTS, SUBSCRIPTS, SUPERSCRIPTS

if TYPE_CHECKING:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

__all__ = ["NAMES", "encode"]

# BibTeX counts every brace, also one behind a backslash: none may stand in the text as itself.
_SIGNS = {
    "\\": r"{\textbackslash}", "{": r"{\textbraceleft}", "}": r"{\textbraceright}",
    "$": r"\$", "&": r"\&", "%": r"\%", "#": r"\#", "_": r"\_",
    "~": r"{\textasciitilde}", "^": r"{\textasciicircum}", "<": r"{\textless}",
    ">": r"{\textgreater}", "|": r"{\textbar}", "\N{NO-BREAK SPACE}": "~",
    "\N{EN DASH}": "--", "\N{EM DASH}": "---", "\N{HYPHEN}": "-", "\N{NON-BREAKING HYPHEN}": "-",
    "\N{LEFT SINGLE QUOTATION MARK}": "`", "\N{RIGHT SINGLE QUOTATION MARK}": "'",
    "\N{LEFT DOUBLE QUOTATION MARK}": "``", "\N{RIGHT DOUBLE QUOTATION MARK}": "''",
    "\N{HORIZONTAL ELLIPSIS}": r"{\dots}", "\N{MINUS SIGN}": "{$-$}",
}  # fmt: skip
_MARKS = {mark: command for command, mark in ACCENTS.items() if len(command) == 1}
_RAISED = {sign: written for written, sign in SUPERSCRIPTS.items()}
_LOWERED = {sign: written for written, sign in SUBSCRIPTS.items()}
_PIECE = re.compile(
    f"(?P<raised>[{''.join(_RAISED)}]+)|(?P<lowered>[{''.join(_LOWERED)}]+)"
    r"|[A-Za-z0-9 ]+(?![\u0300-\u036f])|.[\u0300-\u036f]*",
    re.DOTALL,
)

#: Names that the titles of this field write with a capital only at the front. Every word with a
#: capital further on (QLoRA, GPUs) is a name already.
NAMES = frozenset(
    """
    Adam Adafactor Adagrad Alpaca Anthropic Ascend Banach Bayes Bayesian Bellman Bernoulli Boltzmann
    Boolean Bregman Brownian Byzantine Carlo Chebyshev Cholesky Claude Codex Dirichlet Euclidean
    Euler Fenchel Fisher Fourier Frobenius Gauss Gaussian Gemini Gemma Gibbs Granite Gumbel Hadamard
    Hamiltonian Hankel Hebbian Hessian Hilbert Hölder Huawei Huber Huffman Intel Ising Jacobian
    Jensen Kaczmarz Kalman Kolmogorov Koopman Kronecker Krylov Kubernetes Lagrange Lagrangian
    Langevin Laplace Laplacian Legendre Linux Lipschitz Llama Lyapunov Mahalanobis Mamba Markov
    Markovian Megatron Mistral Mixtral Monte Muon Nash Nesterov Neumann Newton Newtonian Nvidia
    Nyström Pareto Penrose Poisson Python Qualcomm Qwen Rademacher Raspberry Riemann Riemannian Rust
    Schatten Schrödinger Shannon Shapley Sinkhorn Sobolev Stackelberg Stein Stiefel Strassen Taylor
    Thompson Toeplitz Triton Turing Vandermonde Verilog Wasserstein Whisper Wiener Winograd Zipf
    Africa African America American Arabic Asia Asian Basque Bengali Cantonese Catalan China Chinese
    Czech Danish Dutch Egyptian England English Estonian Europe European Finnish France French
    German Germany Greek Hebrew Hindi Hungarian Icelandic India Indian Indic Indonesian Irish
    Italian Italy Japan Japanese Kazakh Korea Korean Latin Latvian Lithuanian Mandarin Marathi
    Nepali Nordic Norwegian Persian Poland Polish Portuguese Romanian Russia Russian Sanskrit
    Scandinavian Serbian Sinhala Slavic Slovak Slovenian Spanish Swahili Swedish Swiss Switzerland
    Tamil Telugu Thai Tibetan Turkish Ukrainian Urdu Uzbek Vietnam Vietnamese Welsh Yoruba
    """.split()  # noqa: SIM905 - a paragraph is easier to look over than two hundred quoted words
)


@cache
def _encoder() -> UnicodeToLatexEncoder:
    from pylatexenc.latexencode import UnicodeToLatexEncoder

    return UnicodeToLatexEncoder(
        non_ascii_only=True,
        replacement_latex_protection="braces-all",
        unknown_char_policy="keep",
        unknown_char_warning=False,
    )


def encode(text: str) -> str:
    """Give plain text as TeX that shows it; what TeX has no command for stays as it is.

    Parameters
    ----------
    text : str
        One line, without control characters.

    Returns
    -------
    str
        With balanced braces; commands stand in braces of their own.
    """
    if text.isascii() and text.isalnum():
        return text
    parts = []
    for found in _PIECE.finditer(unicodedata.normalize("NFC", text)):
        piece = found[0]
        if found["raised"]:
            parts.append(f"{{$^{{{''.join(_RAISED[sign] for sign in piece)}}}$}}")
        elif found["lowered"]:
            parts.append(f"{{$_{{{''.join(_LOWERED[sign] for sign in piece)}}}$}}")
        else:
            parts.append(_sign(piece))
    return "".join(parts)


@cache
def _sign(piece: str) -> str:
    """Encode a stretch of plain letters, or one sign with the marks above and below it."""
    if piece in _SIGNS:
        return _SIGNS[piece]
    if piece.isascii():
        return piece
    sign = str(_encoder().unicode_to_latex(piece[0])).replace(r"\mathscr", r"\mathcal")
    if sign == piece[0] or len(piece) > 1:
        base, *marks = list(unicodedata.normalize("NFD", piece))
        if base.isascii() and marks and all(mark in _MARKS for mark in marks):
            sign = _sign(base)
            for mark in marks:
                sign = f"{{\\{_MARKS[mark]}{{{sign}}}}}"
            return sign
        sign += piece[1:]
    flat = unicodedata.normalize("NFKC", piece)
    # A full-width colon or a bold letter has no command but a plain form.
    return encode(flat) if sign == piece and flat.isascii() else sign
