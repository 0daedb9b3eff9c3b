"""Files that are written whole or not at all."""

from __future__ import annotations

import errno
import os
import secrets
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from typing import BinaryIO

from isingrg._shared.warn import warn

Path = str | os.PathLike[str]


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file beside `path`, brings it to the disk, and renames it to `path`.

    The permissions, the extended attributes and, where that is allowed, the owner of a file that is
    there are kept.

    Warns
    -----
    RuntimeWarning
        If that file has further names (hard links), which stay with the old content, or an owner
        that the new one cannot have.
    """
    with _naming(path):
        _replace(_place(path), content)


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Errors name the file of the user, not one that stands in for it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror or str(error), os.fspath(path)) from None


def _replace(path: str, content: bytes) -> None:
    old = _status(path)
    mode = 0o666 if old is None else 0o600  # until it has what the old one has
    temporary = f"{path}.{secrets.token_hex(4)}.tmp"

    def fill(file: BinaryIO) -> None:
        if old is not None:
            _inherit(file.fileno(), path, old)
        file.write(content)
        file.flush()
        os.fsync(file.fileno())

    try:
        try:
            _write_unnamed(temporary, mode, fill)
        except OSError:  # not every file system can; if it is something else, this fails as well
            with open(temporary, "xb", opener=partial(os.open, mode=mode)) as file:
                fill(file)
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


@contextmanager
def open_file(path: Path) -> Iterator[BinaryIO]:
    """A regular file to be read; an OSError for others, some of which would keep one waiting."""
    with open(location(path), "rb", opener=_without_waiting) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "this is not a regular file", os.fspath(path))
        yield file


def _without_waiting(path: str, flags: int) -> int:
    return os.open(path, flags | os.O_NONBLOCK)


def location(path: Path) -> str:
    """Where a file is, through links; an OSError also where no file could be."""
    try:
        return os.path.realpath(os.fsdecode(path))
    except ValueError as error:  # null bytes, halves of surrogate pairs
        raise OSError(errno.EINVAL, f"this is not a path ({error})", ascii(path)) from None


def _place(path: Path) -> str:
    """Where the file is: links stay and what they point to is replaced, but only ever a file."""
    path = location(path)
    folder = os.path.dirname(path)
    try:
        os.stat(os.path.join(folder, ""))
    except FileNotFoundError as error:
        reason = f"the folder {folder!r} does not exist"
        raise FileNotFoundError(error.errno, reason, path) from None
    except NotADirectoryError as error:
        raise NotADirectoryError(error.errno, f"{folder!r} is no folder", path) from None
    if os.path.islink(path):
        raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), path)
    if os.path.isdir(path):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), path)
    if os.path.exists(path) and not os.path.isfile(path):  # root can replace even /dev/null
        raise OSError(errno.EINVAL, "this is not a regular file, so it is not replaced", path)
    if os.path.exists(path) and not os.access(path, os.W_OK, effective_ids=True):
        raise PermissionError(errno.EACCES, "this file is write-protected", path)
    return path


def _status(path: str) -> os.stat_result | None:
    try:
        status = os.stat(path)
    except FileNotFoundError:
        return None
    if status.st_nlink > 1:
        warn(
            f"{path!r} is one of {status.st_nlink} names of a file (hard links); it becomes a file "
            "of its own, and the other names keep the old content",
            RuntimeWarning,
        )
    return status


def _write_unnamed(path: str, mode: int, fill: Callable[[BinaryIO], None]) -> None:
    """A file that gets its name when it is complete: killed before, a process leaves nothing."""
    descriptor = os.open(os.path.dirname(path), os.O_TMPFILE | os.O_WRONLY, mode)
    with open(descriptor, "wb") as file:
        fill(file)
        # Given a folder, os.link follows the link that stands for the open file.
        os.link(f"/proc/self/fd/{descriptor}", path, src_dir_fd=descriptor)


def _inherit(descriptor: int, path: str, old: os.stat_result) -> None:
    with suppress(OSError):  # not every file system has them
        for name in os.listxattr(path):
            with suppress(OSError):
                os.setxattr(descriptor, name, os.getxattr(path, name))
    new = os.fstat(descriptor)
    if new.st_gid != old.st_gid:
        with suppress(PermissionError):
            os.fchown(descriptor, -1, old.st_gid)
    if new.st_uid != old.st_uid:
        try:
            os.fchown(descriptor, old.st_uid, -1)
        except PermissionError:
            warn(f"{path!r} belonged to another user, and does not any more", RuntimeWarning)
    os.fchmod(descriptor, stat.S_IMODE(old.st_mode))


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
    with _naming(path), tempfile.TemporaryFile(dir=os.path.dirname(_place(path))):
        pass
