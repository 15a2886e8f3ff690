"""Who may do what: users, roles, sessions and the words in which they are refused."""

import json

import pytest

from harness import tasks
from harness.installation import Keys
from harness.refusals import refused
from harness.tasks import document
from harness.waiting import wait_for

ACCOUNT = "000000000000"
DEFINITION_ARN = f"arn:aws:ecs:us-east-1:{ACCOUNT}:task-definition/"


@pytest.fixture(scope="module")
def definition(wharf, busybox):
    return tasks.register(wharf, busybox, command=["true"])


def not_authorized(who, action, resource, why=None):
    because = why or f"because no identity-based policy allows the {action} action"
    return f"User: {who} is not authorized to perform: {action} on resource: {resource} {because}"


def test_environment_is_the_root_of_the_account(wharf):
    assert wharf.exports["AWS_ENDPOINT_URL"] in (f"http://127.0.0.1:{wharf.port}", f"http://localhost:{wharf.port}")
    assert wharf.exports["AWS_REGION"] == wharf.exports["AWS_DEFAULT_REGION"] == "us-east-1"
    who = wharf.aws("sts", "get-caller-identity")
    assert who["Account"] == ACCOUNT
    assert who["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"


def test_user_with_only_ecr_is_refused_run_task(wharf, definition):
    name, keys = tasks.user(wharf, document("ecr:*"))
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    assert wharf.aws("ecr", "describe-repositories", keys=keys)["repositories"]

    done = wharf.aws("ecs", "run-task", "--task-definition", definition, keys=keys, check=False)
    text = not_authorized(arn, "ecs:RunTask", definition)
    assert f"An error occurred (AccessDeniedException) when calling the RunTask operation: {text}" in done.stderr
    assert done.returncode != 0


def test_family_is_authorised_as_the_revision_it_stands_for(wharf, definition):
    name, keys = tasks.user(wharf, document("ecs:RunTask", definition))
    family = definition.rpartition("/")[2].partition(":")[0]
    task = tasks.start(wharf, family, keys=keys)
    task.wait("STOPPED")

    other = tasks.register(wharf, "other", command=["true"])
    code, message = refused(wharf.client("ecs", keys).run_task, taskDefinition=other.rpartition("/")[2].partition(":")[0])
    assert (code, message) == ("AccessDeniedException", not_authorized(f"arn:aws:iam::{ACCOUNT}:user/{name}", "ecs:RunTask", other))


def test_assumed_role_is_refused_under_its_session_name(wharf, definition):
    iam, role = wharf.client("iam"), tasks.unique("push-only")
    trust = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    )
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document("ecr:*"))
    _, keys = tasks.user(wharf, document("sts:AssumeRole", arn))

    answer = wharf.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="me")
    session = Keys.of_session(answer["Credentials"])
    assert session.access_key.startswith("ASIA")
    who = f"arn:aws:sts::{ACCOUNT}:assumed-role/{role}/me"
    assert wharf.client("sts", session).get_caller_identity()["Arn"] == who
    wharf.client("ecr", session).describe_repositories()
    code, message = refused(wharf.client("ecs", session).run_task, taskDefinition=definition)
    assert (code, message) == ("AccessDeniedException", not_authorized(who, "ecs:RunTask", definition))


def test_role_that_does_not_trust_the_caller_is_not_assumed(wharf):
    arn = tasks.task_role(wharf, "ecr:*")
    name, keys = tasks.user(wharf, document("sts:AssumeRole"))
    code, message = refused(wharf.client("sts", keys).assume_role, RoleArn=arn, RoleSessionName="me")
    assert code == "AccessDenied"
    assert message.startswith(f"User: arn:aws:iam::{ACCOUNT}:user/{name} is not authorized to perform: sts:AssumeRole on resource: {arn}")


