"""How fast a large layer goes into the registry and out of it."""

import hashlib
import os
import pathlib
import statistics
import tempfile
import time
import urllib.parse

from harness import images, tools
from harness.installation import Installation

TITLE = "Registry: a large layer in and out"
MIB = 512
ROUNDS = 5
METHOD = (
    f"curl pushes {MIB} MiB of random bytes in one request and pulls them again, {ROUNDS} times, over HTTP on loopback; medians. A push is hashed, encrypted, "
    "written and synced before it is answered; a pull is decrypted and checked, from a file that the page cache holds. Client and server share the cores. "
    "Beside it what the disk alone takes: dd of the same bytes with a sync at the end."
)
COLUMNS = ("what", "MiB/s", "seconds")


def run():
    with Installation() as wharf, tempfile.TemporaryDirectory(dir=wharf.data.parent) as folder:
        wharf.start(node=False)
        images.ensure_repository(wharf, "bench")
        return measure(f"http://localhost:{wharf.port}/v2/bench/", wharf.registry_password(), pathlib.Path(folder))


def measure(base, password, folder):
    """Rows for the repository at `base`."""
    taken = {"push": [], "pull": [], "disk alone": []}
    content, copy = folder / "content", folder / "copy"
    for _ in range(ROUNDS):
        digest = hashlib.sha256()
        with content.open("wb") as file:
            for _ in range(MIB):
                piece = os.urandom(1 << 20)
                digest.update(piece)
                file.write(piece)
        os.sync()
        name = f"sha256:{digest.hexdigest()}"
        ask = ["curl", "--silent", "--show-error", "--fail", "--user", f"AWS:{password}"]
        opened = tools.run(*ask, "--request", "POST", "--write-out", "%header{location}", f"{base}blobs/uploads/").stdout
        url = urllib.parse.urljoin(base, opened.strip())
        url += f"{'&' if '?' in url else '?'}digest={urllib.parse.quote(name)}"
        taken["push"].append(_timed(*ask, "--upload-file", content, "--output", "/dev/null", url))
        taken["pull"].append(_timed(*ask, "--output", "/dev/null", f"{base}blobs/{name}"))
        taken["disk alone"].append(_timed("dd", f"if={content}", f"of={copy}", "bs=1M", "conv=fdatasync", "status=none"))
        copy.unlink()
    return [(what, f"{MIB / statistics.median(times):,.0f}", f"{statistics.median(times):.2f}") for what, times in taken.items()]


def _timed(*command):
    begun = time.monotonic()
    tools.run(*command)
    return time.monotonic() - begun
