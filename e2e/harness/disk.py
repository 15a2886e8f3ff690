"""What stands on the disk."""

import hashlib
import os
import pathlib


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
