"""Several accounts in one installation: created, apart from each other, trusting each other, closed."""

import base64
import contextlib
import json
import socket
import urllib.parse

from harness import control, images, kubernetes, tasks, tools
from harness.installation import Keys, Place
from harness.refusals import refused
from harness.services import Web
from harness.tasks import document
from harness.waiting import wait_for
from test_ec2_instances import own_image_of

HOME = "000000000000"
CLOSED_DEADLINE_S = 120


def create(wharf, name, *arguments):
    """A new account: its number and its root."""
    made = json.loads(wharf.run("account", "create", name, "--json", *arguments).stdout)
    return made["account"]["id"], Keys(made["accessKeyId"], made["secretAccessKey"])


def listed(wharf):
    found = json.loads(wharf.run("account", "list", "--json").stdout)["accounts"]
    return {account["id"]: account for account in found}


def trust(*who, **condition):
    statement = {"Effect": "Allow", "Principal": {"AWS": list(who)}, "Action": "sts:AssumeRole"}
    return json.dumps({"Version": "2012-10-17", "Statement": [{**statement, **({"Condition": condition} if condition else {})}]})


def test_accounts_are_created_and_listed(wharf):
    number, root = create(wharf, "blue team", "--id", "100000000001")
    other, _ = create(wharf, "red team")
    assert number == "100000000001" and len(other) == 12 and other.isdigit()
    place = Place(wharf, "us-east-1", root)
    who = place.client("sts").get_caller_identity()
    assert (who["Account"], who["Arn"]) == (number, f"arn:aws:iam::{number}:root")
    accounts = listed(wharf)
    assert accounts[HOME]["home"] and not accounts[number]["home"]
    assert (accounts[number]["name"], accounts[number]["state"]) == ("blue team", "open")
    again = wharf.run("account", "create", "x", "--id", number, check=False)
    assert again.returncode != 0 and "exists already" in again.stderr
    home = wharf.run("account", "close", HOME, check=False)
    assert home.returncode != 0 and "cannot be closed" in home.stderr
    lines = wharf.run("account", "list").stdout.splitlines()
    assert lines[0].split() == ["ACCOUNT", "STATE", "CREATED", "NAME"] and any(line.endswith("blue team") for line in lines)


def test_a_command_with_a_token_can_be_repeated(wharf):
    first, key = create(wharf, "repeated", "--client-token", "once")
    again, same = create(wharf, "repeated", "--client-token", "once")
    assert (again, same.access_key, same.secret_key) == (first, key.access_key, key.secret_key)
    other = wharf.run("account", "create", "another", "--client-token", "once", check=False)
    assert other.returncode != 0 and "already used with other parameters" in other.stderr
    sts = wharf.client("sts")
    assert sts.get_access_key_info(AccessKeyId=key.access_key)["Account"] == first
    nobody = key.access_key[:-1] + ("A" if key.access_key[-1] != "A" else "B")
    assert sts.get_access_key_info(AccessKeyId=nobody)["Account"] == first


def test_an_account_has_everything_of_its_own(wharf):
    number, root = create(wharf, "own")
    place = Place(wharf, "eu-west-1", root)
    assert place.client("iam").list_users()["Users"] == []
    assert place.client("ecr").describe_repositories()["repositories"] == []
    (vpc,) = place.client("ec2").describe_vpcs()["Vpcs"]
    assert vpc["IsDefault"] and vpc["OwnerId"] == number
    assert vpc["VpcId"] not in {one["VpcId"] for one in wharf.client("ec2", region="eu-west-1").describe_vpcs()["Vpcs"]}


def test_only_the_home_account_makes_accounts(wharf):
    _, stranger = create(wharf, "stranger")
    _, nobody = tasks.user(wharf)
    _, maker = tasks.user(wharf, document(["wharf:CreateAccount", "wharf:CloseAccount"]))
    for keys, status in ((stranger, 403), (nobody, 400), (maker, 200)):
        assert control.call(wharf, "CreateAccount", keys, name="made").status_code == status
    answer = control.call(wharf, "CreateAccount", maker, name="made").json()
    made, secret = answer["account"]["id"], answer["secretAccessKey"]
    assert control.call(wharf, "CloseAccount", stranger, id=made).status_code == 403
    assert control.call(wharf, "CloseAccount", maker, id=made).status_code == 200
    created = [{"AttributeKey": "EventName", "AttributeValue": "CreateAccount"}]

    def recorded():
        events = wharf.client("cloudtrail").lookup_events(LookupAttributes=created)["Events"]
        return next((text for text in (event["CloudTrailEvent"] for event in events) if made in text), None)

    assert secret not in wait_for(recorded, 10, "the event of an account's creation")


