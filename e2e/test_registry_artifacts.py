"""The distribution protocol to the letter: artifacts that are no images, what refers to what, large and small extremes."""

import base64
import gzip
import hashlib
import http.client
import io
import json
import os
import subprocess
import tarfile

import pytest

from harness import images, tasks, tools
from harness.distribution import Registry, repository
from harness.installation import Place

OCI = "application/vnd.oci.image"
EMPTY = b"{}"


def digest_of(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


def put_blob(registry, data):
    answer = registry.ask("POST", "blobs/uploads/", params={"digest": digest_of(data)}, data=data)
    assert answer.status_code == 201, answer.text
    return {"digest": digest_of(data), "size": len(data)}


def put_manifest(registry, reference, document, kind=f"{OCI}.manifest.v1+json"):
    text = json.dumps(document).encode()
    answer = registry.ask("PUT", f"manifests/{reference or digest_of(text)}", data=text, headers={"Content-Type": kind})
    return digest_of(text), answer


def artifact(registry, kind, subject=None, reference=None, annotations=None):
    """A manifest of this artifact type whose layer is a few bytes."""
    document = {
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "artifactType": kind,
        "config": {"mediaType": "application/vnd.oci.empty.v1+json", **put_blob(registry, EMPTY)},
        "layers": [{"mediaType": "application/octet-stream", **put_blob(registry, kind.encode())}],
    }  # fmt: skip
    if subject:
        document["subject"] = {"mediaType": f"{OCI}.manifest.v1+json", "digest": subject, "size": 2}
    if annotations:
        document["annotations"] = annotations
    digest, answer = put_manifest(registry, reference, document)
    assert answer.status_code == 201, answer.text
    return digest, answer


def layer_with(name, content):
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        entry = tarfile.TarInfo(name)
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return gzip.compress(plain.getvalue(), mtime=0), digest_of(plain.getvalue())


@pytest.fixture
def oras_client():
    # Here, since it takes two seconds of processor: every worker imports this file.
    import oras.client

    return oras.client.OrasClient(insecure=True, auth_backend="basic")


def test_oras_pushes_and_pulls_files(wharf, oras_client, tmp_path, monkeypatch):
    name, _ = repository(wharf, "files")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "values.yaml").write_text("replicas: 3\n")
    client = oras_client
    client.login(
        "AWS", wharf.registry_password(), hostname=f"localhost:{wharf.port}", config_path=str(tmp_path / "auth.json"), tls_verify=False
    )
    target = f"localhost:{wharf.port}/{name}:1"
    pushed = client.push(target=target, files=["values.yaml:application/yaml"], manifest_annotations={"owner": "team"}, quiet=True)
    assert pushed.status_code == 201
    client.pull(target=target, outdir=str(tmp_path / "back"))
    assert (tmp_path / "back" / "values.yaml").read_text() == "replicas: 3\n"
    assert client.get_manifest(client.get_container(target))["annotations"]["owner"] == "team"
    assert "1" in client.get_tags(target)


