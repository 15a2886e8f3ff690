"""The registry through the crate `oci-client`: a small program pushes and pulls with it, an image and what is about it."""

import json

import pytest

from harness import tools
from harness.distribution import repository


@pytest.fixture(scope="module")
def client():
    return tools.rust_client("registry-client")


def test_images_and_what_is_about_them(wharf, client):
    name, _ = repository(wharf, "oci-client")
    done = tools.run(client, f"localhost:{wharf.port}", name, wharf.registry_password(), timeout_s=120)
    seen = json.loads(done.stdout)
    assert seen["same"] and seen["stranger_refused"], seen
    assert seen["how"] == {"how": "chunked"}
    assert sorted(seen["tags"]) == ["at-once", "chunked"]
    assert seen["pulled"] == seen["pushed"]["chunked"] != seen["pushed"]["at-once"]
    assert seen["signed"] == "signed"
    assert seen["referrers"] == {"all": [seen["signature"]], "of the kind": [seen["signature"]], "of another": []}
    images = {
        tag: image
        for image in wharf.client("ecr").describe_images(repositoryName=name)["imageDetails"]
        for tag in image.get("imageTags", ())
    }
    assert images["at-once"]["imageDigest"] == seen["pushed"]["at-once"]
    assert images["chunked"]["imageSizeInBytes"] > 9 << 20
    assert images["signature"]["imageDigest"] == seen["signature"]
    assert images["signature"]["artifactMediaType"] == "application/vnd.test.signature"
