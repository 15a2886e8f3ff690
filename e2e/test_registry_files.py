"""What lies on the disk behind the registry: damage is found before somebody needs the bytes, and repositories go into
folders and back."""

import json
import shutil

import pytest

from harness import images, tasks, tools
from harness.waiting import wait_for


def push(wharf, name, tag, image="busybox"):
    uri = f"docker://localhost:{wharf.port}/{name}:{tag}"
    return images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive(image)}", uri)


def digests(wharf, name):
    """Of the image's manifest and its first layer."""
    ecr = wharf.client("ecr")
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"]
    return image["imageId"]["imageDigest"], json.loads(image["imageManifest"])["layers"][0]["digest"]


def blob(wharf, digest):
    (found,) = (wharf.data / "server").rglob(f"{digest.removeprefix('sha256:')}.sealed")
    return found


def export(wharf, what, folder):
    return tools.run(tools.wharf(), "images", "export", "--data", wharf.data, what, folder).stdout


def test_damage_of_the_disk_is_found_and_the_next_push_heals_it(fresh, tmp_path):
    name, ecr = tasks.unique("scrubbed"), fresh.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(fresh, name, "1")
    _, layer = digests(fresh, name)
    path = blob(fresh, layer)
    with path.open("r+b") as file:
        file.seek(30_000)
        byte = file.read(1)[0]
        file.seek(30_000)
        file.write(bytes([byte ^ 1]))
    # A pass that is due.
    (path.parents[2] / "scrub").unlink(missing_ok=True)
    fresh.kill_child("server")

    def doctor():
        return tools.run(tools.wharf(), "doctor", "--data", fresh.data, check=False).stdout

    found = "1 damaged on the disk, 1 of them moved aside"
    wait_for(lambda: found in doctor(), 60, "the damage to be found")
    aside = path.parents[2] / "quarantine" / path.name
    assert aside.exists() and not path.exists()
    (line,) = (line for line in fresh.output.text.splitlines() if "verifying a blob failed: it is damaged" in line)
    assert layer in line and f"000000000000/us-east-1/{name}" in line, line
    (there,) = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[layer])["layers"]
    assert there["layerAvailability"] == "UNAVAILABLE"
    # Nobody gets any of it.
    address = f"docker://localhost:{fresh.port}/{name}:1"
    assert images.skopeo_copy(fresh, address, f"oci:{tmp_path}/damaged:1", check=False).returncode != 0
    push(fresh, name, "2")
    assert "0 damaged on the disk" in doctor() and not aside.exists()
    images.skopeo_copy(fresh, f"docker://localhost:{fresh.port}/{name}:1", f"oci:{tmp_path}/back:1")


