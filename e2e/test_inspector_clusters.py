"""Which clusters of ECS and Kubernetes run an image, as Inspector tells."""

import json
import platform

import pytest
from botocore.exceptions import ClientError

from harness import images, kubernetes, tasks
from harness.kubernetes_pods import apply, condition, node_of, sh, wait_phase
from harness.waiting import wait_for
from test_kubernetes_nodes import USER_DATA, launch, with_nodes

pytestmark = pytest.mark.minutes(2)

ARN = "arn:aws:ecr:us-east-1:000000000000:repository/"
INDEX = "application/vnd.oci.image.index.v1+json"
FOREVER = "trap exit TERM; while true; do sleep 1; done"


def clusters(wharf, resource, size=100):
    inspector, token, found = wharf.client("inspector2"), {}, {}
    while True:
        page = inspector.get_clusters_for_image(filter={"resourceId": resource}, maxResults=size, **token)
        assert len(page["cluster"]) <= size
        found |= {it["clusterArn"].split(":", 5)[-1]: it["clusterDetails"] for it in page["cluster"]}
        if not page.get("nextToken"):
            return found
        token = {"nextToken": page["nextToken"]}


def in_use_by_image(inspector, repository):
    """How often each image of a repository is in use, and when it last was."""
    criteria = {"ecrRepositoryName": [{"comparison": "EQUALS", "value": repository}]}
    covered = inspector.list_coverage(filterCriteria=criteria)["coveredResources"]
    images = {it["resourceId"].rpartition("/")[2]: it["resourceMetadata"]["ecrImage"] for it in covered}
    return {digest: (it["inUseCount"], it.get("lastInUseAt")) for digest, it in images.items()}


def in_use(inspector, repository):
    """The same of a repository's one image."""
    return next(iter(in_use_by_image(inspector, repository).values()), ())


def index_of_two(wharf, name):
    """An index `all` with an image for this machine and one for another; its URI and the digests of the three."""
    ecr = wharf.client("ecr")
    uri = images.push(wharf, "busybox", name=name, tag="here").rpartition(":")[0]
    (here,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "here"}])["images"]
    other = json.dumps(json.loads(here["imageManifest"]) | {"annotations": {"for": "another machine"}})
    media_type = here["imageManifestMediaType"]
    ecr.put_image(repositoryName=name, imageTag="other", imageManifest=other, imageManifestMediaType=media_type)
    architectures = {"x86_64": ("amd64", "arm64"), "aarch64": ("arm64", "amd64")}[platform.machine()]
    digests = [
        ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": tag}])["imageDetails"][0]["imageDigest"]
        for tag in ("here", "other")
    ]
    manifests = [
        {
            "mediaType": media_type,
            "digest": digest,
            "size": len(text.encode()),
            "platform": {"os": "linux", "architecture": architecture},
        }
        for digest, text, architecture in zip(digests, (here["imageManifest"], other), architectures, strict=True)
    ]
    index = json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": manifests})
    put = ecr.put_image(repositoryName=name, imageTag="all", imageManifest=index, imageManifestMediaType=INDEX)
    return f"{uri}:all", put["image"]["imageId"]["imageDigest"], *digests


def test_an_index_is_in_use_with_the_image_that_runs(wharf):
    name, inspector = tasks.unique("index"), wharf.client("inspector2")
    inspector.enable(resourceTypes=["ECR"])
    try:
        uri, index, here, other = index_of_two(wharf, name)
        running = tasks.start(wharf, tasks.register(wharf, uri, **tasks.sh(FOREVER)))
        running.wait("RUNNING")
        for digest in (index, here):
            (found,) = clusters(wharf, f"{ARN}{name}/{digest}").values()
            assert [it["runningUnitCount"] for it in found] == [1], digest
        assert clusters(wharf, f"{ARN}{name}/{other}") == {}

        def counts():
            return {digest: count for digest, (count, _) in in_use_by_image(inspector, name).items()}

        wait_for(lambda: counts() == {here: 1, other: 0}, 30, "the image that runs to be in use, and no other")
        running.stop()
    finally:
        inspector.disable(resourceTypes=["ECR"])


def test_tasks_that_run_an_image(wharf):
    ecr = wharf.client("ecr")
    name, other = tasks.unique("runs"), tasks.unique("idle")
    image = images.push(wharf, "busybox", name=name, tag="1")
    images.push(wharf, "busybox", name=other, tag="1")
    digest = ecr.describe_images(repositoryName=name)["imageDetails"][0]["imageDigest"]
    definition = tasks.register(wharf, image, **tasks.sh(FOREVER))
    running = tasks.start(wharf, definition)
    running.wait("RUNNING")
    ended = tasks.run(wharf, image, **tasks.sh("true"))
    ended.wait("STOPPED")
    for resource in (ARN + name, f"{ARN}{name}/{digest}"):
        (found,) = clusters(wharf, resource).values()
        by_definition = {it["clusterMetadata"]["awsEcsMetadataDetails"]["taskDefinitionArn"]: it for it in found}
        shown = by_definition[definition]
        assert (shown["runningUnitCount"], shown["stoppedUnitCount"]) == (1, 0)
        assert shown["clusterMetadata"]["awsEcsMetadataDetails"]["detailsGroup"].startswith("family:")
        assert sorted((it["runningUnitCount"], it["stoppedUnitCount"]) for it in found) == [(0, 1), (1, 0)]
    assert clusters(wharf, f"{ARN}{name}/sha256:{'0' * 64}") == {}
    assert clusters(wharf, ARN + other) == {}
    inspector = wharf.client("inspector2")
    inspector.enable(resourceTypes=["ECR"])
    try:
        wait_for(lambda: in_use(inspector, name)[:1] == (1,), 30, "the image to be in use")
        wait_for(lambda: in_use(inspector, other) == (0, None), 30, "the other image to be covered")
        running.stop()
        wait_for(lambda: in_use(inspector, name)[:1] == (0,), 30, "the image to be in use no more")
        assert in_use(inspector, name)[1] is not None
    finally:
        inspector.disable(resourceTypes=["ECR"])
    (found,) = clusters(wharf, ARN + name, size=1).values()
    assert sum(it["runningUnitCount"] for it in found) == 0 and len(found) == 2
    with pytest.raises(ClientError, match="ValidationException"):
        clusters(wharf, ARN.replace("000000000000", "111111111111") + name)


def test_pods_that_run_an_image(installation):
    with with_nodes(installation) as cluster:
        name = kubernetes.name("podded")
        uri = images.push(installation, "busybox", name=name, tag="1")
        instance = launch(installation, cluster, USER_DATA)
        wait_for(lambda: condition(node_of(cluster, instance), "Ready") == "True", 90, "a node that is ready")
        assert clusters(installation, ARN + name) == {}
        apply(cluster, "alone", {"containers": [sh(uri, FOREVER)]})
        wait_phase(cluster, "alone", "Running")
        (details,) = wait_for(lambda: clusters(installation, ARN + name).get(f"cluster/{cluster.name}"), 30, "the cluster")
        shown = details["clusterMetadata"]["awsEksMetadataDetails"]
        assert (shown["namespace"], shown["workloadInfoList"]) == ("default", [{"name": "alone", "type": "Pod"}])
        assert (details["runningUnitCount"], details["stoppedUnitCount"]) == (1, 0)
