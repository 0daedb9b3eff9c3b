"""Files that are written whole or not at all, and leave nothing behind."""

import os
import secrets
import tempfile
from contextlib import suppress

Path = str | os.PathLike[str]


def replace_file(path: Path, content: bytes) -> None:
    """Writes a file beside `path`, brings it to the disk, and renames it to `path`."""
    path = os.path.realpath(os.fspath(path))  # through links: the file is replaced, not the link
    temporary = f"{path}.{secrets.token_hex(4)}.tmp"
    try:
        with open(temporary, "xb", opener=_open_unnamed) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            if not os.path.lexists(temporary):
                # Given a folder, os.link follows the link that stands for the open file.
                os.link(f"/proc/self/fd/{file.fileno()}", temporary, src_dir_fd=file.fileno())
        os.replace(temporary, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    _sync_folder(os.path.dirname(path))


def _open_unnamed(path: str, flags: int) -> int:
    """A file without a name, of which nothing is left when the process is killed.

    Where there are none, as on file systems over the network, it has the name from the start.
    """
    if os.path.isdir("/proc/self/fd"):
        with suppress(OSError):
            return os.open(os.path.dirname(path), os.O_TMPFILE | os.O_WRONLY, 0o666)
    return os.open(path, flags, 0o666)


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
    path = os.path.realpath(os.fspath(path))
    if os.path.isdir(path):
        raise IsADirectoryError(21, os.strerror(21), path)
    with tempfile.TemporaryFile(dir=os.path.dirname(path)):
        pass