def test_a_repository_goes_into_a_folder_and_back(wharf, tmp_path):
    name, ecr = tasks.unique("exported"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")
    push(wharf, name, "2", "configured")
    folder = tmp_path / "layout"
    assert f"{folder} holds {name}: 2 images" in export(wharf, name, folder)
    # What others make of it.
    local = tools.run("skopeo", "inspect", "--raw", f"oci:{folder}:1").stdout
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"]
    assert local == image["imageManifest"]
    # A tag that moved, and nothing is copied twice.
    push(wharf, name, "2")
    again = export(wharf, name, folder)
    assert "Copied 0 blobs of 0 bytes" in again, again
    index = json.loads((folder / "index.json").read_text())
    tags = {one.get("annotations", {}).get("org.opencontainers.image.ref.name"): one["digest"] for one in index["manifests"]}
    assert tags["1"] == tags["2"] and len(tags) == 3, tags
    # The image that lost its tag is there without one.
    copy = tasks.unique("imported")
    done = tools.run(tools.wharf(), "images", "import", "--data", wharf.data, folder, copy).stdout
    assert f"{copy} has what {folder} holds: 2 images" in done, done

    def held(repository):
        listed = ecr.list_images(repositoryName=repository)["imageIds"]
        return sorted((one["imageDigest"], one.get("imageTag")) for one in listed)

    assert held(copy) == held(name)
    # In another region, one tag alone.
    there = ["--region", "eu-west-1"]
    one = tmp_path / "one"
    export(wharf, f"{name}:1", one)
    tools.run(tools.wharf(), "images", "import", "--data", wharf.data, *there, one, copy)
    listed = wharf.client("ecr", region="eu-west-1").list_images(repositoryName=copy)["imageIds"]
    assert [image["imageTag"] for image in listed] == ["1"]


def test_an_index_goes_with_all_it_lists(wharf, tmp_path):
    name, ecr = tasks.unique("index"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")
    ((child,),) = ([image["imageDigest"]] for image in ecr.list_images(repositoryName=name)["imageIds"])
    (found,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageDigest": child}])["images"]
    descriptor = {
        "mediaType": found["imageManifestMediaType"], "digest": child, "size": len(found["imageManifest"]),
        "platform": {"os": "linux", "architecture": "amd64"},
    }  # fmt: skip
    index = {"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": [descriptor]}
    ecr.put_image(repositoryName=name, imageManifest=json.dumps(index), imageManifestMediaType=index["mediaType"], imageTag="all")
    ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageTag": "1"}])
    folder = tmp_path / "layout"
    export(wharf, f"{name}:all", folder)
    copy = tasks.unique("copy")
    tools.run(tools.wharf(), "images", "import", "--data", wharf.data, folder, copy)
    listed = ecr.list_images(repositoryName=copy)["imageIds"]
    assert {image.get("imageTag") for image in listed} == {"all", None} and len(listed) == 2
    # One of which only a part is there is left out, and said.
    (folder / "blobs" / "sha256" / child.removeprefix("sha256:")).unlink()
    other = tasks.unique("copy")
    done = tools.run(tools.wharf(), "images", "import", "--data", wharf.data, folder, other)
    assert "all was left out" in done.stderr and ecr.list_images(repositoryName=other)["imageIds"] == []


@pytest.mark.parametrize("what", ["absent", "absent:1", "absent@sha256:" + "0" * 64, "absent@sha256:0"])
def test_what_is_not_there_is_not_exported(wharf, tmp_path, what):
    done = tools.run(tools.wharf(), "images", "export", "--data", wharf.data, what, tmp_path / "layout", check=False)
    assert done.returncode != 0 and "absent" in done.stderr or "digest" in done.stderr, done.stderr
    assert not (tmp_path / "layout" / "index.json").exists()


def test_a_folder_that_is_damaged_is_not_imported(wharf, tmp_path):
    name, ecr = tasks.unique("damaged"), wharf.client("ecr")
    ecr.create_repository(repositoryName=name)
    push(wharf, name, "1")
    manifest, layer = (digest.removeprefix("sha256:") for digest in digests(wharf, name))
    folder = tmp_path / "layout"
    export(wharf, name, folder)
    for number, (blob_name, said) in enumerate([(manifest, "is damaged"), (layer, "digest")]):
        broken, copy = tmp_path / f"broken-{number}", tasks.unique("copy")
        shutil.copytree(folder, broken)
        (broken / "blobs" / "sha256" / blob_name).write_bytes(b"{}")
        done = tools.run(tools.wharf(), "images", "import", "--data", wharf.data, broken, copy, check=False)
        assert done.returncode != 0 and said in done.stderr, done.stderr
        assert ecr.list_images(repositoryName=copy)["imageIds"] == []
    (folder / "index.json").write_text('{"schemaVersion": 2, "manifests": [{"mediaType": "x", "digest": "sha256:../x", "size": 1}]}')
    done = tools.run(tools.wharf(), "images", "import", "--data", wharf.data, folder, name, check=False)
    assert done.returncode != 0 and "digest" in done.stderr, done.stderr
