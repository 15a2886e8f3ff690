"""Parameter Store through boto3, the AWS CLI and ssm-cache: written, read, listed, guarded, expired, kept over a kill."""

import base64
import datetime
import json
import time

from harness import disk, tasks, tools
from harness.installation import Installation
from harness.refusals import refused

HIDDEN = "correct horse battery staple"
EXISTS = "The parameter already exists. To overwrite this value, set the overwrite option in the request to true."


def test_a_parameter_lives_and_changes(wharf):
    ssm, name = wharf.client("ssm"), f"/{tasks.unique('app')}/url"
    made = ssm.put_parameter(Name=name, Value="one", Type="String", Description="of the shop", Tags=[{"Key": "team", "Value": "web"}])
    assert (made["Version"], made["Tier"]) == (1, "Standard")
    assert refused(ssm.put_parameter, Name=name, Value="two", Type="String") == ("ParameterAlreadyExists", EXISTS)
    assert ssm.put_parameter(Name=name, Value="two", Overwrite=True)["Version"] == 2
    assert ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["prod", "1st"])["InvalidLabels"] == ["1st"]
    found = wharf.aws("ssm", "get-parameter", "--name", f"{name}:prod")["Parameter"]
    assert (found["Value"], found["Version"], found["Selector"]) == ("one", 1, ":prod")
    arn = f"arn:aws:ssm:us-east-1:000000000000:parameter{name}"
    latest = ssm.get_parameter(Name=arn)["Parameter"]
    assert (latest["Value"], latest["ARN"], latest["DataType"]) == ("two", arn, "text")
    history = wharf.aws("ssm", "get-parameter-history", "--name", name)["Parameters"]
    assert [(it["Version"], it["Labels"]) for it in history] == [(1, ["prod"]), (2, [])]
    listed = ssm.describe_parameters(ParameterFilters=[{"Key": "tag:team", "Values": ["web"]}, {"Key": "Name", "Values": [name]}])
    assert [(it["Name"], it["Description"]) for it in listed["Parameters"]] == [(name, "of the shop")]
    assert ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"] == [{"Key": "team", "Value": "web"}]
    tagged = wharf.client("resourcegroupstaggingapi").get_resources(ResourceTypeFilters=["ssm:parameter"])
    assert arn in [it["ResourceARN"] for it in tagged["ResourceTagMappingList"]]
    got = ssm.delete_parameters(Names=[name, "/no/such"])
    assert (got["DeletedParameters"], got["InvalidParameters"]) == ([name], ["/no/such"])
    assert refused(ssm.get_parameter, Name=name)[0] == "ParameterNotFound"


def test_paths_are_walked_in_pages_and_several_are_read_at_once(wharf):
    ssm, root = wharf.client("ssm"), f"/{tasks.unique('tree')}"
    names = [f"{root}/{number:02}" for number in range(12)]
    for name in names:
        ssm.put_parameter(Name=name, Value=name, Type="String")
    ssm.put_parameter(Name=f"{root}/db/password", Value=HIDDEN, Type="SecureString")
    pages = list(ssm.get_paginator("get_parameters_by_path").paginate(Path=root))
    assert [len(page["Parameters"]) for page in pages] == [10, 2]
    everything = wharf.aws("ssm", "get-parameters-by-path", "--path", root, "--recursive", "--with-decryption")["Parameters"]
    assert len(everything) == 13 and HIDDEN in [it["Value"] for it in everything]
    several = ssm.get_parameters(Names=[names[0], f"{names[1]}:1", f"{names[2]}:9", f"{root}/none"])
    assert {it["Value"] for it in several["Parameters"]} == set(names[:2])
    assert several["InvalidParameters"] == [f"{names[2]}:9", f"{root}/none"]
    clear = ssm.get_parameter(Name=f"{root}/db/password")["Parameter"]["Value"]
    assert "horse" not in clear


def test_a_key_shuts_its_parameters(wharf):
    ssm, kms, name = wharf.client("ssm"), wharf.client("kms"), f"/{tasks.unique('locked')}"
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    ssm.put_parameter(Name=name, Value=HIDDEN, Type="SecureString", KeyId=key)
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == HIDDEN
    # What lies there is KMS's own, bound to the parameter.
    blob = base64.b64decode(ssm.get_parameter(Name=name)["Parameter"]["Value"])
    context = {"PARAMETER_ARN": f"arn:aws:ssm:us-east-1:000000000000:parameter{name}"}
    assert kms.decrypt(CiphertextBlob=blob, EncryptionContext=context)["Plaintext"].decode() == HIDDEN
    _, keys = tasks.user(wharf, tasks.document("ssm:GetParameter"))
    reader = wharf.client("ssm", keys)
    assert refused(reader.get_parameter, Name=name, WithDecryption=True)[0] == "AccessDeniedException"
    kms.disable_key(KeyId=key)
    assert refused(ssm.get_parameter, Name=name, WithDecryption=True)[0] == "InvalidKeyId"


