"""Operations that tests of whole stories do not come by, through boto3: each is called, and shows what it did."""

import datetime
import json

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

from harness import log_groups, tasks
from harness.refusals import refused_code
from harness.waiting import wait_for
from test_ec2_instances import own_image_of

ACCOUNT = "000000000000"
TRUST = tasks.TRUST_TASKS


def pairs(tags, key="Key", value="Value"):
    return {it[key]: it[value] for it in tags}


# IAM


@pytest.fixture
def user(wharf):
    name, keys = tasks.user(wharf)
    return name, wharf.client("iam", keys)


def test_groups_and_boundaries_decide_what_a_user_may(wharf, user):
    iam, (name, theirs), group = wharf.client("iam"), user, tasks.unique("group")
    iam.create_group(GroupName=group)
    iam.add_user_to_group(GroupName=group, UserName=name)
    iam.put_group_policy(GroupName=group, PolicyName="look", PolicyDocument=tasks.document("iam:List*"))
    assert iam.list_group_policies(GroupName=group)["PolicyNames"] == ["look"]
    shown = iam.get_group_policy(GroupName=group, PolicyName="look")["PolicyDocument"]
    assert shown["Statement"] == json.loads(tasks.document("iam:List*"))["Statement"]
    wait_for(theirs.list_users, what="the group's right")

    arn = iam.create_policy(PolicyName=group, PolicyDocument=tasks.document("s3:*"))["Policy"]["Arn"]
    iam.put_user_permissions_boundary(UserName=name, PermissionsBoundary=arn)
    iam.attach_user_policy(UserName=name, PolicyArn=arn)
    assert refused_code(theirs.list_users) == "AccessDenied"
    assert iam.list_attached_user_policies(UserName=name)["AttachedPolicies"] == [{"PolicyName": group, "PolicyArn": arn}]
    role = iam.create_role(RoleName=group, AssumeRolePolicyDocument=TRUST)["Role"]["RoleName"]
    iam.put_role_permissions_boundary(RoleName=role, PermissionsBoundary=arn)
    assert iam.get_role(RoleName=role)["Role"]["PermissionsBoundary"]["PermissionsBoundaryArn"] == arn
    bounded = iam.list_entities_for_policy(PolicyArn=arn, PolicyUsageFilter="PermissionsBoundary")
    assert ([it["UserName"] for it in bounded["PolicyUsers"]], [it["RoleName"] for it in bounded["PolicyRoles"]]) == ([name], [role])
    assert refused_code(iam.delete_policy, PolicyArn=arn) == "DeleteConflict"
    iam.delete_role_permissions_boundary(RoleName=role)
    iam.delete_user_permissions_boundary(UserName=name)
    assert "PermissionsBoundary" not in iam.get_role(RoleName=role)["Role"]
    assert theirs.list_users()["Users"]
    iam.delete_group_policy(GroupName=group, PolicyName="look")
    assert refused_code(theirs.list_users) == "AccessDenied"


