"""What all notebooks share: the look of figures, tables, verdicts and comparisons."""

import base64
import math
import os
import tempfile
from pathlib import Path

import numpy as np
from IPython.display import HTML, Markdown, display

import isingrg
from isingrg import statistics
from isingrg.plot import _style as style

#: Whether to take fewer models, samples and points, as tests and `isingrg reproduce` do.
FAST = bool(os.environ.get("ISINGRG_FAST"))
#: Colour of published numbers; ours have other colours.
GREY = "#777777"
#: The type of the output by which programs read the summary in the last cell of a notebook.
SUMMARY_TYPE = "application/vnd.isingrg.summary+json"

#: A verdict on what no paper claims.
OWN = "our own question"
VERDICT = {True: "holds", False: "**does not hold**", None: "not decided", OWN: OWN}
_verdicts, _comparisons = [], []
_look = style.styled()  # a global, because the look ends when this object is collected


def _show_figures_as_pdf_too():
    """Add PDF to the figures, and set their dots per inch, for `isingrg reproduce`."""
    from IPython import get_ipython
    from matplotlib_inline.config import InlineBackend

    backend = InlineBackend.instance(parent=get_ipython())
    backend.print_figure_kwargs = {"bbox_inches": None, "dpi": float(os.environ["ISINGRG_DPI"])}
    backend.figure_formats = {"png", "pdf"}


def begin():
    """Set the common look for the whole notebook; print the version and the number of threads."""
    _look.__enter__()  # never left: each notebook has a process of its own
    if "ISINGRG_DPI" in os.environ:
        _show_figures_as_pdf_too()
    print(f"isingrg {isingrg.__version__}, {isingrg.get_num_threads()} threads")


def panels(height, *args, **kwargs):
    """Return a figure of page width and its axes."""
    figure = style.figure(height)
    axes = figure.subplots(*args, **kwargs)
    figure.set_layout_engine("constrained")
    return figure, axes


def picture(*axes):
    """Make axes hold a drawing: equal scales and no frame."""
    for ax in axes:
        ax.set_aspect("equal")
        ax.axis("off")


def show_animation(animation, description):
    """Show a matplotlib animation as a GIF within the page, which needs nothing from a network."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "animation.gif")
        animation.save(path, writer="pillow")
        content = base64.b64encode(path.read_bytes()).decode()
    display(HTML(f'<img alt="{description}" src="data:image/gif;base64,{content}">'))


def _markdown(head, rows):
    return "\n".join(["| " + " | ".join(head) + " |", "|---" * len(head) + "|", *rows])


def table(head, rows):
    display(Markdown(_markdown(head, rows)))


def with_error(mean, error):
    """Write mean ± error with two digits of the error."""
    digits = max(0, 1 - math.floor(math.log10(error))) if error > 0 else 6
    return f"{mean:.{digits}f} ± {error:.{digits}f}"


def judge(*claims):
    """Show and note claims, a line for each.

    Each is (place, claim, verdict, measured) or, with what was tested and its threshold,
    (place, claim, verdict, measured, test). The verdict is true, false, None where the data leave
    it open, or `OWN`.
    """
    judged = [_judged(*claim) for claim in claims]
    _verdicts.extend(judged)
    tested = any(claim["test"] for claim in judged)
    keys = ["place", "claim", *(["test"] if tested else []), "verdict", "measured"]
    names = {"claim": "the paper claims"}
    table(
        [names.get(key, key) for key in keys],
        [f"| {' | '.join(claim[key] for key in keys)} |" for claim in judged],
    )


def _judged(place, claim, verdict, measured, test=""):
    if verdict is not None and not isinstance(verdict, str):
        verdict = bool(verdict)
    return {
        "place": place,
        "claim": claim,
        "test": test,
        "holds": None if verdict == OWN else verdict,
        "verdict": VERDICT[verdict],
        "measured": measured,
    }


def _number(value):
    """Return a number for JSON, or None if it is missing or not finite."""
    return float(value) if value is not None and math.isfinite(value) else None


def median_and_error(values):
    """Median of the finite values and its bootstrap error, (None, None) without any, and None as error of one.

    The error of n values is too small by a factor of about sqrt(1 - 1 / n)."""
    values = np.asarray(values, dtype=float)
    values = values[np.isfinite(values)]
    if len(values) < 2:
        return (float(values[0]) if len(values) else None), None
    return statistics.bootstrap(np.median, values, resamples=2000)


def median_text(values):
    """Median and its error as text, "-" without finite values."""
    value, error = median_and_error(values)
    if value is None:
        return "-"
    return f"{value:.4f}" if error is None else with_error(value, error)


def compare(place, quantity, ours, *, error=None, published=None, exact_map=None, ising=None):
    """Note a number for the summary, None where there is none, with those to compare it with: the published
    one, that of the exact RG map, which a model is to learn, and that of the Ising model."""
    numbers = {"ours": ours, "error": error, "published": published, "exact_map": exact_map, "ising": ising}
    _comparisons.append(
        {"place": place, "quantity": quantity} | {k: _number(v) for k, v in numbers.items()}
    )


def _shown(value):
    return "-" if value is None else f"{value:.5g}"


def _ours(comparison):
    if comparison["ours"] is None:
        return "none"
    return with_error(comparison["ours"], comparison["error"]) if comparison["error"] else _shown(comparison["ours"])


def summary():
    """Show every compared number and every verdict, as tables and in a form for programs."""
    lines = [
        f"| {c['place']} | {c['quantity']} | {_ours(c)} | {_shown(c['published'])} | "
        f"{_shown(c['exact_map'])} | {_shown(c['ising'])} |"
        for c in _comparisons
    ]
    text = _markdown(["place", "quantity", "ours", "published", "exact RG map", "Ising model"], lines)
    if _verdicts:
        claims = [
            f"| {c['place']} | {c['claim']} | {c['verdict']} | {c['measured']} |" for c in _verdicts
        ]
        text += "\n\n" + _markdown(["place", "the paper claims", "verdict", "measured"], claims)
    claims = [claim | {"verdict": claim["verdict"].strip("*")} for claim in _verdicts]
    document = {"quantities": _comparisons, "claims": claims}
    display({"text/markdown": text, SUMMARY_TYPE: document}, raw=True)