def manage_instances(place):
    """A provider of Managed Instances by which its cluster's tasks are started, so that it is deleted after the strategy alone."""
    ecs = place.client("ecs")
    account = place.client("sts").get_caller_identity()["Account"]
    template = {
        "ec2InstanceProfileArn": f"arn:aws:iam::{account}:instance-profile/ecsInstanceRole",
        "networkConfiguration": {"subnets": tasks.default_subnets(place)},
    }
    provider = {"infrastructureRoleArn": f"arn:aws:iam::{account}:role/infrastructure", "instanceLaunchTemplate": template}
    ecs.create_capacity_provider(name="managed", cluster="default", managedInstancesProvider=provider)
    strategy = [{"capacityProvider": "managed", "weight": 1}]
    ecs.put_cluster_capacity_providers(cluster="default", capacityProviders=["managed"], defaultCapacityProviderStrategy=strategy)


def test_a_closed_account_ends(fresh):
    """Its service, tasks and load balancer go, though the server is killed right after; its number is never given again."""
    number, root = create(fresh, "doomed")
    place = Place(fresh, "eu-west-1", root)
    place.client("ecs").create_cluster(clusterName="default")
    web = Web(place, images.push(place, "web"), name="web").make(2)
    place.client("elbv2").modify_load_balancer_attributes(
        LoadBalancerArn=web.balancer["LoadBalancerArn"], Attributes=[{"Key": "deletion_protection.enabled", "Value": "true"}]
    )
    groups = place.client("autoscaling")
    groups.create_launch_configuration(LaunchConfigurationName="doomed", ImageId=own_image_of(place), InstanceType="t3.small")
    groups.create_auto_scaling_group(
        AutoScalingGroupName="doomed", LaunchConfigurationName="doomed", MinSize=0, MaxSize=1,
        AvailabilityZones=["eu-west-1a"], DeletionProtection="prevent-all-deletion",
    )  # fmt: skip
    manage_instances(place)
    password = place.registry_password()
    assert fresh.shims()
    fresh.run("account", "close", number)
    fresh.kill_child("server")
    assert refused(place.client("sts").get_caller_identity)[0] == "InvalidClientTokenId"
    assert refused(place.client("ecs").list_clusters)[0] == "UnrecognizedClientException"
    pulled = tools.run(
        "skopeo", "inspect", "--tls-verify=false", "--creds", f"AWS:{password}", f"docker://{fresh.registry}/web", check=False
    )  # fmt: skip
    assert pulled.returncode != 0 and "is closed" in pulled.stderr
    wait_for(lambda: listed(fresh)[number]["state"] == "closed", CLOSED_DEADLINE_S, "the account's end")
    wait_for(lambda: not fresh.shims(), CLOSED_DEADLINE_S, "the end of its containers")
    again = fresh.run("account", "create", "x", "--id", number, check=False)
    assert again.returncode != 0 and "never given again" in again.stderr


