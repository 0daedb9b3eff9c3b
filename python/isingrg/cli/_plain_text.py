"""Formulas of notebooks as a terminal can show them."""

from __future__ import annotations

import re
import unicodedata

#: Commands of LaTeX that are no Greek letters.
_SYMBOLS = {
    "lvert": "|", "rvert": "|", "oplus": "⊕", "pm": "±", "times": "\u00d7", "cdot": "·", "to": "→",
    "approx": "≈", "sim": "~", "le": "≤", "leq": "≤", "ge": "≥", "geq": "≥", "ne": "≠", "in": "∈",
    "infty": "∞", "partial": "∂", "langle": "⟨", "rangle": "⟩", "ell": "l", "sqrt": "√",
    "rm": "", "mathrm": "", "text": "", "operatorname": "", "left": "", "right": "", "bar": "",
    "hat": "", "tilde": "", "vec": "", "quad": " ",
}  # fmt: skip


def plain_text(text: str) -> str:
    r"""A text with its formulas written out: "$\lvert\lambda_{RG}\rvert$" as |λ_RG|.

    Markdown's stars for bold words go, too.
    """
    formulas = re.sub(r"\$([^$]*)\$", lambda found: _formula(found[1]), text)
    return formulas.replace("**", "")


def _formula(text: str) -> str:
    text = re.sub(r"\\frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2", text)
    text = re.sub(r"\\([A-Za-z]+)", lambda found: _symbol(found[1]), text)
    text = re.sub(r"\\[,;!: ]", " ", text)
    return re.sub(r" +", " ", text.replace("{", "").replace("}", "").replace("\\", ""))


def _symbol(name: str) -> str:
    if name in _SYMBOLS:
        return _SYMBOLS[name]
    size = "SMALL" if name.islower() else "CAPITAL"
    # Unicode has the letter as "lamda".
    letter = {"lambda": "lamda"}.get(name.lower(), name.lower())
    try:
        return unicodedata.lookup(f"GREEK {size} LETTER {letter.upper()}")
    except KeyError:
        return name
