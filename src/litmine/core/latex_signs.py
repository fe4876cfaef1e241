"""What LaTeX commands stand for in Unicode: the signs that titles and abstracts use."""

from __future__ import annotations

__all__ = ["ACCENTS", "FUNCTIONS", "SIGNS", "STYLES"]

#: Accent command: combining character.
ACCENTS = {
    "'": "\u0301", "`": "\u0300", '"': "\u0308", "^": "\u0302", "~": "\u0303", "=": "\u0304",
    ".": "\u0307", "c": "\u0327", "v": "\u030c", "u": "\u0306", "H": "\u030b", "r": "\u030a",
    "k": "\u0328", "hat": "\u0302", "tilde": "\u0303", "bar": "\u0304", "dot": "\u0307",
    "ddot": "\u0308", "vec": "\u20d7",
}  # fmt: skip

#: Command with one argument: the tag around it; empty for none.
STYLES = {
    "emph": "em", "textit": "em", "textsl": "em", "mathit": "i", "textbf": "strong",
    "mathbf": "strong", "boldsymbol": "strong", "bm": "strong", "texttt": "code", "mathtt": "code",
    "text": "", "textrm": "", "mathrm": "", "textsc": "", "textsf": "", "mathsf": "", "mathcal": "",
    "mathscr": "", "mathbb": "", "mathfrak": "", "operatorname": "", "mbox": "", "url": "",
    "textnormal": "", "underline": "", "overline": "",
}  # fmt: skip

FUNCTIONS = frozenset(
    ("log", "ln", "exp", "min", "max", "arg", "argmin", "argmax", "sin", "cos", "tan", "tanh",
     "lim", "sup", "inf", "det", "dim", "ker", "Pr", "gcd", "deg", "mod", "softmax")
)  # fmt: skip

_GREEK = {
    "alpha": "α", "beta": "β", "gamma": "γ", "delta": "δ", "epsilon": "ε", "varepsilon": "ε",
    "zeta": "ζ", "eta": "η", "theta": "θ", "vartheta": "ϑ", "iota": "ι", "kappa": "κ",
    "lambda": "λ", "mu": "μ", "nu": "ν", "xi": "ξ", "pi": "π", "rho": "ρ", "sigma": "σ",
    "tau": "τ", "upsilon": "υ", "phi": "φ", "varphi": "φ", "chi": "χ", "psi": "ψ", "omega": "ω",
    "Gamma": "Γ", "Delta": "Δ", "Theta": "Θ", "Lambda": "Λ", "Xi": "Ξ", "Pi": "Π", "Sigma": "Σ",
    "Phi": "Φ", "Psi": "Ψ", "Omega": "Ω",
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
    "sc": "", "small": "", "large": "",
}  # fmt: skip
