"""How long a large image that is nowhere yet keeps its task from running, pulled as a whole and read on demand."""

import gzip
import hashlib
import io
import json
import os
import pathlib
import shutil
import statistics
import tarfile
import tempfile
import time

from harness import images, tasks, tools
from harness.installation import Installation

from .pushes import Client

TITLE = "RunTask to RUNNING: a large image that is not there"
MIB = 1 << 20
LAYERS, SIZE = 4, int(os.environ.get("WHARF_BENCH_IMAGE_MIB", "1024")) * MIB
ROUNDS = 3
# What a program reads of its image before it serves, in pieces, and what says where in a layer a file is.
PIECES, PIECE, INDEX = 64, 256 << 10, MIB
METHOD = (
    f"An image of {SIZE // MIB} MiB of this machine's files in {LAYERS} layers (gzip, level 6), whose program is that of the busybox image, on one machine over loopback; each of {ROUNDS} rounds "
    "has a layer of its own first, and the node begins without any. `pull`: DescribeTasks' pullStartedAt to pullStoppedAt. `read`: until a line of the task's log says that it has read "
    f"the beginnings of {PIECES} files, {PIECE >> 10} KiB each. On demand, the image has an index by `wharf images index`. The least that reading on demand could take is as long as the small "
    f"image takes, and beside it an index of {INDEX >> 10} KiB of each layer and {PIECES} pieces of {PIECE >> 10} KiB, fetched by Range one after the other."
)
COLUMNS = ("image", "seconds", "of them pull", "of the whole image", "read")
# Files that lie apart from each other, of all layers.
READ = f"find /files-* -type f | awk 'NR % 97 == 1' | head -n {PIECES} | xargs -n 1 head -c {PIECE} > /dev/null; echo read; exec sleep 1000"


def run():
    with tempfile.TemporaryDirectory(prefix="wharf-bench-image-") as folder:
        files = layers_of_files(pathlib.Path(folder), SIZE, LAYERS)
        whole = [_cold(files, number) for number in range(ROUNDS)]
        indexed = [_cold(files, number, index=True) for number in range(ROUNDS)]
        small = [_cold([], number) for number in range(ROUNDS)]
    took, pulled, fetched, read = (statistics.median(column) for column in zip(*whole, strict=True))
    began, shown, _, read_on_demand = (statistics.median(column) for column in zip(*indexed, strict=True))
    alone, alone_pulled, _, _ = (statistics.median(column) for column in zip(*small, strict=True))
    rows = [
        (f"{SIZE // MIB} MiB, pulled as a whole", took, pulled, read),
        (f"{SIZE // MIB} MiB, read on demand", began, shown, read_on_demand),
        ("its program alone", alone, alone_pulled, None),
        (f"index and {PIECES} pieces by Range", fetched, fetched, None),
        ("on demand, at the least", alone + fetched, alone_pulled + fetched, None),
    ]
    return [
        (what, f"{seconds:.2f}", f"{pull:.2f}", f"{seconds / took:.2f}", f"{read:.2f}" if read else "")
        for what, seconds, pull, read in rows
    ]


def layers_of_files(folder, size, count):
    """Files of this machine as layers: where each is, its digest, the digest of its content, its bytes."""
    found = (path for root in ("/usr/lib", "/usr/share", "/usr/bin") for path in pathlib.Path(root).rglob("*"))
    each, made = size // count, []
    for number in range(count):
        path, packed = folder / f"layer-{number}", 0
        plain = hashlib.sha256()
        with path.open("wb") as file, gzip.GzipFile(fileobj=file, mode="wb", compresslevel=6, mtime=0) as zipped:
            both = _Both(zipped, plain)
            with tarfile.open(fileobj=both, mode="w|") as archive:
                for one in found:
                    if one.is_symlink() or not one.is_file():
                        continue
                    archive.add(one, arcname=f"files-{number}{one}", recursive=False)
                    packed += one.stat().st_size
                    if packed >= each:
                        break
        assert packed >= each, "this machine has too few files"
        digest = hashlib.sha256(path.read_bytes()).hexdigest()
        made.append((path, digest, plain.hexdigest(), path.stat().st_size))
    return made


class _Both:
    """A file that what it is given is hashed of too."""

    def __init__(self, file, digest):
        self.file, self.digest = file, digest

    def write(self, data):
        self.digest.update(data)
        return self.file.write(data)


def layout(folder, layers, mark):
    """The busybox image with these layers above a small one of its own."""
    tools.run("skopeo", "copy", "--quiet", f"oci-archive:{tools.image_archive('busybox')}", f"oci:{folder}:it")
    blobs = folder / "blobs" / "sha256"

    def keep(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def read(described):
        return json.loads((blobs / described["digest"].removeprefix("sha256:")).read_text())

    index = json.loads((folder / "index.json").read_text())
    (described,) = index["manifests"]
    manifest = read(described)
    config = read(manifest["config"])
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as packed:
        packed.addfile(tarfile.TarInfo(mark))
    config["rootfs"]["diff_ids"] += [f"sha256:{hashlib.sha256(plain.getvalue()).hexdigest()}"] + [
        f"sha256:{diff}" for _, _, diff, _ in layers
    ]
    config.pop("history", None)
    kind = "application/vnd.oci.image.layer.v1.tar+gzip"
    manifest["layers"].append({"mediaType": kind, **keep(gzip.compress(plain.getvalue()))})
    for path, digest, _, size in layers:
        os.link(path, blobs / digest)
        manifest["layers"].append({"mediaType": kind, "digest": f"sha256:{digest}", "size": size})
    manifest["config"].update(keep(json.dumps(config).encode()))
    described.update(keep(json.dumps(manifest).encode()))
    (folder / "index.json").write_text(json.dumps(index))
    return f"oci:{folder}:it"


def _cold(layers, number, index=False):
    """Seconds until a task of the image runs on a new installation, of them for the pull, for pieces of it by Range, and until it has read."""
    with Installation() as wharf, tempfile.TemporaryDirectory(prefix="wharf-bench-layout-", dir="/tmp") as folder:
        wharf.start()
        folder = pathlib.Path(folder) / "layout"
        uri = images.ensure_repository(wharf, "cold")
        images.skopeo_copy(wharf, layout(folder, layers, f"round-{number}"), f"docker://{uri}:1")
        shutil.rmtree(folder)
        if index:
            wharf.run("images", "index", "cold:1")
        definition = tasks.register(wharf, f"{uri}:1", command=["sh", "-c", READ])
        begun = time.monotonic()
        answer = wharf.client("ecs").run_task(taskDefinition=definition)
        task = tasks.Task(wharf, answer["tasks"][0]["taskArn"], "/e2e")
        shown = task.wait("RUNNING", 300)
        took = time.monotonic() - begun
        pulled = (shown["pullStoppedAt"] - shown["pullStartedAt"]).total_seconds()
        task.wait_line("read", 300)
        read = time.monotonic() - begun
        return took, pulled, _pieces(wharf, layers), read


def _pieces(wharf, layers):
    if not layers:
        return 0.0
    client = Client(wharf.port, "/v2/cold", f"AWS:{wharf.registry_password()}")
    begun = time.monotonic()
    for _, digest, _, size in layers:
        client.part(f"sha256:{digest}", size - INDEX, INDEX)
    for number in range(PIECES):
        _, digest, _, size = layers[number % len(layers)]
        client.part(f"sha256:{digest}", (size - PIECE) * number // PIECES, PIECE)
    return time.monotonic() - begun