def test_what_refers_to_an_image_is_listed_filtered_and_goes_with_it(wharf):
    name, ecr = repository(wharf, "subject")[0], wharf.client("ecr")
    registry = Registry(wharf, name)
    subject, _ = artifact(registry, "application/vnd.test.subject", reference="1")
    signature, answer = artifact(registry, "application/vnd.test.signature", subject, annotations={"by": "me"})
    assert answer.headers["OCI-Subject"] == subject
    sbom, _ = artifact(registry, "application/vnd.test.sbom", subject)

    def referrers(**parameters):
        found = registry.ask("GET", f"referrers/{subject}", params=parameters)
        assert found.status_code == 200 and found.headers["Content-Type"] == f"{OCI}.index.v1+json"
        return {one["digest"]: one for one in found.json()["manifests"]}, found.headers.get("OCI-Filters-Applied")

    everything, filtered = referrers()
    assert set(everything) == {signature, sbom} and filtered is None
    assert everything[signature]["annotations"] == {"by": "me"}
    assert everything[signature]["artifactType"] == "application/vnd.test.signature"
    assert referrers(artifactType="application/vnd.test.sbom") == ({sbom: everything[sbom]}, "artifactType")
    assert referrers(artifactType="nothing")[0] == {}
    listed = ecr.list_image_referrers(repositoryName=name, subjectId={"imageDigest": subject})["referrers"]
    assert {one["digest"] for one in listed} == {signature, sbom}
    # A subject that is not there yet may come later; of nothing nothing refers.
    later = json.dumps({"schemaVersion": 2}).encode()
    waiting, _ = artifact(registry, "application/vnd.test.signature", digest_of(later))
    found = registry.ask("GET", f"referrers/{digest_of(later)}").json()
    assert [one["digest"] for one in found["manifests"]] == [waiting]
    assert registry.ask("GET", "referrers/sha256:" + "0" * 64).json()["manifests"] == []


def sha512_of(data):
    return "sha512:" + hashlib.sha512(data).hexdigest()


def put_blob_512(registry, data):
    """In a stream and its end, as copying clients send them."""
    location = registry.begin()
    assert registry.ask("PATCH", location, data=data).status_code == 202
    answer = registry.ask("PUT", location, params={"digest": sha512_of(data)})
    assert answer.status_code == 201 and answer.headers["Docker-Content-Digest"] == sha512_of(data), answer.text
    return {"digest": sha512_of(data), "size": len(data)}


def image_512(wharf, registry, name):
    """One of the test images with one more layer, where all that is named is named by its sha512; its text."""
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", f"docker://localhost:{wharf.port}/{name}:base")
    manifest = registry.ask("GET", "manifests/base").json()
    config = registry.ask("GET", f"blobs/{manifest['config']['digest']}").json()
    layer, _ = layer_with("strong", name.encode())
    # The name of what is unpacked may be a sha512 as well.
    config["rootfs"]["diff_ids"].append(sha512_of(gzip.decompress(layer)))
    config.pop("history", None)
    for old in manifest["layers"]:
        old |= put_blob_512(registry, registry.ask("GET", f"blobs/{old['digest']}").content)
    manifest["config"] |= put_blob_512(registry, json.dumps(config).encode())
    manifest["layers"].append({"mediaType": f"{OCI}.layer.v1.tar+gzip", **put_blob_512(registry, layer)})
    return json.dumps(manifest).encode()


def put_512(registry, reference, text):
    headers = {"Content-Type": f"{OCI}.manifest.v1+json"}
    answer = registry.ask("PUT", f"manifests/{reference}", data=text, headers=headers, params={"digest": sha512_of(text)})
    assert answer.status_code == 201 and answer.headers["Docker-Content-Digest"] == sha512_of(text), answer.text
    return sha512_of(text)


def test_an_image_under_sha512_is_pushed_described_run_and_deleted(wharf):
    name, ecr = repository(wharf, "strong")[0], wharf.client("ecr")
    registry = Registry(wharf, name)
    text = image_512(wharf, registry, name)
    digest = put_512(registry, "1", text)
    for reference in ("1", digest):
        got = registry.ask("GET", f"manifests/{reference}")
        assert (got.content, got.headers["Docker-Content-Digest"]) == (text, digest)
    (shown,) = ecr.describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])["imageDetails"]
    assert shown["imageTags"] == ["1"]
    layer = json.loads(text)["layers"][-1]["digest"]
    (found,) = ecr.batch_check_layer_availability(repositoryName=name, layerDigests=[layer])["layers"]
    assert found["layerAvailability"] == "AVAILABLE"
    url = ecr.get_download_url_for_layer(repositoryName=name, layerDigest=layer)["downloadUrl"]
    assert sha512_of(registry.ask("GET", url).content) == layer
    signature, answer = artifact(registry, "application/vnd.test.signature", digest)
    assert answer.headers["OCI-Subject"] == digest
    listed = ecr.list_image_referrers(repositoryName=name, subjectId={"imageDigest": digest})["referrers"]
    assert [one["digest"] for one in listed] == [signature]
    # The node verifies each by its own algorithm, and tells the digest that the registry knows the image by.
    for image in (f"localhost:{wharf.port}/{name}:1", f"localhost:{wharf.port}/{name}@{digest}"):
        task = tasks.run(wharf, image, command=["grep", "-q", name, "/strong"])
        (container,) = task.wait("STOPPED")["containers"]
        assert (container["exitCode"], container["imageDigest"]) == (0, digest), container
    assert ecr.batch_delete_image(repositoryName=name, imageIds=[{"imageDigest": digest}])["failures"] == []
    assert registry.ask("GET", f"manifests/{digest}").status_code == 404


