"""What stands on the disk."""

import contextlib
import hashlib
import os
import pathlib
import stat

PIECE = 1 << 20


def used_bytes(folder):
    """The space that files below a folder take; files that vanish meanwhile count nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += (pathlib.Path(path) / name).lstat().st_blocks * 512
            except FileNotFoundError:
                continue
    return total


def sha256(path):
    """The digest of a file of any size, in hexadecimal."""
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        while piece := opened.read(1 << 20):
            digest.update(piece)
    return digest.hexdigest()


def files_with(folder, *needles):
    """Files below a folder that hold one of the needles; what is mounted there is not looked at, nor what is removed meanwhile."""
    found, device = [], os.lstat(folder).st_dev
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if os.lstat(os.path.join(parent, name)).st_dev == device]
        for path in (pathlib.Path(parent, name) for name in names):
            with contextlib.suppress(FileNotFoundError):
                seen = path.lstat()
                if stat.S_ISREG(seen.st_mode) and seen.st_dev == device and _holds(path, needles):
                    found.append(path)
    return found


def _holds(path, needles):
    # A needle may lie over the border of two pieces.
    kept, longest = b"", max(map(len, needles))
    with open(path, "rb", buffering=0) as opened:
        for start, end in _written(opened.fileno()):
            opened.seek(start)
            while start < end and (piece := opened.read(min(PIECE, end - start))):
                start += len(piece)
                piece = kept + piece
                if any(needle in piece for needle in needles):
                    return True
                kept = piece[1 - longest :] if longest > 1 else b""
    return False


def _written(file):
    """The parts of a file that were written: disks of tasks have many GiB of holes."""
    end = 0
    with contextlib.suppress(OSError):  # ENXIO: nothing but a hole is left.
        while True:
            start = os.lseek(file, end, os.SEEK_DATA)
            end = os.lseek(file, start, os.SEEK_HOLE)
            yield start, end