def test_what_is_refused_and_how(wharf):
    ssm = wharf.client("ssm")

    def put(**parameters):
        return refused(ssm.put_parameter, **{"Name": tasks.unique("refused"), "Value": "x", "Type": "String"} | parameters)

    reserved = 'Parameter name: can\'t be prefixed with "aws" or "ssm" (case-insensitive).'
    assert put(Name="awsx") == ("ValidationException", reserved)
    assert put(Name="a/b") == ("ValidationException", "Parameter name must be a fully qualified name.")
    assert put(Name="/aws/service/x")[0] == "AccessDeniedException"
    assert put(Type="Text")[0] == "ValidationException"
    assert put(AllowedPattern=r"\d{1,4}")[1] == r"Parameter value, cannot be validated against allowedPattern: \d{1,4}"
    assert put(Type="SecureString", KeyId="alias/mine") == ("InvalidKeyId", "Invalid keyId alias/mine")
    notify = json.dumps([{"Type": "NoChangeNotification", "Version": "1.0", "Attributes": {"After": "0", "Unit": "Days"}}])
    assert put(Tier="Advanced", Policies=notify)[0] == "InvalidPolicyAttributeException"
    assert put(Value="x" * 4097)[1].startswith("Standard tier parameters support a maximum parameter value of 4096 characters.")
    assert refused(ssm.get_parameters_by_path, Path="x")[0] == "ValidationException"
    assert refused(ssm.send_command, DocumentName="AWS-RunShellScript")[1] == "ssm:SendCommand is not supported by this version of wharf."


def test_policies_guard_each_path(wharf):
    ssm, root = wharf.client("ssm"), f"/{tasks.unique('guarded')}"
    for name in ("open", "closed"):
        ssm.put_parameter(Name=f"{root}/{name}", Value=name, Type="String", Tags=[{"Key": "door", "Value": name}])
    at = "arn:aws:ssm:us-east-1:000000000000:parameter"
    read = ["ssm:GetParameter", "ssm:GetParameters", "ssm:GetParametersByPath"]
    by_tag = {"StringEquals": {"aws:ResourceTag/door": "closed"}}
    _, keys = tasks.user(
        wharf,
        tasks.document(read, f"{at}{root}*"),
        tasks.document("ssm:GetParameter*", "*", "Deny", Condition=by_tag),
        tasks.document("ssm:GetParametersByPath", "*", "Deny", Condition={"Bool": {"ssm:Recursive": "true"}}),
        tasks.document("ssm:PutParameter", f"{at}{root}*", Condition={"StringEquals": {"ssm:Overwrite": "false"}}),
    )
    reader = wharf.client("ssm", keys=keys)
    assert reader.get_parameter(Name=f"{root}/open")["Parameter"]["Value"] == "open"
    code, message = refused(reader.get_parameters, Names=[f"{root}/open", f"{root}/closed"])
    assert code == "AccessDeniedException" and f"{at}{root}/closed" in message
    assert len(reader.get_parameters_by_path(Path=root)["Parameters"]) == 2
    assert refused(reader.get_parameters_by_path, Path=root, Recursive=True)[0] == "AccessDeniedException"
    reader.put_parameter(Name=f"{root}/new", Value="x", Type="String")
    assert refused(reader.put_parameter, Name=f"{root}/open", Value="x", Overwrite=True)[0] == "AccessDeniedException"
    assert refused(reader.get_parameter, Name="/elsewhere")[0] == "AccessDeniedException"


def test_a_reference_reads_a_secret_as_the_caller(wharf):
    ssm, name = wharf.client("ssm"), tasks.unique("app/db")
    arn = wharf.client("secretsmanager").create_secret(Name=name, SecretString=HIDDEN)["ARN"]
    reference = f"/aws/reference/secretsmanager/{name}"
    found = ssm.get_parameter(Name=reference, WithDecryption=True)["Parameter"]
    assert (found["Value"], found["ARN"], found["Type"]) == (HIDDEN, arn, "SecureString")
    assert json.loads(found["SourceResult"])["name"] == name
    assert refused(ssm.get_parameter, Name=reference)[1] == "WithDecryption flag must be True for retrieving a Secret Manager secret."
    _, keys = tasks.user(wharf, tasks.document("ssm:*"))
    code, message = refused(wharf.client("ssm", keys=keys).get_parameter, Name=reference, WithDecryption=True)
    assert code == "AccessDeniedException" and "secretsmanager:GetSecretValue" in message