def test_the_api_takes_sha512_digests(wharf):
    name, ecr = repository(wharf, "strongapi")[0], wharf.client("ecr")

    def put_layer(data):
        upload = ecr.initiate_layer_upload(repositoryName=name)["uploadId"]
        ecr.upload_layer_part(repositoryName=name, uploadId=upload, partFirstByte=0, partLastByte=len(data) - 1, layerPartBlob=data)
        return ecr.complete_layer_upload(repositoryName=name, uploadId=upload, layerDigests=[sha512_of(data)])["layerDigest"]

    config, layer = put_layer(EMPTY), put_layer(b"layer")
    assert layer == sha512_of(b"layer")
    with pytest.raises(ecr.exceptions.LayerAlreadyExistsException):
        put_layer(b"layer")
    text = json.dumps({
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
        "config": {"mediaType": f"{OCI}.config.v1+json", "digest": config, "size": 2},
        "layers": [{"mediaType": "application/octet-stream", "digest": layer, "size": 5}],
    })  # fmt: skip
    digest = sha512_of(text.encode())
    put = ecr.put_image(repositoryName=name, imageManifest=text, imageTag="1", imageDigest=digest)
    assert put["image"]["imageId"] == {"imageDigest": digest, "imageTag": "1"}
    with pytest.raises(ecr.exceptions.ImageDigestDoesNotMatchException):
        ecr.put_image(repositoryName=name, imageManifest=text, imageTag="2", imageDigest=sha512_of(b"other"))
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageDigest": digest}])["images"]
    assert image["imageManifest"] == text


def test_what_is_under_sha512_goes_into_a_folder_and_back(wharf, tmp_path):
    name, ecr = repository(wharf, "strongfolder")[0], wharf.client("ecr")
    registry = Registry(wharf, name)
    text = image_512(wharf, registry, name)
    digest = put_512(registry, "1", text)
    # skopeo verifies what it reads by either; it writes nothing but sha256.
    login = ["--tls-verify=false", "--creds", f"AWS:{wharf.registry_password()}"]
    shown = tools.run("skopeo", "inspect", "--raw", *login, f"docker://localhost:{wharf.port}/{name}@{digest}").stdout
    assert shown.encode() == text
    folder, copy = tmp_path / "layout", tasks.unique("strongback")
    tools.run(tools.wharf(), "images", "export", "--data", wharf.data, f"{name}:1", folder)
    assert (folder / "blobs" / "sha512" / digest.removeprefix("sha512:")).read_bytes() == text
    tools.run(tools.wharf(), "images", "import", "--data", wharf.data, folder, copy)
    assert ecr.list_images(repositoryName=copy)["imageIds"] == [{"imageDigest": digest, "imageTag": "1"}]