def test_instances_of_a_closed_account_end(installation):
    """With what would launch them anew, protects them and stays behind, though the server is killed right after."""
    number, root = create(installation, "computing")
    place = Place(installation, "eu-west-1", root)
    ec2 = place.client("ec2")
    image = own_image_of(place)
    data = {"ImageId": image, "InstanceType": "t3.nano", "DisableApiTermination": True}
    template = ec2.create_launch_template(LaunchTemplateName="kept", LaunchTemplateData=data)["LaunchTemplate"]
    specification = {"LaunchTemplateId": template["LaunchTemplateId"], "Version": "$Latest"}
    ec2.create_fleet(
        Type="maintain",
        LaunchTemplateConfigs=[{"LaunchTemplateSpecification": specification}],
        TargetCapacitySpecification={"TotalTargetCapacity": 1, "DefaultTargetCapacityType": "on-demand"},
    )
    spot = {"MarketType": "spot", "SpotOptions": {"SpotInstanceType": "persistent", "InstanceInterruptionBehavior": "stop"}}
    ec2.run_instances(ImageId=image, InstanceType="t3.nano", MinCount=1, MaxCount=1, InstanceMarketOptions=spot)
    ec2.create_volume(AvailabilityZone="eu-west-1a", Size=1)
    address = ec2.allocate_address()

    def running():
        found = ec2.describe_instances(Filters=[{"Name": "instance-state-name", "Values": ["running"]}])["Reservations"]
        return [instance["InstanceId"] for reservation in found for instance in reservation["Instances"]]

    first, _ = wait_for(lambda: len(running()) == 2 and running(), CLOSED_DEADLINE_S, "both instances run")
    ec2.associate_address(AllocationId=address["AllocationId"], InstanceId=first)
    assert installation.shims()
    installation.run("account", "close", number)
    installation.kill_child("server")
    wait_for(lambda: listed(installation)[number]["state"] == "closed", CLOSED_DEADLINE_S, "the account's end")
    wait_for(lambda: not installation.shims(), CLOSED_DEADLINE_S, "the end of its instances")


def test_clusters_of_kubernetes_end_with_their_account(fresh):
    """One that is protected, with a node group, though the server is killed right after."""
    number, root = create(fresh, "doomed")
    place = Place(fresh, "eu-west-1", root)
    eks, iam = place.client("eks"), place.client("iam")
    made = eks.create_cluster(
        name="doomed", roleArn=kubernetes.role(place), resourcesVpcConfig={"subnetIds": kubernetes.subnets(place)}, deletionProtection=True
    )
    assert made["cluster"]["status"] == "CREATING"
    eks.get_waiter("cluster_active").wait(name="doomed", WaiterConfig={"Delay": 1, "MaxAttempts": 60})
    endpoint = urllib.parse.urlsplit(eks.describe_cluster(name="doomed")["cluster"]["endpoint"])
    trust_ec2 = {"Effect": "Allow", "Principal": {"Service": "ec2.amazonaws.com"}, "Action": "sts:AssumeRole"}
    nodes = iam.create_role(RoleName="nodes", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust_ec2]}))
    eks.create_nodegroup(
        clusterName="doomed",
        nodegroupName="workers",
        nodeRole=nodes["Role"]["Arn"],
        subnets=kubernetes.subnets(place)[:1],
        scalingConfig={"minSize": 0, "maxSize": 1, "desiredSize": 0},
    )

    def answers():
        with contextlib.suppress(OSError), socket.create_connection((endpoint.hostname, endpoint.port), 1):
            return True
        return False

    assert answers()
    fresh.run("account", "close", number)
    fresh.kill_child("server")
    wait_for(lambda: listed(fresh)[number]["state"] == "closed", CLOSED_DEADLINE_S, "the account's end")
    assert not answers()


def test_a_closed_account_is_closed_with_iam_off_too(unstarted):
    wharf = unstarted(arguments=("--iam", "off")).start(node=False)
    number, root = create(wharf, "doomed")
    by_number = Keys(number, "anything")
    for keys in (root, by_number):
        assert wharf.client("sts", keys).get_caller_identity()["Account"] == number
    wharf.run("account", "close", number)
    for keys in (root, by_number):
        assert refused(wharf.client("sts", keys).get_caller_identity)[0] == "InvalidClientTokenId"