def test_public_parameters_are_facts(wharf):
    path = "/aws/service/global-infrastructure"
    shown = wharf.aws("ssm", "get-parameter", "--name", f"{path}/regions/us-east-1/longName")
    assert shown["Parameter"]["Value"] == "US East (N. Virginia)"
    assert shown["Parameter"]["ARN"] == f"arn:aws:ssm:us-east-1::parameter{path}/regions/us-east-1/longName"
    pages = wharf.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=f"{path}/services")
    services = {it["Value"] for page in pages for it in page["Parameters"]}
    assert {"ecs", "ecr", "elb", "ssm"} <= services and "wharf" not in services
    pages = wharf.client("ssm").get_paginator("get_parameters_by_path").paginate(Path=f"{path}/regions/us-east-1/availability-zones")
    zones = {it["Value"] for page in pages for it in page["Parameters"]}
    assert zones == {it["ZoneId"] for it in wharf.client("ec2").describe_availability_zones()["AvailabilityZones"]}
    # The image of machines for ECS, and for nodes of the versions that clusters have.
    versions = [it["clusterVersion"] for it in wharf.client("eks").describe_cluster_versions()["clusterVersions"]]
    assert len(versions) == 2
    ssm = wharf.client("ssm")
    of_nodes = [f"eks/optimized-ami/{version}/amazon-linux-2023/x86_64/standard" for version in versions]
    for path in ("ecs/optimized-ami/amazon-linux-2023", *of_nodes):
        image = ssm.get_parameter(Name=f"/aws/service/{path}/recommended/image_id")["Parameter"]["Value"]
        (found,) = wharf.client("ec2").describe_images(ImageIds=[image])["Images"]
        assert found["State"] == "available"


def test_ssm_cache_reads_parameters(wharf):
    ssm, root = wharf.client("ssm"), f"/{tasks.unique('cached')}"
    ssm.put_parameter(Name=f"{root}/hosts", Value="a,b", Type="StringList")
    ssm.put_parameter(Name=f"{root}/db/password", Value=HIDDEN, Type="SecureString")
    script = f"""
from ssm_cache import InvalidParameterError, SSMParameter, SSMParameterGroup
hosts, password = SSMParameter("{root}/hosts"), SSMParameter("{root}/db/password")
print(hosts.value, password.value)
group = SSMParameterGroup(base_path="{root}")
print(sorted(it.value for it in group.parameters("/db")))
try:
    SSMParameter("{root}/none").value
except InvalidParameterError:
    print("no such parameter")
"""
    environment = wharf.environment() | {"AWS_ENDPOINT_URL": wharf.endpoint, "AWS_DEFAULT_REGION": "us-east-1"}
    printed = tools.run(tools.client("python"), "-c", script, env=environment).stdout.splitlines()
    assert printed == [f"['a', 'b'] {HIDDEN}", f"['{HIDDEN}']", "no such parameter"]


def test_parameters_outlive_a_kill_lie_sealed_expire_and_are_sealed_anew():
    with Installation() as wharf:
        wharf.start(node=False)
        ssm = wharf.client("ssm")
        ssm.put_parameter(Name="kept", Value=HIDDEN, Type="SecureString")
        soon = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=4)).isoformat(timespec="milliseconds")
        policy = [{"Type": "Expiration", "Version": "1.0", "Attributes": {"Timestamp": soon.replace("+00:00", "Z")}}]
        made = ssm.put_parameter(Name="expires", Value="x", Type="String", Tier="Intelligent-Tiering", Policies=json.dumps(policy))
        assert made["Tier"] == "Advanced"
        ssm.update_service_setting(SettingId="/ssm/parameter-store/default-parameter-tier", SettingValue="Advanced")
        wharf.kill_child("server")
        wharf.wait_ready()
        ssm = wharf.client("ssm")
        assert ssm.get_parameter(Name="kept", WithDecryption=True)["Parameter"]["Value"] == HIDDEN
        assert ssm.put_parameter(Name="advanced", Value="x", Type="String")["Tier"] == "Advanced"
        deadline = time.monotonic() + 60
        while "expires" in [it["Name"] for it in ssm.describe_parameters()["Parameters"]]:
            assert time.monotonic() < deadline, "the parameter does not expire"
            time.sleep(0.2)
        assert refused(ssm.get_parameter, Name="expires")[0] == "ParameterNotFound"
        wharf.run("keys", "rotate", "keyring")
        assert wharf.client("ssm").get_parameter(Name="kept", WithDecryption=True)["Parameter"]["Value"] == HIDDEN
        assert not disk.files_with(wharf.data, HIDDEN.encode())