def test_session_policy_narrows_a_role(wharf):
    iam, role = wharf.client("iam"), tasks.unique("narrowed")
    trust = json.dumps(
        {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": ACCOUNT}, "Action": "sts:AssumeRole"}]}
    )
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document("ecs:*"))
    _, keys = tasks.user(wharf, document("sts:AssumeRole", arn))
    answer = wharf.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="me", Policy=document("ecs:ListClusters"))
    ecs = wharf.client("ecs", Keys.of_session(answer["Credentials"]))
    ecs.list_clusters()
    code, message = refused(ecs.list_tasks)
    assert code == "AccessDeniedException"
    assert message.endswith("because no session policy allows the ecs:ListTasks action")


def test_explicit_deny_wins(wharf, definition):
    name, keys = tasks.user(wharf, document("*"), document("ecs:RunTask", effect="Deny"))
    wharf.client("ecs", keys).list_tasks()
    code, message = refused(wharf.client("ecs", keys).run_task, taskDefinition=definition)
    assert code == "AccessDeniedException"
    why = "with an explicit deny in an identity-based policy"
    assert message == not_authorized(f"arn:aws:iam::{ACCOUNT}:user/{name}", "ecs:RunTask", definition, why)


def test_tags_of_clusters_tasks_and_definitions_shut_out(wharf, busybox):
    """What is tagged `live` nobody but root touches, whatever kind of thing it is."""
    live = {"StringEquals": {"aws:ResourceTag/stage": "live"}}
    _, keys = tasks.user(wharf, document("ecs:*"), document("ecs:*", effect="Deny", Condition=live))
    root, mine = wharf.client("ecs"), wharf.client("ecs", keys)
    cluster = root.create_cluster(clusterName=tasks.unique("tags"))["cluster"]["clusterArn"]
    definition = tasks.register(wharf, busybox, entryPoint=["sleep"], command=["600"])
    task = tasks.start(wharf, definition)
    task.wait("RUNNING", 60)
    described = {
        cluster: lambda: mine.describe_clusters(clusters=[cluster]),
        task.arn: lambda: mine.describe_tasks(tasks=[task.arn]),
    }
    for arn, describe in described.items():
        describe()
        root.tag_resource(resourceArn=arn, tags=[{"key": "stage", "value": "live"}])
        assert refused(describe)[0] == "AccessDeniedException", arn
        assert refused(mine.untag_resource, resourceArn=arn, tagKeys=["stage"])[0] == "AccessDeniedException", arn
    assert refused(mine.stop_task, task=task.arn)[0] == "AccessDeniedException"
    root.tag_resource(resourceArn=definition, tags=[{"key": "stage", "value": "live"}])
    root.deregister_task_definition(taskDefinition=definition)
    assert refused(mine.delete_task_definitions, taskDefinitions=[definition])[0] == "AccessDeniedException"
    root.untag_resource(resourceArn=task.arn, tagKeys=["stage"])
    mine.stop_task(task=task.arn)
    task.wait("STOPPED", 60)
    root.delete_cluster(cluster=cluster)


def test_passing_a_role_needs_pass_role(wharf, busybox):
    role = tasks.task_role(wharf, "ecs:ListClusters")
    definition = tasks.register(wharf, busybox, role=role, command=["true"])
    name, keys = tasks.user(wharf, document("ecs:RunTask"))
    code, message = refused(wharf.client("ecs", keys).run_task, taskDefinition=definition)
    assert (code, message) == ("AccessDeniedException", not_authorized(f"arn:aws:iam::{ACCOUNT}:user/{name}", "iam:PassRole", role))

    _, keys = tasks.user(
        wharf,
        document("ecs:RunTask"),
        document("iam:PassRole", role, Condition={"StringEquals": {"iam:PassedToService": "ecs-tasks.amazonaws.com"}}),
    )
    tasks.start(wharf, definition, keys=keys).wait("STOPPED")