def test_roles_are_assumed_across_accounts(wharf, tmp_path):
    """Both sides must allow it; by boto3 and by profiles of the command line."""
    number, root = create(wharf, "partner")
    partner = Place(wharf, "us-east-1", root)
    name, keys = tasks.user(partner, document("sts:AssumeRole", f"arn:aws:iam::{HOME}:role/*"))
    user = f"arn:aws:iam::{number}:user/{name}"
    iam, role = wharf.client("iam"), tasks.unique("shared")
    arn = iam.create_role(RoleName=role, AssumeRolePolicyDocument=trust(f"arn:aws:iam::{HOME}:root"))["Role"]["Arn"]
    iam.put_role_policy(RoleName=role, PolicyName="p", PolicyDocument=document("ecs:List*"))
    sts = wharf.client("sts", keys)
    denied = ("AccessDenied", f"User: {user} is not authorized to perform: sts:AssumeRole on resource: {arn}")
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me") == denied
    missing = arn + "-not"
    assert refused(sts.assume_role, RoleArn=missing, RoleSessionName="me") == (denied[0], denied[1] + "-not")

    for who in (number, user):
        condition = {"StringEquals": {"sts:ExternalId": "agreed", "aws:PrincipalAccount": number}}
        iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust(who, **condition))
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me") == denied
        assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="guessed") == denied
        answer = sts.assume_role(RoleArn=arn, RoleSessionName="me", ExternalId="agreed", Policy=document("ecs:ListClusters"))
        session = Keys.of_session(answer["Credentials"])
        assert wharf.client("sts", session).get_caller_identity()["Arn"] == f"arn:aws:sts::{HOME}:assumed-role/{role}/me"
        wharf.client("ecs", session).list_clusters()
        assert refused(wharf.client("ecs", session).list_tasks)[1].endswith("because no session policy allows the ecs:ListTasks action")

    # Another user of the same name is somebody else.
    theirs = partner.client("iam")
    theirs.delete_access_key(UserName=name, AccessKeyId=keys.access_key)
    theirs.delete_user_policy(UserName=name, PolicyName="p0")
    theirs.delete_user(UserName=name)
    theirs.create_user(UserName=name)
    theirs.put_user_policy(UserName=name, PolicyName="p0", PolicyDocument=document("sts:AssumeRole"))
    keys = Keys.of_user(theirs.create_access_key(UserName=name)["AccessKey"])
    sts = wharf.client("sts", keys)
    assert refused(sts.assume_role, RoleArn=arn, RoleSessionName="me", ExternalId="agreed") == denied

    # The trust policy names the very user; its own policy must agree all the same.
    other, without = tasks.user(partner)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust(f"arn:aws:iam::{number}:user/{other}"))
    text = f"User: arn:aws:iam::{number}:user/{other} is not authorized to perform: sts:AssumeRole on resource: {arn}"
    assert refused(wharf.client("sts", without).assume_role, RoleArn=arn, RoleSessionName="me") == ("AccessDenied", text)
    iam.update_assume_role_policy(RoleName=role, PolicyDocument=trust(number))

    (tmp_path / "credentials").write_text(f"[partner]\naws_access_key_id={keys.access_key}\naws_secret_access_key={keys.secret_key}\n")
    (tmp_path / "config").write_text(f"[profile shared]\nrole_arn={arn}\nsource_profile=partner\nregion=us-east-1\n")
    # The command line keeps sessions of roles below the home folder, for whatever endpoint.
    files = {
        "HOME": str(tmp_path),
        "AWS_CONFIG_FILE": str(tmp_path / "config"),
        "AWS_SHARED_CREDENTIALS_FILE": str(tmp_path / "credentials"),
    }
    environment = {k: v for k, v in wharf.environment().items() if k not in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY")} | files
    printed = tools.run(
        tools.AWS, "--profile", "shared", "sts", "get-caller-identity", "--query", "Arn", "--output", "text", env=environment
    ).stdout
    assert printed.startswith(f"arn:aws:sts::{HOME}:assumed-role/{role}/")


def test_a_repository_is_shared_by_its_policy(wharf, busybox):
    """Another account pulls and pushes by API, by skopeo and in a task, as far as the policy goes."""
    number, root = create(wharf, "reader")
    reader = Place(wharf, "us-east-1", root)
    repository = tasks.unique("shared")
    image = images.push(wharf, "busybox", name=repository)
    ecr, theirs = wharf.client("ecr"), reader.client("ecr")
    of_home = {"registryId": HOME, "repositoryName": repository}
    resource = f"arn:aws:ecr:us-east-1:{HOME}:repository/{repository}"
    code, text = refused(theirs.list_images, **of_home)
    assert code == "AccessDeniedException"
    assert text.endswith(f"on resource: {resource} because no resource-based policy allows the ecr:ListImages action")
    assert refused(theirs.list_images, registryId=HOME, repositoryName=repository + "x")[1] == text.replace(resource, resource + "x")

    def share(*actions):
        statement = {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{number}:root"}, "Action": list(actions)}
        ecr.set_repository_policy(repositoryName=repository, policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))

    pulling = ("ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer", "ecr:BatchCheckLayerAvailability")
    share("ecr:ListImages", *pulling)
    assert theirs.list_images(**of_home)["imageIds"]
    # The reader's own policy has a say too.
    _, limited = tasks.user(reader, document("ecr:*", effect="Deny"))
    assert refused(reader.client("ecr", limited).list_images, **of_home)[0] == "AccessDeniedException"

    (granted,) = theirs.get_authorization_token(registryIds=[HOME])["authorizationData"]
    login = base64.b64decode(granted["authorizationToken"]).decode()
    tools.run("skopeo", "inspect", "--tls-verify=false", "--creds", login, f"docker://{image}")
    pushed = ["skopeo", "copy", "--dest-tls-verify=false", "--dest-creds", login, f"oci-archive:{tools.image_archive('busybox')}"]
    target = f"docker://{wharf.registry}/{repository}:pushed"
    done = tools.run(*pushed, target, check=False)
    assert done.returncode != 0 and "no resource-based policy allows" in done.stderr
    share("ecr:*")
    tools.run(*pushed, target)
    assert {one.get("imageTag") for one in ecr.list_images(repositoryName=repository)["imageIds"]} == {"latest", "pushed"}

    # So does a policy of the registry as a whole.
    assert refused(theirs.describe_repositories, registryId=HOME)[0] == "AccessDeniedException"
    every = f"arn:aws:ecr:us-east-1:{HOME}:repository/*"
    statement = {"Effect": "Allow", "Principal": {"AWS": number}, "Action": "ecr:DescribeRepositories", "Resource": every}
    ecr.put_registry_policy(policyText=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    assert repository in {one["repositoryName"] for one in theirs.describe_repositories(registryId=HOME)["repositories"]}
    ecr.delete_registry_policy()
    assert refused(ecr.get_registry_policy)[0] == "RegistryPolicyNotFoundException"
    assert refused(theirs.describe_repositories, registryId=HOME)[0] == "AccessDeniedException"

    # A task of the reader runs it by its execution role.
    reader.client("ecs").create_cluster(clusterName="default")
    role = tasks.execution_role(reader)
    options = {"requiresCompatibilities": ["FARGATE"], "cpu": "256", "memory": "512"}
    name = f"{HOME}.dkr.ecr.us-east-1.amazonaws.com/{repository}:pushed"
    definition = tasks.register(reader, name, network="awsvpc", task=options, execution_role=role, **tasks.sh("echo shared"))

    def run():
        return tasks.start(reader, definition, launchType="FARGATE", **tasks.in_vpc(reader))

    task = run()
    task.wait("STOPPED")
    assert task.exit_code == 0 and "shared" in task.output()
    ecr.delete_repository_policy(repositoryName=repository)
    stopped = run().wait("STOPPED")
    assert "CannotPullContainerError" in json.dumps(stopped, default=str), stopped


def test_what_is_elsewhere_is_refused(wharf):
    """An ARN of another account or region is never taken for one of here."""
    number, root = create(wharf, "elsewhere")
    place = Place(wharf, "us-east-1", root)
    ecs, logs = place.client("ecs"), place.client("logs")
    ecs.create_cluster(clusterName="default")
    logs.create_log_group(logGroupName="app")
    code, text = refused(ecs.list_services, cluster=f"arn:aws:ecs:us-east-1:{HOME}:cluster/default")
    assert code == "AccessDeniedException" and text.endswith("because no resource-based policy allows the ecs:ListServices action")
    code, text = refused(ecs.list_services, cluster=f"arn:aws:ecs:eu-west-1:{number}:cluster/default")
    assert (code, text) == ("InvalidParameterException", "Invalid identifier: Identifier is for eu-west-1. Your region is us-east-1")
    group = f"arn:aws:logs:us-east-1:{HOME}:log-group:app"
    assert refused(logs.describe_log_streams, logGroupIdentifier=group)[0] == "ResourceNotFoundException"


def test_users_and_roles_have_the_partition_of_the_region(wharf):
    """One IAM for all regions: made in one partition, used in another, named as each names it."""
    china = Place(wharf, "cn-north-1")
    name, keys = tasks.user(china, document("sts:AssumeRole", f"arn:aws-cn:iam::{HOME}:role/*"))
    user = f"arn:aws-cn:iam::{HOME}:user/{name}"
    assert china.client("sts", keys).get_caller_identity()["Arn"] == user
    assert wharf.client("sts", keys).get_caller_identity()["Arn"] == user.replace("aws-cn", "aws")
    made = china.client("iam").create_role(RoleName=tasks.unique("china"), AssumeRolePolicyDocument=trust(user))["Role"]["Arn"]
    assert made.startswith(f"arn:aws-cn:iam::{HOME}:role/")
    for place, arn in ((china, made), (wharf, made.replace("aws-cn", "aws"))):
        answer = place.client("sts", keys).assume_role(RoleArn=arn, RoleSessionName="me")
        assert answer["AssumedRoleUser"]["Arn"].startswith(arn.split("iam::")[0] + f"sts::{HOME}:assumed-role/")
    code, text = refused(china.client("ecs", keys).list_clusters)
    assert code == "AccessDeniedException" and text.startswith(f"User: {user} is not authorized")


def test_an_account_lends_another_a_network_interface(wharf):
    """An elastic address of the other comes to it, as long as either likes."""
    number, root = create(wharf, "lent to")
    mine, theirs = wharf.client("ec2"), wharf.client("ec2", root)
    subnet = mine.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    eni = mine.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]["NetworkInterfaceId"]
    elastic = theirs.allocate_address()
    associate = {"AllocationId": elastic["AllocationId"], "NetworkInterfaceId": eni}
    missing = "InvalidNetworkInterfaceID.NotFound"
    assert refused(theirs.associate_address, **associate)[0] == missing
    grant = {"NetworkInterfaceId": eni, "AwsAccountId": number, "Permission": "EIP-ASSOCIATE"}
    permission = mine.create_network_interface_permission(**grant)["InterfacePermission"]
    assert permission["PermissionState"] == {"State": "granted"}
    assert refused(mine.create_network_interface_permission, **grant)[0] == "InvalidPermission.Duplicate"
    service = {"NetworkInterfaceId": eni, "AwsService": "codebuild.amazonaws.com", "Permission": "INSTANCE-ATTACH"}
    code, why = refused(mine.create_network_interface_permission, **service)
    assert "AwsService" in why, (code, why)
    by_id = {"NetworkInterfacePermissionIds": [permission["NetworkInterfacePermissionId"]]}
    assert mine.describe_network_interface_permissions(**by_id)["NetworkInterfacePermissions"] == [permission]
    theirs.associate_address(**associate)
    (shown,) = mine.describe_network_interfaces(NetworkInterfaceIds=[eni])["NetworkInterfaces"]
    assert (shown["Association"]["PublicIp"], shown["Association"]["IpOwnerId"]) == (elastic["PublicIp"], number)
    wharf.kill_child("server")
    (address,) = theirs.describe_addresses()["Addresses"]
    assert (address["NetworkInterfaceId"], address["NetworkInterfaceOwnerId"]) == (eni, HOME)
    gone = {"NetworkInterfacePermissionId": permission["NetworkInterfacePermissionId"]}
    assert refused(mine.delete_network_interface_permission, **gone)[0] == "OperationNotPermitted"
    assert mine.delete_network_interface_permission(**gone, Force=True)["Return"]
    assert refused(mine.delete_network_interface_permission, **gone)[0] == "InvalidNetworkInterfacePermissionID.NotFound"
    mine.delete_network_interface(NetworkInterfaceId=eni)
    (address,) = theirs.describe_addresses()["Addresses"]
    assert "AssociationId" not in address
    # What a closed account lent it lends no more; who uses it may go on, and end that.
    subnet = theirs.describe_subnets(Filters=[{"Name": "default-for-az", "Values": ["true"]}])["Subnets"][0]
    eni = theirs.create_network_interface(SubnetId=subnet["SubnetId"])["NetworkInterface"]["NetworkInterfaceId"]
    theirs.create_network_interface_permission(NetworkInterfaceId=eni, AwsAccountId=HOME, Permission="EIP-ASSOCIATE")
    allocation = mine.allocate_address()["AllocationId"]
    associate = {"AllocationId": allocation, "NetworkInterfaceId": eni}
    association = mine.associate_address(**associate)["AssociationId"]
    wharf.run("account", "close", number)
    wait_for(lambda: listed(wharf)[number]["state"] == "closed", CLOSED_DEADLINE_S, "the account's end")
    assert refused(mine.associate_address, **associate)[0] == missing
    mine.disassociate_address(AssociationId=association)
    mine.release_address(AllocationId=allocation)