def test_the_keys_of_conditions(wharf, user):
    iam, (name, _) = wharf.client("iam"), user
    condition = {"StringEquals": {"aws:RequestTag/team": "web"}, "IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}
    document = tasks.document("ecs:*", Condition=condition)
    # They have no case.
    keys, of = ["aws:requesttag/team", "aws:sourceip"], lambda found: sorted(it.lower() for it in found["ContextKeyNames"])
    assert of(iam.get_context_keys_for_custom_policy(PolicyInputList=[document])) == keys
    iam.put_user_policy(UserName=name, PolicyName="p", PolicyDocument=document)
    arn = f"arn:aws:iam::{ACCOUNT}:user/{name}"
    assert of(iam.get_context_keys_for_principal_policy(PolicySourceArn=arn)) == keys


def certificate():
    """A certificate by itself and its key, in PEM."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tags.example.com")])
    now = datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder().subject_name(name).issuer_name(name).public_key(key.public_key()).serial_number(1)
    made = made.not_valid_before(now - datetime.timedelta(days=1)).not_valid_after(now + datetime.timedelta(days=9))
    body = made.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM).decode()
    return body, key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@pytest.mark.parametrize("kind", ["policy", "role", "instance_profile", "mfa_device", "server_certificate"])
def test_tags_of_each_kind(wharf, kind):
    iam, name = wharf.client("iam"), tasks.unique("tagged")
    body, key = certificate()
    made = {
        "policy": lambda: {"PolicyArn": iam.create_policy(PolicyName=name, PolicyDocument=tasks.document("s3:*"))["Policy"]["Arn"]},
        "role": lambda: {"RoleName": iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["RoleName"]},
        "instance_profile": lambda: {
            "InstanceProfileName": iam.create_instance_profile(InstanceProfileName=name)["InstanceProfile"]["InstanceProfileName"]
        },
        "mfa_device": lambda: {
            "SerialNumber": iam.create_virtual_mfa_device(VirtualMFADeviceName=name)["VirtualMFADevice"]["SerialNumber"]
        },
        "server_certificate": lambda: {
            "ServerCertificateName": iam.upload_server_certificate(ServerCertificateName=name, CertificateBody=body, PrivateKey=key)[
                "ServerCertificateMetadata"
            ]["ServerCertificateName"]
        },
    }[kind]()
    getattr(iam, f"tag_{kind}")(**made, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}])
    getattr(iam, f"tag_{kind}")(**made, Tags=[{"Key": "b", "Value": "3"}])
    assert pairs(getattr(iam, f"list_{kind}_tags")(**made)["Tags"]) == {"a": "1", "b": "3"}
    getattr(iam, f"untag_{kind}")(**made, TagKeys=["a"])
    assert pairs(getattr(iam, f"list_{kind}_tags")(**made)["Tags"]) == {"b": "3"}
    if kind == "mfa_device":
        assert iam.get_mfa_device(**made)["SerialNumber"] == made["SerialNumber"]
        iam.delete_virtual_mfa_device(**made)
    if kind == "server_certificate":
        assert name in [it["ServerCertificateName"] for it in iam.list_server_certificates()["ServerCertificateMetadataList"]]
        iam.update_server_certificate(ServerCertificateName=name, NewServerCertificateName=f"{name}-new")
        assert refused_code(iam.get_server_certificate, ServerCertificateName=name) == "NoSuchEntity"
        iam.delete_server_certificate(ServerCertificateName=f"{name}-new")


def test_what_an_account_has_one_of(wharf, user):
    iam, (name, _) = wharf.client("iam"), user
    alias = tasks.unique("alias")
    iam.create_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == [alias]
    iam.delete_account_alias(AccountAlias=alias)
    assert iam.list_account_aliases()["AccountAliases"] == []
    iam.create_login_profile(UserName=name, Password="first-Passw0rd-of-it", PasswordResetRequired=True)
    iam.update_account_password_policy(MinimumPasswordLength=30)
    assert refused_code(iam.update_login_profile, UserName=name, Password="Sh0rt-enough") == "PasswordPolicyViolation"
    iam.delete_account_password_policy()
    assert refused_code(iam.get_account_password_policy) == "NoSuchEntity"
    iam.update_login_profile(UserName=name, Password="Sh0rt-enough", PasswordResetRequired=False)
    assert iam.get_login_profile(UserName=name)["LoginProfile"]["PasswordResetRequired"] is False
    iam.delete_login_profile(UserName=name)


# KMS


def test_keys_have_more_to_be_asked_for(wharf):
    kms, alias, (name, keys) = wharf.client("kms"), f"alias/{tasks.unique('seldom')}", tasks.user(wharf)
    key = kms.create_key(Tags=[{"TagKey": "a", "TagValue": "1"}])["KeyMetadata"]["KeyId"]
    kms.create_alias(AliasName=alias, TargetKeyId=key)
    assert [it["AliasName"] for it in kms.list_aliases(KeyId=key)["Aliases"]] == [alias]
    kms.update_key_description(KeyId=key, Description="another")
    assert kms.describe_key(KeyId=key)["KeyMetadata"]["Description"] == "another"
    assert kms.list_key_policies(KeyId=key)["PolicyNames"] == ["default"]
    assert pairs(kms.list_resource_tags(KeyId=key)["Tags"], "TagKey", "TagValue") == {"a": "1"}
    kms.enable_key_rotation(KeyId=key)
    kms.disable_key_rotation(KeyId=key)
    assert kms.get_key_rotation_status(KeyId=key)["KeyRotationEnabled"] is False
    pair = kms.generate_data_key_pair_without_plaintext(KeyId=key, KeyPairSpec="ECC_NIST_P256")
    assert "PrivateKeyPlaintext" not in pair and kms.decrypt(CiphertextBlob=pair["PrivateKeyCiphertextBlob"])["Plaintext"]

    # Who is named to retire a grant lists and retires it.
    theirs, arn = wharf.client("kms", keys), f"arn:aws:iam::{ACCOUNT}:user/{name}"
    wharf.client("iam").put_user_policy(UserName=name, PolicyName="p", PolicyDocument=tasks.document("kms:ListRetirableGrants"))
    named = {"GranteePrincipal": arn, "RetiringPrincipal": arn, "Operations": ["Encrypt", "RetireGrant"]}
    grant = kms.create_grant(KeyId=key, **named)["GrantId"]
    assert theirs.encrypt(KeyId=key, Plaintext=b"x")["CiphertextBlob"]
    assert [it["GrantId"] for it in theirs.list_retirable_grants(RetiringPrincipal=arn)["Grants"]] == [grant]
    theirs.retire_grant(KeyId=f"arn:aws:kms:us-east-1:{ACCOUNT}:key/{key}", GrantId=grant)
    assert kms.list_grants(KeyId=key)["Grants"] == []
    assert refused_code(theirs.encrypt, KeyId=key, Plaintext=b"x") == "AccessDeniedException"
    kms.delete_alias(AliasName=alias)
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


# Queues, parameters, secrets


def test_many_messages_are_hidden_and_shown_at_once(wharf):
    sqs = wharf.client("sqs")
    url = sqs.create_queue(QueueName=tasks.unique("seldom"), Attributes={"VisibilityTimeout": "600"})["QueueUrl"]
    sqs.tag_queue(QueueUrl=url, Tags={"a": "1", "b": "2"})
    sqs.untag_queue(QueueUrl=url, TagKeys=["a"])
    assert sqs.list_queue_tags(QueueUrl=url)["Tags"] == {"b": "2"}
    sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": str(n), "MessageBody": str(n)} for n in range(3)])
    taken = []

    def take():
        taken.extend(sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))
        return len(taken) == 3

    wait_for(take, what="three messages")
    entries = [{"Id": it["Body"], "ReceiptHandle": it["ReceiptHandle"], "VisibilityTimeout": 0} for it in taken]
    changed = sqs.change_message_visibility_batch(QueueUrl=url, Entries=[*entries[:2], {**entries[2], "VisibilityTimeout": 43201}])
    assert {it["Id"] for it in changed["Successful"]} == {it["Id"] for it in entries[:2]}
    [failed] = changed["Failed"]
    assert (failed["Id"], failed["SenderFault"], failed["Code"]) == (entries[2]["Id"], True, "InvalidParameterValue")
    again = set()
    wait_for(
        lambda: (
            again.update(it["Body"] for it in sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages", []))
            or len(again) == 2
        )
    )
    assert again == {it["Id"] for it in entries[:2]}
    sqs.delete_queue(QueueUrl=url)


def test_labels_are_taken_off_and_policies_of_secrets_tried(wharf):
    ssm, name = wharf.client("ssm"), f"/{tasks.unique('seldom')}"
    ssm.put_parameter(Name=name, Value="x", Type="String")
    ssm.label_parameter_version(Name=name, Labels=["a", "b"])
    gone = ssm.unlabel_parameter_version(Name=name, ParameterVersion=1, Labels=["a", "c"])
    assert (gone["RemovedLabels"], gone["InvalidLabels"]) == (["a"], ["c"])
    assert refused_code(ssm.get_parameter, Name=f"{name}:a") == "ParameterVersionNotFound"
    assert ssm.get_parameter(Name=f"{name}:b")["Parameter"]["Value"] == "x"
    ssm.delete_parameter(Name=name)
    secrets = wharf.client("secretsmanager")
    account = tasks.document("secretsmanager:GetSecretValue", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert secrets.validate_resource_policy(ResourcePolicy=account)["PolicyValidationPassed"] is True
    everybody = secrets.validate_resource_policy(ResourcePolicy=tasks.document("secretsmanager:GetSecretValue", Principal="*"))
    assert everybody["PolicyValidationPassed"] is False and everybody["ValidationErrors"]


# Events, alarms, logs


def test_a_rule_that_is_disabled_chooses_nothing(wharf):
    events, logs, rule = wharf.client("events"), wharf.client("logs"), tasks.unique("seldom")
    group = f"/aws/events/{rule}"
    logs.create_log_group(logGroupName=group)
    events.put_rule(Name=rule, EventPattern=json.dumps({"source": [rule]}))
    target = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    service = {"Service": ["events.amazonaws.com", "delivery.logs.amazonaws.com"]}
    lets_in = tasks.document(["logs:CreateLogStream", "logs:PutLogEvents"], f"{target}:*", Principal=service)
    logs.put_resource_policy(policyName=rule, policyDocument=lets_in)
    events.put_targets(Rule=rule, Targets=[{"Id": "log", "Arn": target}])
    assert rule in [it["Name"] for it in events.list_rules(NamePrefix=rule)["Rules"]]
    assert [it["Arn"] for it in events.list_targets_by_rule(Rule=rule)["Targets"]] == [target]

    def put(kind):
        assert events.put_events(Entries=[{"Source": rule, "DetailType": kind, "Detail": "{}"}])["FailedEntryCount"] == 0

    events.disable_rule(Name=rule)
    assert events.describe_rule(Name=rule)["State"] == "DISABLED"
    put("while it is off")
    events.enable_rule(Name=rule)
    put("while it is on")
    found = lambda: [json.loads(it["message"])["detail-type"] for it in logs.filter_log_events(logGroupName=group)["events"]]  # noqa: E731
    wait_for(found, what="the event")
    assert found() == ["while it is on"]
    bus = f"arn:aws:events:us-east-1:{ACCOUNT}:event-bus/default"
    events.create_archive(ArchiveName=rule, EventSourceArn=bus, EventPattern=json.dumps({"source": [rule]}))
    events.update_archive(ArchiveName=rule, Description="another", RetentionDays=3)
    [archive] = events.list_archives(NamePrefix=rule)["Archives"]
    assert (archive["RetentionDays"], archive["EventSourceArn"]) == (3, bus)
    assert events.list_replays(NamePrefix=rule)["Replays"] == []
    assert refused_code(events.cancel_replay, ReplayName=rule) == "ResourceNotFoundException"
    events.delete_archive(ArchiveName=rule)
    events.remove_targets(Rule=rule, Ids=["log"])
    events.delete_rule(Name=rule)
    logs.delete_resource_policy(policyName=rule)


def test_an_alarm_whose_actions_are_disabled_does_nothing(wharf):
    cloudwatch, sns, sqs, name = wharf.client("cloudwatch"), wharf.client("sns"), wharf.client("sqs"), tasks.unique("seldom")
    topic = sns.create_topic(Name=name)["TopicArn"]
    url = sqs.create_queue(QueueName=name)["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    lets_in = tasks.document("sqs:SendMessage", arn, Principal={"Service": "sns.amazonaws.com"})
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": lets_in})
    sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn, Attributes={"RawMessageDelivery": "true"})
    cloudwatch.put_metric_alarm(
        AlarmName=name, Namespace=name, MetricName="Load", Statistic="Average", Period=3600, EvaluationPeriods=1, Threshold=1,
        ComparisonOperator="GreaterThanThreshold", AlarmActions=[topic],
    )  # fmt: skip

    def alarmed(reason):
        for state in ("OK", "ALARM"):
            cloudwatch.set_alarm_state(AlarmName=name, StateValue=state, StateReason=reason)

    cloudwatch.disable_alarm_actions(AlarmNames=[name])
    assert cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"][0]["ActionsEnabled"] is False
    alarmed("silent")
    cloudwatch.enable_alarm_actions(AlarmNames=[name])
    alarmed("loud")
    [message] = wait_for(lambda: sqs.receive_message(QueueUrl=url, WaitTimeSeconds=1).get("Messages"), what="the alarm's word")
    assert json.loads(message["Body"])["NewStateReason"] == "loud"
    cloudwatch.delete_alarms(AlarmNames=[name])
    sns.delete_topic(TopicArn=topic)
    sqs.delete_queue(QueueUrl=url)


def test_groups_of_logs_have_older_tags_and_filters_that_go(wharf):
    logs, group = wharf.client("logs"), log_groups.make(wharf, "seldom")
    arn = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{group}"
    logs.tag_log_group(logGroupName=group, tags={"a": "1", "b": "2"})
    logs.untag_log_group(logGroupName=group, tags=["a"])
    assert logs.list_tags_log_group(logGroupName=group)["tags"] == logs.list_tags_for_resource(resourceArn=arn)["tags"] == {"b": "2"}
    assert "policyDocument" not in logs.get_data_protection_policy(logGroupIdentifier=group)
    target = log_groups.make(wharf, "seldom")
    destination = f"arn:aws:logs:us-east-1:{ACCOUNT}:log-group:{target}"
    assert refused_code(logs.delete_subscription_filter, logGroupName=group, filterName="f") == "ResourceNotFoundException"
    logs.put_subscription_filter(logGroupName=group, filterName="f", filterPattern="", destinationArn=destination)
    logs.delete_subscription_filter(logGroupName=group, filterName="f")
    assert logs.describe_subscription_filters(logGroupName=group)["subscriptionFilters"] == []


# Buckets


def test_what_is_set_of_a_bucket_goes_again(wharf):
    s3, bucket = wharf.client("s3"), tasks.unique("seldom")
    s3.create_bucket(Bucket=bucket)
    assert "Status" not in s3.get_bucket_versioning(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    owned = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=owned)
    assert s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"] == owned
    s3.delete_bucket_ownership_controls(Bucket=bucket)
    assert refused_code(s3.get_bucket_ownership_controls, Bucket=bucket) == "OwnershipControlsNotFoundError"
    s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": [{"Key": "a", "Value": "1"}]})
    s3.delete_bucket_tagging(Bucket=bucket)
    assert refused_code(s3.get_bucket_tagging, Bucket=bucket) == "NoSuchTagSet"
    rule = {"ID": "old", "Status": "Enabled", "Filter": {"Prefix": "a"}, "Expiration": {"Days": 9}}
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": [rule]})
    s3.delete_bucket_lifecycle(Bucket=bucket)
    assert refused_code(s3.get_bucket_lifecycle_configuration, Bucket=bucket) == "NoSuchLifecycleConfiguration"
    by_key = {"Rules": [{"ApplyServerSideEncryptionByDefault": {"SSEAlgorithm": "aws:kms"}}]}
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration=by_key)
    s3.delete_bucket_encryption(Bucket=bucket)
    [left] = s3.get_bucket_encryption(Bucket=bucket)["ServerSideEncryptionConfiguration"]["Rules"]
    assert left["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}, "what every bucket has"
    version = s3.put_object(Bucket=bucket, Key="k", Body=b"x", Tagging="a=1")["VersionId"]
    s3.delete_object_tagging(Bucket=bucket, Key="k")
    assert s3.get_object_tagging(Bucket=bucket, Key="k")["TagSet"] == []
    s3.delete_object(Bucket=bucket, Key="k", VersionId=version)
    s3.delete_bucket(Bucket=bucket)


# Trails


def test_a_trail_is_stopped_and_deleted(wharf):
    cloudtrail, s3, name = wharf.client("cloudtrail"), wharf.client("s3"), tasks.unique("seldom")
    s3.create_bucket(Bucket=name)
    statements = [
        {
            "Effect": "Allow",
            "Principal": {"Service": "cloudtrail.amazonaws.com"},
            "Action": action,
            "Resource": f"arn:aws:s3:::{name}{more}",
        }
        for action, more in (("s3:GetBucketAcl", ""), ("s3:PutObject", "/AWSLogs/*"))
    ]
    s3.put_bucket_policy(Bucket=name, Policy=json.dumps({"Version": "2012-10-17", "Statement": statements}))
    cloudtrail.create_trail(Name=name, S3BucketName=name)
    assert name in [it["Name"] for it in cloudtrail.list_trails()["Trails"]]
    assert cloudtrail.get_event_selectors(TrailName=name)["TrailARN"].endswith(f":trail/{name}")
    cloudtrail.start_logging(Name=name)
    assert cloudtrail.get_trail_status(Name=name)["IsLogging"] is True
    cloudtrail.stop_logging(Name=name)
    assert cloudtrail.get_trail_status(Name=name)["IsLogging"] is False
    cloudtrail.delete_trail(Name=name)
    assert refused_code(cloudtrail.get_trail_status, Name=name) == "TrailNotFoundException"


# Networks, groups of instances, files, clusters


@pytest.fixture
def vpc(wharf):
    ec2 = wharf.client("ec2")
    made = ec2.create_vpc(CidrBlock="10.77.0.0/16")["Vpc"]["VpcId"]
    yield made
    ec2.delete_vpc(VpcId=made)


def test_descriptions_of_rules_change_and_the_rules_stay(wharf, vpc):
    ec2 = wharf.client("ec2")
    group = ec2.create_security_group(GroupName="seldom", Description="seldom", VpcId=vpc)["GroupId"]
    ports = {"IpProtocol": "tcp", "FromPort": 80, "ToPort": 81}

    def permission(text):
        return [{**ports, "IpRanges": [{"CidrIp": "10.0.0.0/8", "Description": text}]}]

    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=permission("old"))
    ec2.authorize_security_group_egress(GroupId=group, IpPermissions=permission("old"))
    ec2.update_security_group_rule_descriptions_ingress(GroupId=group, IpPermissions=permission("new in"))
    ec2.update_security_group_rule_descriptions_egress(GroupId=group, IpPermissions=permission("new out"))
    rules = ec2.describe_security_group_rules(Filters=[{"Name": "group-id", "Values": [group]}])["SecurityGroupRules"]
    assert {(it["IsEgress"], it["Description"]) for it in rules if it["IpProtocol"] == "tcp"} == {(False, "new in"), (True, "new out")}
    assert ec2.describe_security_group_references(GroupId=[group])["SecurityGroupReferenceSet"] == []
    assert ec2.describe_stale_security_groups(VpcId=vpc)["StaleSecurityGroupSet"] == []
    ec2.delete_security_group(GroupId=group)


def test_entries_and_associations_are_replaced(wharf, vpc):
    ec2 = wharf.client("ec2")
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.77.1.0/24")["Subnet"]["SubnetId"]
    acl = ec2.create_network_acl(VpcId=vpc)["NetworkAcl"]["NetworkAclId"]
    entry = {"NetworkAclId": acl, "RuleNumber": 100, "Egress": False, "CidrBlock": "10.0.0.0/8", "Protocol": "-1"}
    ec2.create_network_acl_entry(**entry, RuleAction="allow")
    ec2.replace_network_acl_entry(**entry, RuleAction="deny")
    [shown] = ec2.describe_network_acls(NetworkAclIds=[acl])["NetworkAcls"]
    assert [it["RuleAction"] for it in shown["Entries"] if it["RuleNumber"] == 100] == ["deny"]
    assert refused_code(ec2.replace_network_acl_entry, **entry | {"RuleNumber": 7}, RuleAction="deny") == "InvalidNetworkAclEntry.NotFound"
    one, two = (ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"] for _ in range(2))
    before = ec2.associate_route_table(RouteTableId=one, SubnetId=subnet)["AssociationId"]
    after = ec2.replace_route_table_association(AssociationId=before, RouteTableId=two)["NewAssociationId"]
    tables = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"]
    assert [it["RouteTableId"] for it in tables] == [two] and before != after
    interface = ec2.create_network_interface(SubnetId=subnet, Description="seldom")["NetworkInterface"]["NetworkInterfaceId"]
    asked = ec2.describe_network_interface_attribute(NetworkInterfaceId=interface, Attribute="description")
    assert asked["Description"]["Value"] == "seldom"
    ec2.delete_network_interface(NetworkInterfaceId=interface)
    ec2.disassociate_route_table(AssociationId=after)
    for table in (one, two):
        ec2.delete_route_table(RouteTableId=table)
    ec2.delete_network_acl(NetworkAclId=acl)
    ec2.delete_subnet(SubnetId=subnet)


def test_groups_of_instances_have_balancers_and_batches_of_times(wharf):
    groups, elb, ec2, name = wharf.client("autoscaling"), wharf.client("elbv2"), wharf.client("ec2"), tasks.unique("seldom")
    subnet = tasks.default_subnets(wharf)[0]
    vpc = ec2.describe_subnets(SubnetIds=[subnet])["Subnets"][0]["VpcId"]
    groups.create_launch_configuration(LaunchConfigurationName=name, ImageId=own_image_of(wharf), InstanceType="t3.small")
    assert [
        it["InstanceType"] for it in groups.describe_launch_configurations(LaunchConfigurationNames=[name])["LaunchConfigurations"]
    ] == ["t3.small"]
    of = {"AutoScalingGroupName": name}
    groups.create_auto_scaling_group(**of, LaunchConfigurationName=name, MinSize=0, MaxSize=3, VPCZoneIdentifier=subnet)
    made = elb.create_target_group(Name=name, Protocol="HTTP", Port=80, VpcId=vpc, TargetType="instance")
    arn = made["TargetGroups"][0]["TargetGroupArn"]
    groups.attach_load_balancer_target_groups(**of, TargetGroupARNs=[arn])
    [attached] = groups.describe_load_balancer_target_groups(**of)["LoadBalancerTargetGroups"]
    assert attached["LoadBalancerTargetGroupARN"] == arn
    assert [it["Identifier"] for it in groups.describe_traffic_sources(**of)["TrafficSources"]] == [arn]
    groups.detach_traffic_sources(**of, TrafficSources=[{"Identifier": arn, "Type": "elbv2"}])
    wait_for(lambda: groups.describe_load_balancer_target_groups(**of)["LoadBalancerTargetGroups"] == [], what="no target group")
    groups.attach_load_balancer_target_groups(**of, TargetGroupARNs=[arn])
    groups.detach_load_balancer_target_groups(**of, TargetGroupARNs=[arn])
    wait_for(lambda: groups.describe_traffic_sources(**of)["TrafficSources"] == [], what="no source of traffic")

    actions = [{"ScheduledActionName": it, "Recurrence": "0 8 * * *", "MinSize": 1} for it in ("a", "b")]
    bad = {"ScheduledActionName": "c", "Recurrence": "never", "MinSize": 1}
    put = groups.batch_put_scheduled_update_group_action(**of, ScheduledUpdateGroupActions=[*actions, bad])
    assert [it["ScheduledActionName"] for it in put["FailedScheduledUpdateGroupActions"]] == ["c"]
    assert {it["ScheduledActionName"] for it in groups.describe_scheduled_actions(**of)["ScheduledUpdateGroupActions"]} == {"a", "b"}
    assert "autoscaling:EC2_INSTANCE_TERMINATING" in groups.describe_lifecycle_hook_types()["LifecycleHookTypes"]
    assert "autoscaling:EC2_INSTANCE_LAUNCH" in groups.describe_auto_scaling_notification_types()["AutoScalingNotificationTypes"]
    assert {"Metric": "GroupMinSize"} in groups.describe_metric_collection_types()["Metrics"]
    groups.delete_auto_scaling_group(**of, ForceDelete=True)
    elb.delete_target_group(TargetGroupArn=arn)


def test_file_systems_are_changed(wharf):
    efs = wharf.client("efs")
    made = efs.create_file_system(CreationToken=tasks.unique("seldom"))["FileSystemId"]
    wait_for(lambda: efs.describe_file_systems(FileSystemId=made)["FileSystems"][0]["LifeCycleState"] == "available")
    changed = efs.update_file_system(FileSystemId=made, ThroughputMode="provisioned", ProvisionedThroughputInMibps=8)
    assert (changed["ThroughputMode"], changed["ProvisionedThroughputInMibps"]) == ("provisioned", 8)
    efs.put_lifecycle_configuration(FileSystemId=made, LifecyclePolicies=[])
    assert efs.describe_lifecycle_configuration(FileSystemId=made)["LifecyclePolicies"] == []
    assert efs.describe_backup_policy(FileSystemId=made)["BackupPolicy"]["Status"] == "DISABLED"
    assert refused_code(efs.describe_replication_configurations, FileSystemId=made) == "ReplicationNotFound"
    assert efs.describe_account_preferences()["ResourceIdPreference"]["ResourceIdType"] in ("LONG_ID", "SHORT_ID")
    efs.delete_file_system(FileSystemId=made)


def test_attributes_and_settings_of_ecs_go_again(wharf):
    ecs = wharf.client("ecs")
    instance = ecs.list_container_instances()["containerInstanceArns"][0]
    attribute = {"name": tasks.unique("seldom"), "targetId": instance}
    ecs.put_attributes(attributes=[{**attribute, "value": "1"}])
    listed = {"targetType": "container-instance", "attributeName": attribute["name"]}
    assert [it["value"] for it in ecs.list_attributes(**listed)["attributes"]] == ["1"]
    ecs.delete_attributes(attributes=[attribute])
    assert ecs.list_attributes(**listed)["attributes"] == []
    _, keys = tasks.user(wharf, tasks.document("ecs:*AccountSetting*"))
    theirs = wharf.client("ecs", keys)
    name = "containerInsights"

    def effective():
        return {it["name"]: it["value"] for it in theirs.list_account_settings(effectiveSettings=True)["settings"]}[name]

    before = effective()
    theirs.put_account_setting(name=name, value="enhanced")
    assert effective() == "enhanced"
    theirs.delete_account_setting(name=name)
    assert effective() == before
