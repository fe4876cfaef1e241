"""What LaTeX commands stand for in Unicode: the signs that titles and abstracts use."""

from __future__ import annotations

from typing import NamedTuple

__all__ = [
    "ACCENTS",
    "DROPPED",
    "FUNCTIONS",
    "LAST_ARGUMENT",
    "SIGNS",
    "STYLES",
    "SUBSCRIPTS",
    "SUPERSCRIPTS",
    "TEXT_SIGNS",
    "LetterStyle",
]


class LetterStyle(NamedTuple):
    """How a command with one argument shows it.

    Attributes
    ----------
    tag : str
        The HTML tag around it; empty for none.
    alphabet : str
        The name of its alphabet in Unicode, as in "MATHEMATICAL SCRIPT CAPITAL O"; empty for none.
    math : bool
        Whether what it holds is still a formula.
    """

    tag: str
    alphabet: str = ""
    math: bool = False


#: Accent command: combining character.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "r": "\u030a",
    "k": "\u0328", "d": "\u0323", "b": "\u0331", "hat": "\u0302", "tilde": "\u0303",
    "bar": "\u0304", "dot": "\u0307", "ddot": "\u0308", "vec": "\u20d7", "check": "\u030c",
    "breve": "\u0306", "acute": "\u0301", "grave": "\u0300", "mathring": "\u030a",
    "widehat": "\u0302", "widetilde": "\u0303", "not": "\u0338",
}  # fmt: skip

#: Command with one argument that changes its letters.
STYLES = {
    "emph": LetterStyle("em"), "textit": LetterStyle("em"), "textsl": LetterStyle("em"),
    "textbf": LetterStyle("strong"), "texttt": LetterStyle("code"),
    "mathit": LetterStyle("i", math=True), "mathtt": LetterStyle("code", math=True),
    "mathbf": LetterStyle("strong", math=True), "boldsymbol": LetterStyle("strong", math=True),
    "bm": LetterStyle("strong", math=True), "pmb": LetterStyle("strong", math=True),
    "mathcal": LetterStyle("", "SCRIPT", math=True),
    "mathscr": LetterStyle("", "SCRIPT", math=True),
    "mathbb": LetterStyle("", "DOUBLE-STRUCK", math=True),
    "mathfrak": LetterStyle("", "FRAKTUR", math=True),
    "frak": LetterStyle("", "FRAKTUR", math=True),
    "Bbb": LetterStyle("", "DOUBLE-STRUCK", math=True),
} | {
    name: LetterStyle("")
    for name in ("text", "textrm", "textsc", "textsf", "textnormal", "textup", "textmd", "mbox",
                 "hbox", "url", "nolinkurl", "path", "lowercase", "uppercase")
} | {
    name: LetterStyle("", math=True)
    for name in ("mathrm", "mathsf", "mathnormal", "operatorname", "underline", "overline",
                 "boxed", "fbox", "mathop", "mathbin", "mathrel")
}  # fmt: skip

#: Command whose arguments nobody reads: how many.
DROPPED = {
    "footnote": 1, "footnotemark": 0, "thanks": 1, "label": 1, "cite": 1, "citep": 1, "citet": 1,
    "color": 1, "vspace": 1, "hspace": 1, "begin": 1, "end": 1, "includegraphics": 1, "fontsize": 2,
    "phantom": 1, "vphantom": 1, "hphantom": 1, "mkern": 0,
}  # fmt: skip

#: Command of several arguments of which the last one is read: how many.
LAST_ARGUMENT = {
    "href": 2, "textcolor": 2, "colorbox": 2, "raisebox": 2, "scalebox": 2, "resizebox": 3,
    "texorpdfstring": 2, "stackrel": 2, "overset": 2, "underset": 2,
}  # fmt: skip

FUNCTIONS = frozenset(
    ("log", "ln", "exp", "min", "max", "arg", "argmin", "argmax", "sin", "cos", "tan", "tanh",
     "lim", "limsup", "liminf", "sup", "inf", "det", "dim", "ker", "Pr", "gcd", "deg", "mod",
     "softmax", "sinh", "cosh", "lg", "hom", "cot", "sec", "arctan", "arcsin", "arccos")
)  # fmt: skip

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω", "Upsilon": "Υ", "varsigma": "ς", "varrho": "ϱ",
    "varpi": "ϖ", "varkappa": "ϰ", "omicron": "ο", "digamma": "ϝ",
}  # fmt: skip

