"""Pushing with stock clients."""

import gzip
import hashlib
import io
import json
import os
import tarfile

from . import tools


def ensure_repository(wharf, name):
    """Create it unless it is there; returns its URI."""
    ecr = wharf.client("ecr")
    try:
        return ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    except ecr.exceptions.RepositoryAlreadyExistsException:
        return ecr.describe_repositories(repositoryNames=[name])["repositories"][0]["repositoryUri"]


def push(wharf, image, name=None, tag="latest", keys=None):
    """Push one of the test images with skopeo; returns the reference for a task definition."""
    uri = ensure_repository(wharf, name or image)
    skopeo_copy(wharf, f"oci-archive:{tools.image_archive(image)}", f"docker://{uri}:{tag}", keys=keys)
    return f"{uri}:{tag}"


def skopeo_copy(wharf, source, target, keys=None, check=True, extra=()):
    """skopeo copy between any two places; the registry's credentials go with the docker:// one."""
    end = "dest" if target.startswith("docker://") else "src"
    return tools.run(
        "skopeo", "copy", "--quiet", f"--{end}-tls-verify=false", f"--{end}-creds", f"AWS:{wharf.registry_password(keys)}",
        *extra, source, target, check=check, timeout_s=600,
    )  # fmt: skip


def with_random_layer(folder, size):
    """The busybox image with one more layer, a file `random` of that size; the OCI layout, and digest and size of each layer."""
    return with_files(folder, {"random": os.urandom(size)})


def with_files(folder, files):
    """The same with one more layer of these files."""
    return with_entries(folder, [(_entry(name, size=len(data)), data) for name, data in files.items()])


def program(name, script):
    """An entry of a layer: a script that may be executed, whatever its first line names."""
    return _entry(name, mode=0o755, size=len(script)), script


def link(name, target):
    """An entry of a layer: a symbolic link."""
    return _entry(name, type=tarfile.SYMTYPE, linkname=target), b""


def _entry(name, **members):
    entry = tarfile.TarInfo(name)
    for member, value in ({"mode": 0o644} | members).items():
        setattr(entry, member, value)
    return entry


def with_entries(folder, entries):
    """The same with one more layer of these entries, each with its bytes."""
    archive = f"oci-archive:{tools.image_archive('busybox')}"
    tools.run("skopeo", "copy", "--quiet", archive, f"oci:{folder}:it")
    blobs = folder / "blobs" / "sha256"

    def keep(data):
        digest = hashlib.sha256(data).hexdigest()
        (blobs / digest).write_bytes(data)
        return {"digest": f"sha256:{digest}", "size": len(data)}

    def read(described):
        return json.loads((blobs / described["digest"].removeprefix("sha256:")).read_text())

    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as packed:
        for entry, data in entries:
            packed.addfile(entry, io.BytesIO(data))
    index = json.loads((folder / "index.json").read_text())
    (described,) = index["manifests"]
    manifest = read(described)
    config = read(manifest["config"])
    config["rootfs"]["diff_ids"].append(f"sha256:{hashlib.sha256(plain.getvalue()).hexdigest()}")
    config.pop("history", None)
    layer = keep(gzip.compress(plain.getvalue(), 1))
    manifest["layers"].append({"mediaType": "application/vnd.oci.image.layer.v1.tar+gzip", **layer})
    manifest["config"].update(keep(json.dumps(config).encode()))
    described.update(keep(json.dumps(manifest).encode()))
    (folder / "index.json").write_text(json.dumps(index))
    return f"oci:{folder}:it", [(it["digest"], it["size"]) for it in manifest["layers"]]
