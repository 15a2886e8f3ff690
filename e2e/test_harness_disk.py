"""The search for secrets on the disk finds what is there."""

import os

from harness import disk

NEEDLE = b"what nobody may find"


def test_a_needle_is_found_wherever_it_lies(tmp_path):
    at = {"start": 0, "border": disk.PIECE - 5, "sparse": 8 << 30, "end of a hole": (8 << 30) + disk.PIECE - 1}
    for name, offset in at.items():
        with open(tmp_path / name, "wb") as file:
            file.truncate(16 << 30)
            file.seek(offset)
            file.write(NEEDLE)
    (tmp_path / "apart").write_bytes(NEEDLE[:10])
    (tmp_path / "empty").touch()
    os.symlink(tmp_path / "start", tmp_path / "link")
    found = disk.files_with(tmp_path, b"something else", NEEDLE)
    assert sorted(path.name for path in found) == sorted(at)
    assert disk.files_with(tmp_path, b"something else") == []
