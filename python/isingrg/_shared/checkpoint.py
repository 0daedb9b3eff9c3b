"""Where a training keeps its model while it runs."""

from __future__ import annotations

import dataclasses
import os
from collections.abc import Callable

from isingrg._shared.files import Path, check_writable
from isingrg._shared.storage import Format


@dataclasses.dataclass(frozen=True)
class Checkpoint:
    """A file that gets the model after every so many steps or epochs, and at the end."""

    path: Path
    every: int

    @classmethod
    def checked(cls, path: Path, every: int) -> Checkpoint:
        """What would keep the file from being written is raised now."""
        Format.check_available()
        check_writable(path)
        return cls(path, every)

    def write(
        self, save: Callable[[Path], None], error: BaseException | None
    ) -> BaseException | None:
        """Saves the model of a training that goes on, or that this error ends.

        What ends the training then: the error, or else what kept the file from being written.
        """
        try:
            save(self.path)
        except KeyboardInterrupt as stopped:
            if error is None:  # the steps that are done are to be in the file all the same
                return self.write(save, stopped)
            self._note(error, stopped)
        except Exception as failure:
            error = failure if error is None else error
            self._note(error, failure)
        return error

    def _note(self, error: BaseException, failure: BaseException) -> None:
        cause = "" if failure is error else f" ({type(failure).__name__}: {failure})"
        error.add_note(
            f"isingrg: the checkpoint {os.fspath(self.path)!r} could not be written{cause}; "
            "the file is the last one that could"
        )
