"""How long a node takes to have an image, beside podman and docker, from the same registry."""

import os
import pathlib
import statistics
import tempfile
import time

from harness import images, tasks, tools
from harness.installation import Installation

from . import peers
from .cold_start import layers_of_files, layout

TITLE = "Pull and unpack of an image"
MIB = 1 << 20
LAYERS, SIZE = 4, int(os.environ.get("WHARF_BENCH_IMAGE_MIB", "300")) * MIB
ROUNDS = 3
METHOD = (
    f"An image of {SIZE // MIB} MiB of this machine's files in {LAYERS} layers (gzip, level 6) beside a small one, pulled from wharf's registry over loopback with a login, "
    f"{ROUNDS} rounds of all programs in turn; none has a layer of it before. wharf: DescribeTasks' pullStartedAt to pullStoppedAt of a task, all of it unpacked. podman "
    "(overlay) and docker (overlay2): `pull`, from exec to exit. Medians, and the slowest."
)
COLUMNS = ("program", "seconds", "slowest", "of wharf")


def run():
    took = {"wharf": [], "podman": [], "docker": []}
    with tempfile.TemporaryDirectory(prefix="wharf-bench-image-") as folder:
        files = layers_of_files(pathlib.Path(folder), SIZE, LAYERS)
        for number in range(ROUNDS):
            for program, seconds in _round(files, number).items():
                took[program].append(seconds)
    own = statistics.median(took["wharf"])
    return [
        (program, f"{statistics.median(each):.2f}", f"{max(each):.2f}", f"{statistics.median(each) / own:.2f}")
        for program, each in took.items()
    ]


def _round(files, number):
    with Installation() as wharf, tempfile.TemporaryDirectory(prefix="wharf-bench-", dir="/tmp") as folder:
        wharf.start()
        folder = pathlib.Path(folder)
        image = f"{images.ensure_repository(wharf, 'pulled')}:1"
        images.skopeo_copy(wharf, layout(folder / "layout", files, f"round-{number}"), f"docker://{image}")
        ways = [("wharf", _wharf), ("podman", _podman), ("docker", _docker)]
        # Who is first finds the machine as the push left it: they take turns.
        return {program: way(wharf, image, folder) for program, way in ways[number % 3 :] + ways[: number % 3]}


def _wharf(wharf, image, _):
    shown = tasks.run(wharf, image, command=["true"]).wait("STOPPED", 300)
    assert shown["containers"][0].get("exitCode") == 0, shown
    return (shown["pullStoppedAt"] - shown["pullStartedAt"]).total_seconds()


def _podman(wharf, image, folder):
    stores = ["--storage-driver", "overlay", "--root", folder / "store", "--runroot", folder / "run", "--tmpdir", folder / "tmp"]
    login = ["--tls-verify=false", "--creds", f"AWS:{wharf.registry_password()}"]
    took = _timed("podman", *stores, "pull", "--quiet", *login, image)
    tools.run("podman", *stores, "rmi", "--force", image)
    # Its store is a mount of its own, which would keep the folder.
    tools.run("umount", folder / "store" / "overlay", check=False)
    return took


def _docker(wharf, image, folder):
    with peers.dockerd() as (_, _, host):
        docker = ["docker", "--config", folder / "docker", "--host", host]
        tools.run(*docker, "login", "--username", "AWS", "--password-stdin", wharf.registry, stdin=wharf.registry_password())
        return _timed(*docker, "pull", "--quiet", image)


def _timed(*command):
    begun = time.monotonic()
    tools.run(*command, timeout_s=600)
    return time.monotonic() - begun