def test_other_algorithms_are_refused_by_name(wharf):
    registry = Registry(wharf, repository(wharf, "weak")[0])
    for method, path in (("POST", "blobs/uploads/?digest=sha1:00"), ("GET", "blobs/md5:00"), ("PUT", "manifests/sha384:00")):
        (error,) = registry.ask(method, path, data=b"x").json()["errors"]
        assert (error["code"], error["message"]) == ("DIGEST_INVALID", "unsupported digest algorithm")


def test_who_has_it_need_not_get_it_again(wharf):
    registry = Registry(wharf, repository(wharf, "conditional")[0])
    digest, _ = artifact(registry, "application/vnd.test.thing", reference="1")
    layer = put_blob(registry, b"0123456789")["digest"]
    for path, tag in (("manifests/1", digest), (f"manifests/{digest}", digest), (f"blobs/{layer}", layer)):
        first = registry.ask("GET", path)
        assert first.headers["ETag"] == f'"{tag}"'
        for method in ("GET", "HEAD"):
            again = registry.ask(method, path, headers={"If-None-Match": first.headers["ETag"]})
            assert (again.status_code, again.content) == (304, b""), path
            assert again.headers["Docker-Content-Digest"] == tag
            assert registry.ask(method, path, headers={"If-None-Match": '"other"'}).status_code == 200
            assert registry.ask(method, path, headers={"If-Match": '"other"'}).status_code == 412
    part = {"Range": "bytes=3-5", "If-Range": f'"{layer}"'}
    assert registry.ask("GET", f"blobs/{layer}", headers=part).content == b"345"
    assert registry.ask("GET", f"blobs/{layer}", headers=part | {"If-Range": '"other"'}).content == b"0123456789"


def test_a_tag_is_set_while_it_names_what_is_meant(wharf):
    registry = Registry(wharf, repository(wharf, "swap")[0])
    empty = {"mediaType": "application/vnd.oci.empty.v1+json", **put_blob(registry, EMPTY)}

    def put(text, **conditions):
        document = {
            "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "artifactType": "application/vnd.test.state",
            "config": empty, "layers": [empty], "annotations": {"state": text},
        }  # fmt: skip
        headers = {"Content-Type": f"{OCI}.manifest.v1+json"} | {name.replace("_", "-"): it for name, it in conditions.items()}
        return registry.ask("PUT", "manifests/state", data=json.dumps(document).encode(), headers=headers)

    first = put("one", If_None_Match="*")
    assert first.status_code == 201, first.text
    assert put("two", If_None_Match="*").status_code == 412
    second = put("two", If_Match=first.headers["ETag"])
    assert second.status_code == 201, second.text
    late = put("three", If_Match=first.headers["ETag"])
    assert (late.status_code, late.json()["errors"][0]["code"]) == (412, "UNSUPPORTED")
    assert registry.ask("GET", "manifests/state").headers["ETag"] == second.headers["ETag"]


def test_pieces_out_of_order_are_refused(wharf):
    registry = Registry(wharf, repository(wharf, "pieces")[0])
    location = registry.begin()

    def patch(data, first):
        headers = {"Content-Range": f"{first}-{first + len(data) - 1}", "Content-Type": "application/octet-stream"}
        return registry.ask("PATCH", location, data=data, headers=headers)

    assert patch(b"later", 5).status_code == 416
    assert patch(b"first", 0).status_code == 202
    assert patch(b"first", 0).status_code == 416
    assert patch(b"third", 10).status_code == 416
    assert registry.ask("GET", location).headers["Range"] == "0-4"
    assert patch(b"after", 5).status_code == 202
    done = registry.ask("PUT", location, params={"digest": digest_of(b"firstafter")})
    assert done.status_code == 201, done.text


def image_of(registry, layers):
    """A manifest of these layers, each a pair of its bytes and the digest of what is in it."""
    config = {
        "architecture": "amd64", "os": "linux", "config": {"Cmd": ["true"]},
        "rootfs": {"type": "layers", "diff_ids": [diff for _, diff in layers]},
    }  # fmt: skip
    return {
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
        "config": {"mediaType": f"{OCI}.config.v1+json", **put_blob(registry, json.dumps(config).encode())},
        "layers": [{"mediaType": f"{OCI}.layer.v1.tar+gzip", **put_blob(registry, data)} for data, _ in layers],
    }  # fmt: skip