def test_registering_a_definition_with_a_role_needs_pass_role(wharf, busybox):
    role = tasks.task_role(wharf, "ecs:ListClusters")
    _, keys = tasks.user(wharf, document("ecs:RegisterTaskDefinition"))
    containers = [{"name": "main", "image": busybox, "memory": 16}]
    ecs = wharf.client("ecs", keys)
    ecs.register_task_definition(family="no-role", containerDefinitions=containers)
    code, message = refused(ecs.register_task_definition, family="with-role", containerDefinitions=containers, taskRoleArn=role)
    assert code in ("AccessDeniedException", "ClientException") and "iam:PassRole" in message


def test_managed_policies_count(wharf):
    iam = wharf.client("iam")
    arn = iam.create_policy(PolicyName=tasks.unique("managed"), PolicyDocument=document("ecs:ListClusters"))["Policy"]["Arn"]
    name, keys = tasks.user(wharf)
    assert refused(wharf.client("ecs", keys).list_clusters)[0] == "AccessDeniedException"
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    wharf.client("ecs", keys).list_clusters()
    iam.detach_user_policy(UserName=name, PolicyArn=arn)
    assert refused(wharf.client("ecs", keys).list_clusters)[0] == "AccessDeniedException"


def test_a_deleted_key_is_unknown(wharf):
    iam = wharf.client("iam")
    name, keys = tasks.user(wharf, document("ecs:*"))
    wharf.client("ecs", keys).list_clusters()
    iam.delete_access_key(UserName=name, AccessKeyId=keys.access_key)
    assert refused(wharf.client("ecs", keys).list_clusters) == (
        "UnrecognizedClientException",
        "The security token included in the request is invalid.",
    )


def test_registry_actions_are_authorised_as_ecr_actions(wharf, busybox):
    from harness import images, tools

    _, reader = tasks.user(
        wharf, document(["ecr:GetAuthorizationToken", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability"])
    )
    tools.run("skopeo", "inspect", "--tls-verify=false", "--creds", f"AWS:{wharf.registry_password(reader)}", f"docker://{busybox}")
    target = f"docker://{busybox.rpartition(':')[0]}:forbidden"
    done = images.skopeo_copy(wharf, f"oci-archive:{tools.image_archive('configured')}", target, keys=reader, check=False)
    assert done.returncode != 0
    assert "denied" in done.stderr.lower(), done.stderr


def test_enforcement_modes(unstarted):
    """`soft` lets through what `enforce` would refuse and says so; `off` verifies nothing."""
    soft = unstarted(arguments=("--iam", "soft")).start(node=False)
    name, keys = tasks.user(soft)
    soft.client("ecs", keys).list_clusters()
    wait_for(lambda: "ecs:ListClusters" in soft.output.text and name in soft.output.text, 10, "what would be denied in the log")

    off = unstarted(arguments=("--iam", "off")).start(node=False)
    forged = Keys("AKIAAAAAAAAAAAAAAAAA", "not the secret")
    off.client("ecs", forged).list_clusters()
    # Root assumes no roles elsewhere; here nothing is asked of anybody, nor of the role.
    trust = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}]})
    arn = off.client("iam").create_role(RoleName="assumed", AssumeRolePolicyDocument=trust)["Role"]["Arn"]
    assert off.client("sts").get_caller_identity()["Arn"] == f"arn:aws:iam::{ACCOUNT}:root"
    assumed = off.client("sts").assume_role(RoleArn=arn, RoleSessionName="me")
    assert assumed["AssumedRoleUser"]["Arn"] == f"arn:aws:sts::{ACCOUNT}:assumed-role/assumed/me"
    assert assumed["Credentials"]["SessionToken"]
    import requests

    target = {"X-Amz-Target": "AmazonEC2ContainerServiceV20141113.ListClusters", "Content-Type": "application/x-amz-json-1.1"}
    foreign = requests.post(off.endpoint, data="{}", headers={**target, "Origin": "https://example.test"}, timeout=10)
    assert foreign.status_code == 403, "a web page elsewhere must not reach an endpoint that verifies nothing"
    unknown_host = requests.post(off.endpoint, data="{}", headers={**target, "Host": "example.test"}, timeout=10)
    assert unknown_host.status_code == 403
