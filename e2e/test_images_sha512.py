"""Images whose digests are sha512: scanned, expired, in the public gallery, admitted by their signatures."""

import gzip
import json

import pytest

from harness.distribution import Registry, repository
from harness.installation import Installation
from harness.signing import Signer, attach
from harness.waiting import wait_for
from test_gallery import repository as public_repository
from test_registry_artifacts import OCI, image_512, layer_with, put_512, put_blob_512, sha512_of
from test_scanning import DEBIAN, TRACKER, ended, tar
from test_signatures import ran_as, refused, run, started


@pytest.fixture(scope="module")
def alone(tmp_path_factory):
    """An installation with rules and data of its own."""
    data = tmp_path_factory.mktemp("published") / "tracker.json"
    data.write_text(json.dumps(TRACKER))
    with Installation() as wharf:
        wharf.start()
        wharf.run("scan-db", "update", data)
        yield wharf


def image_of(registry, layer, diff):
    """The text of an image of one layer, all named by sha512."""
    config = {"architecture": "amd64", "os": "linux", "config": {}, "rootfs": {"type": "layers", "diff_ids": [diff]}}
    document = {
        "schemaVersion": 2, "mediaType": f"{OCI}.manifest.v1+json",
        "config": {"mediaType": f"{OCI}.config.v1+json", **put_blob_512(registry, json.dumps(config).encode())},
        "layers": [{"mediaType": f"{OCI}.layer.v1.tar+gzip", **put_blob_512(registry, layer)}],
    }  # fmt: skip
    return json.dumps(document).encode()


def test_a_scan_reads_it(alone):
    name, ecr = repository(alone, "strongscan")[0], alone.client("ecr")
    registry, content = Registry(alone, name), tar(DEBIAN)
    digest = put_512(registry, "1", image_of(registry, gzip.compress(content), sha512_of(content)))
    ecr.start_image_scan(repositoryName=name, imageId={"imageDigest": digest})
    answer = ended(ecr, name)
    assert answer["imageId"]["imageDigest"] == digest
    assert answer["imageScanStatus"]["status"] == "COMPLETE", answer
    assert [it["name"] for it in answer["imageScanFindings"]["findings"]] == ["CVE-2024-1", "CVE-2024-2"]


def test_a_policy_expires_all_but_the_newest_with_what_is_about_them(alone):
    name, ecr = repository(alone, "strongaging")[0], alone.client("ecr")
    registry, digests = Registry(alone, name), []
    for tag in ("1", "2", "3"):
        digests.append(put_512(registry, tag, image_of(registry, *layer_with(tag, tag.encode()))))
    rule = {
        "rulePriority": 1,
        "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 1},
        "action": {"type": "expire"},
    }
    text = json.dumps({"rules": [rule]})
    ecr.start_lifecycle_policy_preview(repositoryName=name, lifecyclePolicyText=text)
    ecr.get_waiter("lifecycle_policy_preview_complete").wait(repositoryName=name)
    preview = ecr.get_lifecycle_policy_preview(repositoryName=name)["previewResults"]
    assert sorted(it["imageDigest"] for it in preview) == sorted(digests[:2])
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=text)
    wait_for(lambda: "lastEvaluatedAt" in ecr.get_lifecycle_policy(repositoryName=name), 30, "a run of the policy")
    assert ecr.list_images(repositoryName=name)["imageIds"] == [{"imageDigest": digests[2], "imageTag": "3"}]


def test_anybody_pulls_it_from_the_gallery(alone):
    _, uri = public_repository(alone, "strong")
    registry = Registry(alone, uri.partition("/")[2])
    text = image_of(registry, *layer_with("strong", b"x"))
    digest = put_512(registry, "1", text)
    (shown,) = alone.client("ecr-public").describe_images(repositoryName=uri.rpartition("/")[2])["imageDetails"]
    assert (shown["imageDigest"], shown["imageTags"]) == (digest, ["1"])
    registry.session.auth = None
    token = registry.ask("GET", f"{registry.base}/token/?service=public.ecr.aws&scope=aws").json()["token"]
    registry.session.headers["Authorization"] = f"Bearer {token}"
    got = registry.ask("GET", f"manifests/{digest}")
    assert (got.content, got.headers["Docker-Content-Digest"]) == (text, digest)
    layer = json.loads(text)["layers"][0]["digest"]
    assert sha512_of(registry.ask("GET", f"blobs/{layer}").content) == layer


def test_only_what_was_signed_starts(alone, tmp_path):
    signer, name = Signer(tmp_path, "key"), repository(alone, "strongprod")[0]
    registry = Registry(alone, name)
    digest = put_512(registry, "1", image_512(alone, registry, name))
    uri = f"localhost:{alone.port}/{name}:1"
    alone.run("admission", "set", "strong", "--repository", name, "--key", signer.public)
    try:
        assert "there is no signature" in refused(run(alone, uri))
        # cosign's tag of such a digest would be too long: its signatures are referrers.
        attach(registry, digest, [signer.simple(digest)], "application/vnd.dev.cosign.artifact.sig.v1+json")
        ran_as(alone, started(run(alone, uri))["taskArn"], digest)
    finally:
        alone.run("admission", "remove", "strong")