def on_busybox(wharf, registry, layers, packing="gzip"):
    """A manifest of busybox's layers, pushed as the tag `base`, with these upon them, as in `image_of`."""
    base = f"docker://localhost:{wharf.port}/{registry.name}:base"
    images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('busybox')}", base)
    manifest = registry.ask("GET", "manifests/base").json()
    config = registry.ask("GET", f"blobs/{manifest['config']['digest']}").json()
    config["rootfs"]["diff_ids"] += [diff for _, diff in layers]
    config.pop("history", None)
    manifest["config"] |= put_blob(registry, json.dumps(config).encode())
    manifest["layers"] += [{"mediaType": f"{OCI}.layer.v1.tar+{packing}", **put_blob(registry, data)} for data, _ in layers]
    return manifest


def test_an_image_of_five_hundred_layers_runs(wharf, tmp_path):
    name, _ = repository(wharf, "layers")
    registry = Registry(wharf, name)
    layers = [layer_with(f"file-{number}", b"%d\n" % number) for number in range(500)]
    larger = on_busybox(wharf, registry, layers)
    # What is of busybox counts, and the last layers are left away.
    below = len(larger["layers"]) - len(layers)
    config = registry.ask("GET", f"blobs/{larger['config']['digest']}").json()
    config["rootfs"]["diff_ids"] = config["rootfs"]["diff_ids"][:500]
    manifest = larger | {"layers": larger["layers"][:500]}
    manifest["config"] = larger["config"] | put_blob(registry, json.dumps(config).encode())
    digest, answer = put_manifest(registry, "1", manifest)
    assert answer.status_code == 201, answer.text
    images.skopeo_copy(wharf, f"docker://localhost:{wharf.port}/{name}:1", f"oci:{tmp_path}/back:1")
    assert len(list((tmp_path / "back" / "blobs" / "sha256").iterdir())) == 502
    (shown,) = wharf.client("ecr").describe_images(repositoryName=name, imageIds=[{"imageDigest": digest}])["imageDetails"]
    assert shown["imageSizeInBytes"] >= sum(layer["size"] for layer in manifest["layers"])
    last = 499 - below
    script = f"cat /file-0 /file-{last} && ls / | grep -c ^file- && echo own > /file-{last} && cat /file-{last}"
    task = tasks.run(wharf, f"localhost:{wharf.port}/{name}:1", **tasks.sh(script))
    task.wait("STOPPED", deadline_s=120)
    assert (task.exit_code, task.lines()) == (0, ["0", str(last), str(last + 1), "own"])
    # One more is kept by the registry as well, but the kernel stacks no more.
    _, answer = put_manifest(registry, "2", larger)
    assert answer.status_code == 201, answer.text
    stopped = tasks.run(wharf, f"localhost:{wharf.port}/{name}:2", command=["true"]).wait("STOPPED")
    assert f"it has {500 + below} layers; at most 500 are allowed" in stopped["stoppedReason"], stopped


def test_a_manifest_of_four_mebibytes_and_none_larger(wharf):
    name, _ = repository(wharf, "large")
    registry = Registry(wharf, name)
    document = image_of(registry, [layer_with("file", b"x")])
    document["annotations"] = {"filler": ""}
    room = (4 << 20) - len(json.dumps(document))
    document["annotations"]["filler"] = "x" * room
    digest, answer = put_manifest(registry, "1", document)
    assert answer.status_code == 201, answer.text
    assert digest_of(registry.ask("GET", "manifests/1").content) == digest
    document["annotations"]["filler"] += "x"
    _, answer = put_manifest(registry, "2", document)
    assert answer.status_code == 413 and answer.json()["errors"][0]["code"] == "SIZE_INVALID", answer.text
    assert registry.ask("HEAD", "manifests/2").status_code == 404


