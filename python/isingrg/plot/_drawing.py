"""What every function of the module returns, and the axes that all of them draw in."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from isingrg._shared import arguments, files
from isingrg._shared.errors import ArgumentError
from isingrg.plot import _style

#: Inches: the height of a figure of curves, and the sides of one picture of a lattice.
CURVE_HEIGHT, PICTURE = 3.2, 2.8


@dataclass(frozen=True, eq=False)
class Drawing:
    """What a function of `isingrg.plot` drew.

    In a notebook, a drawing that made its own figure shows it.
    """

    #: The matplotlib figure.
    figure: Any
    #: The axes, or an array of them where there are several panels.
    ax: Any
    #: Whether the figure was made for this drawing.
    is_new: bool
    #: The matplotlib artists, by the names that the function lists.
    artists: dict[str, Any] = field(default_factory=dict)

    def save(self, path: files.Path, *, dpi: float = 200.0) -> None:
        """Write the figure to a file, whole or not at all.

        Parameters
        ----------
        path : str or path
            The format is that of its ending: .png, .pdf, .svg or another of matplotlib's.
        dpi : float
            Dots per inch of the formats with dots, 10 to 2400.

        Raises
        ------
        ArgumentError
            If matplotlib knows no such format.
        OSError
            If the file cannot be written.
        """
        ending = os.fspath(path).rpartition(".")[2].lower()
        known = self.figure.canvas.get_supported_filetypes()
        if ending not in known:
            raise ArgumentError(
                f"path must end in one of {', '.join('.' + name for name in sorted(known))}, "
                f"got {os.fspath(path)!r}"
            )
        dpi = arguments.finite("dpi", dpi, 10.0, 2400.0)
        files.replace_file(path, self._rendered(ending, dpi))

    def _rendered(self, form: str, dpi: float) -> bytes:
        content = io.BytesIO()
        with _style.styled():
            self.figure.savefig(content, format=form, dpi=dpi)
        return content.getvalue()

    def _repr_png_(self) -> bytes | None:
        # Axes that came from outside belong to a figure that somebody else shows.
        return self._rendered("png", 100.0) if self.is_new else None


@contextmanager
def drawing(
    ax: Any, height: float = CURVE_HEIGHT, width: float = _style.PAGE_WIDTH, panels: int = 1
) -> Iterator[Drawing]:
    """A drawing without artists, in the axes given or in those of a new figure, and the style."""
    with _style.styled():
        if ax is None:
            figure = _style.figure(height, width)
            axes = figure.subplots(1, panels, squeeze=False)[0]
            figure.set_layout_engine("constrained")
        else:
            axes = _given(ax, panels)
            figure = axes[0].get_figure()
        yield Drawing(figure, axes[0] if panels == 1 else axes, is_new=ax is None)


def _given(ax: Any, panels: int) -> Any:
    from matplotlib.axes import Axes

    given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
    if not all(isinstance(one, Axes) for one in given):
        raise TypeError(f"ax must be axes of matplotlib, not {type(ax).__name__}")
    if len(given) != panels:
        raise ArgumentError(f"ax must be {panels} axes, one for each panel, got {len(given)}")
    return given


def picture(ax: Any, values: Any, *, title: str = "", **settings: Any) -> Any:
    """A lattice as an image in a frame without ticks."""
    image = ax.imshow(values, interpolation="nearest", **settings)
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(True)
    if title:
        ax.set_title(title)
    return image