#: Command without arguments: what to show.
SIGNS = _GREEK | {
    "times": "×", "cdot": "·", "cdots": "⋯", "ldots": "…", "dots": "…", "pm": "±", "mp": "∓",
    "approx": "≈", "sim": "∼", "simeq": "≃", "leq": "≤", "le": "≤", "geq": "≥", "ge": "≥",
    "leqslant": "≤", "geqslant": "≥", "neq": "≠", "ne": "≠", "ll": "≪", "gg": "≫", "equiv": "≡",
    "propto": "∝", "infty": "∞", "sum": "∑", "prod": "∏", "int": "∫", "partial": "∂", "nabla": "∇",
    "in": "∈", "notin": "∉", "subset": "⊂", "subseteq": "⊆", "cup": "∪", "cap": "∩",
    "emptyset": "∅",
    "forall": "∀", "exists": "∃", "to": "→", "rightarrow": "→", "Rightarrow": "⇒", "leftarrow": "←",
    "leftrightarrow": "↔", "mapsto": "↦", "uparrow": "↑", "downarrow": "↓", "ell": "ℓ", "circ": "∘",
    "star": "⋆", "ast": "∗", "oplus": "⊕", "otimes": "⊗", "odot": "⊙", "langle": "⟨",
    "rangle": "⟩", "lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉", "mid": "|",
    "vert": "|",
    "Vert": "‖", "|": "‖", "dagger": "†", "ddagger": "‡", "S": "§", "P": "¶", "copyright": "©",
    "degree": "°", "bullet": "•", "checkmark": "✓", "textendash": "–", "textemdash": "—",
    "textasciitilde": "~", "textbackslash": "\\", "textregistered": "®", "texttrademark": "™",
    "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å", "AA": "Å", "o": "ø", "O": "Ø",
    "l": "ł", "L": "Ł", "i": "\u0131", "j": "j", "LaTeX": "LaTeX", "TeX": "TeX",
    "%": "%", "$": "$", "&": "&", "#": "#", "_": "_", "{": "{", "}": "}", "\\": " ", " ": " ",
    ",": "\u2009", ";": " ", ":": " ", "!": "", "-": "", "/": "", "quad": " ", "qquad": " ",
    "left": "", "right": "", "big": "", "Big": "", "bigl": "", "bigr": "", "displaystyle": "",
    "limits": "", "nolimits": "", "xspace": "", "it": "", "bf": "", "tt": "", "rm": "", "em": "",
    "sc": "", "sf": "", "cal": "", "small": "", "large": "", "Large": "", "LARGE": "", "huge": "",
    "tiny": "", "footnotesize": "", "scriptsize": "", "normalsize": "", "textstyle": "",
    "scriptstyle": "", "bfseries": "", "itshape": "", "ttfamily": "", "scshape": "",
    "rmfamily": "", "sffamily": "", "protect": "", "noindent": "", "centering": "",
    "newline": " ", "linebreak": " ", "par": " ", "thinspace": "\u2009", "enspace": " ",
    "middle": "", "biggl": "", "biggr": "", "Bigl": "", "Bigr": "", "bigg": "", "Bigg": "",
    "wedge": "∧", "vee": "∨", "land": "∧", "lor": "∨", "neg": "¬", "lnot": "¬", "perp": "⊥",
    "bot": "⊥", "top": "⊤", "parallel": "∥", "setminus": "∖", "backslash": "\\", "prime": "′",
    "hbar": "ħ", "Re": "ℜ", "Im": "ℑ", "aleph": "ℵ", "wp": "℘", "supset": "⊃", "supseteq": "⊇",
    "subsetneq": "⊊", "sqcup": "⊔", "sqcap": "⊓", "sqsubseteq": "⊑", "prec": "≺", "succ": "≻",
    "preceq": "⪯", "succeq": "⪰", "lesssim": "≲", "gtrsim": "≳", "cong": "≅", "doteq": "≐",
    "asymp": "≍", "ni": "∋", "Leftrightarrow": "⇔", "iff": "⇔", "implies": "⇒", "Leftarrow": "⇐",
    "longrightarrow": "⟶", "longleftarrow": "⟵", "longleftrightarrow": "⟷", "gets": "←",
    "hookrightarrow": "↪", "rightsquigarrow": "⇝", "leadsto": "⇝", "nearrow": "↗",
    "searrow": "↘", "swarrow": "↙", "nwarrow": "↖", "Uparrow": "⇑", "Downarrow": "⇓",
    "updownarrow": "↕", "circlearrowleft": "↺", "circlearrowright": "↻",
    "rightleftharpoons": "⇌", "rightleftarrows": "⇄", "leftrightarrows": "⇆", "bigoplus": "⨁",
    "bigotimes": "⨂", "bigcup": "⋃", "bigcap": "⋂", "bigwedge": "⋀", "bigvee": "⋁", "div": "÷",
    "ominus": "⊖", "boxplus": "⊞", "ltimes": "⋉", "rtimes": "⋊", "bowtie": "⋈", "Join": "⋈",
    "diamond": "⋄", "Diamond": "◇", "bigstar": "★", "bigcirc": "◯", "vdash": "⊢", "models": "⊨",
    "vDash": "⊨", "dashv": "⊣", "colon": ":", "coloneqq": "≔", "triangleq": "≜", "lbrace": "{",
    "rbrace": "}", "lbrack": "[", "rbrack": "]", "lvert": "|", "rvert": "|", "lVert": "‖",
    "rVert": "‖", "lt": "<", "gt": ">", "less": "<", "dotsc": "…", "dotsb": "⋯", "dotsm": "⋯",
    "vdots": "⋮", "ddots": "⋱", "triangle": "△", "triangleleft": "◁", "triangleright": "▷",
    "blacktriangle": "▲", "square": "□", "Box": "□", "blacksquare": "■", "heartsuit": "♡",
    "spadesuit": "♠", "clubsuit": "♣", "diamondsuit": "♢", "sharp": "♯", "flat": "♭",
    "natural": "♮", "angle": "∠", "oint": "∮", "iint": "∬", "coprod": "∐", "amalg": "⨿",
    "imath": "\u0131", "jmath": "\u0237", "eth": "ð", "dag": "†", "ddag": "‡", "pounds": "£",
    "euro": "€", "texteuro": "€", "textmu": "µ", "textdegree": "°", "textquoteright": "’",
    "textquoteleft": "‘", "textquotesingle": "'", "textquotedblleft": "“",
    "textquotedblright": "”", "textquotedbl": '"', "textbar": "|", "textless": "<",
    "textgreater": ">", "textunderscore": "_", "textasciicircum": "^", "textdollar": "$",
    "textbraceleft": "{", "textbraceright": "}", "textellipsis": "…", "textbullet": "•",
    "textperiodcentered": "·", "texttimes": "×", "textpm": "±", "textrightarrow": "→",
    "textleftarrow": "←", "textexclamdown": "¡", "textquestiondown": "¿", "textsection": "§",
    "textcopyright": "©", "circledR": "®", "BibTeX": "BibTeX", "LaTeXe": "LaTeX2ε",
    "SS": "ẞ", "th": "þ", "TH": "Þ", "dh": "ð", "DH": "Ð", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "NG": "Ŋ", "lnsim": "⋦", "nmid": "∤", "ntrianglelefteq": "⋬", "varnothing": "∅",
    "complement": "∁", "percent": "%", "bmod": " mod ", "scriptscriptstyle": "",
    "nonumber": "", "smash": "", "thicksim": "∼", "varTheta": "Θ", "varSigma": "Σ", "varPhi": "Φ",
    "varOmega": "Ω", "varGamma": "Γ", "varDelta": "Δ", "varLambda": "Λ", "ie": "i.e.", "eg": "e.g.",
    "ulcorner": "⌜", "urcorner": "⌝",
}  # fmt: skip

#: What means something else outside of formulas: arXiv writes the degree sign so.
TEXT_SIGNS = {"deg": "°"}

#: Characters that Unicode has raised and lowered.
SUPERSCRIPTS = dict(
    zip(
        "0123456789+-\N{MINUS SIGN}=()abcdefghijklmnoprstuvwxyzABDEGHIJKLMNOPRTUVWβγδθφχ",
        "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᴬᴮᴰᴱᴳᴴᴵᴶᴷᴸᴹᴺᴼᴾᴿᵀᵁⱽᵂᵝᵞᵟᶿᵠᵡ",
        strict=True,
    )
)
SUBSCRIPTS = dict(
    zip(
        "0123456789+-\N{MINUS SIGN}=()aehijklmnoprstuvxβγρφχ",
        "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓᵦᵧᵨᵩᵪ",
        strict=True,
    )
)