def test_a_layer_packed_with_zstd_runs(wharf):
    name, _ = repository(wharf, "zstd")
    registry = Registry(wharf, name)
    layer, diff = layer_with("packed", name.encode())
    packed = subprocess.run(["zstd", "-19", "--stdout"], input=gzip.decompress(layer), stdout=subprocess.PIPE, check=True).stdout
    _, answer = put_manifest(registry, "1", on_busybox(wharf, registry, [(packed, diff)], "zstd"))
    assert answer.status_code == 201, answer.text
    task = tasks.run(wharf, f"localhost:{wharf.port}/{name}:1", command=["grep", "-q", name, "/packed"])
    assert task.wait("STOPPED")["containers"][0]["exitCode"] == 0


@pytest.mark.parametrize("document", [
    {"schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json", "config": {}, "layers": []},
    {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [{"digest": "sha256:" + "0" * 64, "size": 1, "mediaType": f"{OCI}.manifest.v1+json"}]},
    {"schemaVersion": 1},
])  # fmt: skip
def test_what_is_no_manifest_is_refused(wharf, document):
    registry = Registry(wharf, repository(wharf, "none")[0])
    _, answer = put_manifest(registry, "1", document, document.get("mediaType", f"{OCI}.manifest.v1+json"))
    assert answer.status_code in (400, 404), answer.text
    assert registry.ask("GET", "tags/list").json()["tags"] in ([], None)


def test_a_helm_chart_is_an_artifact_like_others(wharf, oras_client, tmp_path, monkeypatch):
    """As helm pushes charts: a configuration of its own type and one layer, a packed folder."""
    name, ecr = repository(wharf, "chart")[0], wharf.client("ecr")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "config.json").write_text(json.dumps({"name": "web", "version": "1.2.3", "apiVersion": "v2"}))
    (tmp_path / "web-1.2.3.tgz").write_bytes(layer_with("web/Chart.yaml", b"apiVersion: v2\nname: web\nversion: 1.2.3\n")[0])
    client = oras_client
    registry = f"localhost:{wharf.port}"
    client.login("AWS", wharf.registry_password(), hostname=registry, config_path=str(tmp_path / "auth.json"), tls_verify=False)
    config, chart = "application/vnd.cncf.helm.config.v1+json", "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
    target = f"{registry}/{name}:1.2.3"
    assert (
        client.push(target=target, files=[f"web-1.2.3.tgz:{chart}"], manifest_config=f"config.json:{config}", quiet=True).status_code == 201
    )
    (shown,) = ecr.describe_images(repositoryName=name)["imageDetails"]
    assert (shown["artifactMediaType"], shown["imageTags"]) == (config, ["1.2.3"])
    client.pull(target=target, outdir=str(tmp_path / "back"))
    assert (tmp_path / "back" / "web-1.2.3.tgz").read_bytes() == (tmp_path / "web-1.2.3.tgz").read_bytes()


def test_clients_without_the_referrers_api_use_their_tag(wharf):
    """The fallback of the distribution protocol: an index of what refers to an image under a tag made of its digest."""
    registry = Registry(wharf, repository(wharf, "fallback")[0])
    subject, _ = artifact(registry, "application/vnd.test.subject", reference="1")
    tag = subject.replace(":", "-")
    assert registry.ask("GET", f"manifests/{tag}").status_code == 404
    signature, _ = artifact(registry, "application/vnd.test.signature")
    size = len(registry.ask("GET", f"manifests/{signature}").content)
    listed = {"mediaType": f"{OCI}.manifest.v1+json", "digest": signature, "size": size, "artifactType": "application/vnd.test.signature"}
    index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [listed]}
    _, answer = put_manifest(registry, tag, index, f"{OCI}.index.v1+json")
    assert answer.status_code == 201, answer.text
    assert registry.ask("GET", f"manifests/{tag}").json() == index
    assert registry.ask("GET", f"referrers/{subject}").json()["manifests"] == []


