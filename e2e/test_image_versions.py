"""All tasks of a deployment run one version of each image, whatever becomes of its tag."""

import json

import pytest

from harness import images, tasks, upstream
from harness.waiting import wait_for
from test_services import Service, define


def digest_of(wharf, repository, tag="1"):
    described = wharf.client("ecr").describe_images(repositoryName=repository, imageIds=[{"imageTag": tag}])
    return described["imageDetails"][0]["imageDigest"]


def moved(wharf, name, image):
    """The tag `1` of a repository leads to that image now."""
    uri = images.push(wharf, image, name=name, tag="1")
    return uri, digest_of(wharf, name)


def revision(service):
    """The images of the deployment in place, as its service revision has them."""
    ecs = service.ecs
    (current,) = service.describe()["currentServiceRevisions"]
    described = ecs.describe_service_revisions(serviceRevisionArns=[current["arn"]])
    assert described["failures"] == []
    return {image["containerName"]: image for image in described["serviceRevisions"][0]["containerImages"]}


def ran(service):
    return {task["containers"][0].get("imageDigest") for task in service.running()}


def replaced(service):
    """Stops a task by killing what it is; the tasks once another runs in its place."""
    before = {task["taskArn"] for task in service.running()}
    victim = min(before)
    service.ecs.stop_task(task=victim)

    def others():
        now = {task["taskArn"] for task in service.running()}
        return len(now) == len(before) and victim not in now and now

    return wait_for(others, 60, "a task in the place of one that was stopped")


@pytest.fixture
def service(wharf):
    made = []

    def make(definition, **more):
        made.append(Service(wharf, definition, **more))
        return made[-1]

    yield make
    for one in made:
        one.ecs.delete_service(service=one.name, force=True)


def test_a_tag_that_moves_changes_nothing_until_the_next_deployment(wharf, service):
    name = tasks.unique("moving")
    uri, first = moved(wharf, name, "busybox")
    it = service(define(wharf, uri), count=2)
    it.stable()
    assert revision(it)["main"] == {"containerName": "main", "image": uri, "imageDigest": first}
    _, second = moved(wharf, name, "configured")
    assert first != second
    replaced(it)
    it.update(desiredCount=3)
    it.stable()
    assert ran(it) == {first} and revision(it)["main"]["imageDigest"] == first
    # The image as the definition names it, and what runs beside it.
    container = it.running()[0]["containers"][0]
    assert (container["image"], container["imageDigest"]) == (uri, first)
    it.update(forceNewDeployment=True)
    wait_for(lambda: ran(it) == {second} and len(it.describe()["deployments"]) == 1, 60, "the image that the tag has now")
    assert revision(it)["main"]["imageDigest"] == second


def test_a_rollback_runs_what_ran_before(wharf, service):
    name = tasks.unique("back")
    uri, first = moved(wharf, name, "busybox")
    breaker = {"deploymentCircuitBreaker": {"enable": True, "rollback": True}}
    it = service(define(wharf, uri), count=1, deploymentConfiguration=breaker)
    it.stable()
    wait_for(lambda: it.describe()["deployments"][0]["rolloutState"] == "COMPLETED", 60, "the first deployment")
    moved(wharf, name, "configured")
    it.update(taskDefinition=define(wharf, uri, script="exit 3"))
    wait_for(
        lambda: (
            [d["rolloutState"] for d in it.describe()["deployments"]] == ["COMPLETED"]
            and it.ecs.list_service_deployments(service=it.name)["serviceDeployments"][0]["status"] == "ROLLBACK_SUCCESSFUL"
        ),
        120,
        "the rollback",
    )
    assert ran(it) == {first} and revision(it)["main"]["imageDigest"] == first


def test_a_container_may_be_left_to_its_tag(wharf, service):
    name = tasks.unique("left")
    uri, first = moved(wharf, name, "busybox")
    definition = define(wharf, uri, versionConsistency="disabled")
    shown = wharf.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
    assert shown["containerDefinitions"][0]["versionConsistency"] == "disabled"
    it = service(definition, count=1)
    it.stable()
    assert ran(it) == {first} and "imageDigest" not in revision(it)["main"]
    _, second = moved(wharf, name, "configured")
    replaced(it)
    assert ran(it) == {second}


def test_of_another_registry_the_first_task_tells(wharf, service):
    with upstream.docker_registry() as host:
        first = upstream.put(host, "busybox", "team/app", "1")
        image = f"{host}/team/app:1"
        it = service(define(wharf, image), count=1)
        it.stable()
        wait_for(lambda: revision(it)["main"].get("imageDigest") == first, 30, "the digest that the task told")
        second = upstream.put(host, "configured", "team/app", "1")
        assert first != second
        it.update(desiredCount=2)
        it.stable()
        replaced(it)
        assert ran(it) == {first}


def test_versions_survive_a_kill_of_the_server(fresh):
    name = tasks.unique("killed")
    uri, first = moved(fresh, name, "busybox")
    it = Service(fresh, define(fresh, uri), count=1)
    it.stable()
    moved(fresh, name, "configured")
    fresh.kill_child("server")
    wait_for(fresh.healthy, 60, "the server")
    replaced(it)
    assert ran(it) == {first} and revision(it)["main"]["imageDigest"] == first
    it.delete()


def test_a_consistency_that_is_none_is_refused(wharf):
    container = {"name": "main", "image": "app", "memory": 64, "versionConsistency": "sometimes"}
    ecs = wharf.client("ecs")
    with pytest.raises(ecs.exceptions.ClientException, match="versionConsistency.*one of"):
        ecs.register_task_definition(family=tasks.unique("bad"), containerDefinitions=[container])


INDEX = "application/vnd.oci.image.index.v1+json"


def test_an_index_without_the_exact_platform_gives_the_nearest(wharf):
    ecr, name = wharf.client("ecr"), tasks.unique("index")
    uri = images.push(wharf, "busybox", name=name, tag="1").rpartition(":")[0]
    (image,) = ecr.batch_get_image(repositoryName=name, imageIds=[{"imageTag": "1"}])["images"]
    whole = ecr.describe_images(repositoryName=name, imageIds=[{"imageTag": "1"}])["imageDetails"][0]
    entry = {
        "mediaType": whole["imageManifestMediaType"],
        "digest": whole["imageDigest"],
        "size": len(image["imageManifest"].encode()),
    }
    amd64 = {"os": "linux", "architecture": "amd64"}

    def index(tag, *entries):
        manifest = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [{**entry, **more} for more in entries]}
        ecr.put_image(repositoryName=name, imageManifest=json.dumps(manifest), imageManifestMediaType=INDEX, imageTag=tag)
        return f"{uri}:{tag}"

    attestation = {"platform": {"os": "unknown", "architecture": "unknown"}}
    windows = {"platform": {"os": "windows", "architecture": "amd64"}}
    above = {"platform": {**amd64, "variant": "v99"}}
    for tag, entries in [
        ("unsaid", (attestation, windows, above, {})),
        ("least", (above, {"platform": {**amd64, "variant": "v1"}})),
    ]:
        task = tasks.run_script(wharf, index(tag, *entries), "exit 7")
        task.wait()
        assert task.exit_code == 7, task.describe()
    for tag, entries in [("other", (attestation, windows, above)), ("artifact", ({"artifactType": "application/x-signature"},))]:
        stopped = tasks.run_script(wharf, index(tag, *entries), "exit 7").wait()
        assert "no matching manifest for linux/" in stopped["stoppedReason"], stopped
