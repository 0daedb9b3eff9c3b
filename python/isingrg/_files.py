"""Files that are written whole or not at all, and leave nothing behind."""

import errno
import os
import secrets
import tempfile
from contextlib import suppress
from typing import BinaryIO

Path = str | os.PathLike[str]


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file beside `path`, brings it to the disk, and renames it to `path`."""
    path = _place(path)
    temporary = f"{path}.{secrets.token_hex(4)}.tmp"
    try:
        try:
            _write_unnamed(temporary, content)
        except OSError:  # not every file system can; if it is something else, this fails as well
            with open(temporary, "xb") as file:
                _write(file, content)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


def location(path: Path) -> str:
    """Where a file is, through links; an OSError also where no file could be."""
    try:
        return os.path.realpath(os.fsdecode(path))
    except ValueError as error:  # null bytes, halves of surrogate pairs
        raise OSError(errno.EINVAL, f"this is no path ({error})", ascii(path)) from None


def _place(path: Path) -> str:
    """Where the file is: links stay and what they point to is replaced, but only ever a file."""
    path = location(path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if os.path.exists(path) and not os.path.isfile(path):  # root can replace even /dev/null
        raise OSError(errno.EINVAL, "this is no regular file, so that it is not replaced", path)
    return path


def _write_unnamed(path: str, content: bytes) -> None:
    """A file that gets its name when it is complete: a killed process leaves nothing behind."""
    descriptor = os.open(os.path.dirname(path), os.O_TMPFILE | os.O_WRONLY, 0o666)
    with open(descriptor, "wb") as file:
        _write(file, content)
        # Given a folder, os.link follows the link that stands for the open file.
        os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)


def _write(file: BinaryIO, content: bytes) -> None:
    file.write(content)
    file.flush()
    os.fsync(file.fileno())


def _sync_folder(folder: str) -> None:
    """Makes the renaming itself survive a power failure, where the system can do that."""
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def check_writable(path: Path) -> None:
    """Raises the OSError that `replace_file` would, before the work whose result it is to keep."""
    with tempfile.TemporaryFile(dir=os.path.dirname(_place(path))):
        pass