def test_an_index_holds_so_many_images_and_no_more(wharf):
    registry = Registry(wharf, repository(wharf, "indexes")[0])
    digest, _ = artifact(registry, "application/vnd.test.thing")
    entry = {"mediaType": f"{OCI}.manifest.v1+json", "digest": digest, "size": 500}
    for count, expected in ((4200, 201), (4201, 400)):
        index = {"schemaVersion": 2, "mediaType": f"{OCI}.index.v1+json", "manifests": [entry] * count}
        _, answer = put_manifest(registry, f"of-{count}", index, f"{OCI}.index.v1+json")
        assert answer.status_code == expected, answer.text
    assert registry.ask("HEAD", "manifests/of-4201").status_code == 404


def test_names_with_tricks_are_no_repositories(wharf):
    """Where a push may make any repository, by what else than a name it would be made."""
    place = Place(wharf, "ap-southeast-2")
    place.client("ecr").create_repository_creation_template(prefix="ROOT", appliedFor=["CREATE_ON_PUSH"])
    password = base64.b64encode(f"AWS:{place.registry_password()}".encode()).decode()
    tricks = (
        "..",
        "../a",
        "a/../b",
        "a/..",
        "%2e%2e/a",
        "A",
        "a//b",
        "/a",
        "-a",
        "a..b",
        "a___b",
        "a%00b",
        "%c3%a9",
        "a%0d%0ab",
        "a" * 257,
        "a:b",
        "a@b",
        "a%20b",
    )
    for trick in tricks:
        for method, path in (
            ("POST", f"/v2/{trick}/blobs/uploads/"),
            ("PUT", f"/v2/{trick}/manifests/1"),
            ("GET", f"/v2/{trick}/tags/list"),
        ):
            connection = http.client.HTTPConnection("127.0.0.1", wharf.port, timeout=30)
            connection.request(method, path, body=b"{}" if method == "PUT" else None, headers={"Authorization": f"Basic {password}"})
            assert connection.getresponse().status in (400, 404, 405), (method, path)
            connection.close()
    assert place.client("ecr").describe_repositories()["repositories"] == []


ATTACH = """
const { attachArtifactToImage } = require("@sigstore/oci");
const [imageName, imageDigest, password] = process.argv.slice(2);
attachArtifactToImage({
  imageName, imageDigest, artifact: Buffer.from("said of it"), mediaType: "application/vnd.test.attestation",
  annotations: { by: "npm" }, credentials: { username: "AWS", password },
}).then((made) => console.log(JSON.stringify(made)), (error) => { console.error(error); process.exit(1); });
"""


def test_an_npm_client_attaches_an_artifact_to_an_image(wharf, tmp_path):
    name, _ = repository(wharf, "attached")
    registry = Registry(wharf, name)
    subject, _ = artifact(registry, "application/vnd.test.subject", reference="1")
    (tmp_path / "attach.cjs").write_text(ATTACH)
    environment = {**os.environ, "NODE_PATH": str(tools.CLIENTS / "javascript" / "node_modules")}
    image = f"localhost:{wharf.port}/{name}"
    done = tools.run(tools.node(), tmp_path / "attach.cjs", image, subject, wharf.registry_password(), env=environment)
    made = json.loads(done.stdout)
    (listed,) = registry.ask("GET", f"referrers/{subject}").json()["manifests"]
    assert listed["digest"] == made["digest"]
    manifest = registry.ask("GET", f"manifests/{made['digest']}").json()
    assert manifest["subject"]["digest"] == subject and manifest["annotations"]["by"] == "npm"
    (layer,) = manifest["layers"]
    assert registry.ask("GET", f"blobs/{layer['digest']}").content == b"said of it"
