"""Roles, policies, instance profiles and users."""

import json

from .form import Resource, gone, step

ABSENT = ["NoSuchEntity"]


def document(*statements):
    return json.dumps({"Statement": statements, "Version": "2012-10-17"}, separators=(",", ":"), sort_keys=True)


TRUST = document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "ecs-tasks.amazonaws.com"}})
LOGS = document({"Action": ["logs:CreateLogStream", "logs:PutLogEvents"], "Effect": "Allow", "Resource": "*"})
OTHER = document({"Action": ["logs:*"], "Effect": "Allow", "Resource": "*"})
EXECUTION = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

ROLE = Resource(
    "aws_iam_role",
    # Tasks of the same configuration use it.
    volatile=frozenset({"RoleLastUsed"}),
    create=(
        step(
            "iam.create_role", RoleName="terraform", Path="/", MaxSessionDuration=3600, AssumeRolePolicyDocument=TRUST,
            Tags=[{"Key": "Name", "Value": "terraform"}], keep={"role": "Role.Arn"},
        ),
        step("iam.put_role_policy", RoleName="terraform", PolicyName="logs", PolicyDocument=LOGS),
    ),
    read=(
        step(
            "iam.get_role", RoleName="terraform",
            shows={"Role.AssumeRolePolicyDocument": json.loads(TRUST), "Role.MaxSessionDuration": 3600, "Role.Path": "/", "Role.Tags": [{"Key": "Name", "Value": "terraform"}]},
        ),
        step("iam.list_role_policies", RoleName="terraform", shows={"PolicyNames": ["logs"]}),
        step("iam.get_role_policy", RoleName="terraform", PolicyName="logs", shows={"PolicyDocument": json.loads(LOGS)}),
        step("iam.list_attached_role_policies", RoleName="terraform"),
    ),
    update=(
        step("iam.update_assume_role_policy", RoleName="terraform", PolicyDocument=TRUST),
        step("iam.update_role_description", RoleName="terraform", Description="changed"),
        step("iam.update_role", RoleName="terraform", MaxSessionDuration=7200),
        step("iam.tag_role", RoleName="terraform", Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={0: {"Role.Description": "changed", "Role.MaxSessionDuration": 7200, "Role.Tags": [{"Key": "Name", "Value": "changed"}]}},
    delete=(
        step("iam.list_instance_profiles_for_role", RoleName="terraform", forgiven=ABSENT),
        step("iam.list_attached_role_policies", RoleName="terraform", forgiven=ABSENT),
        step("iam.list_role_policies", RoleName="terraform", forgiven=ABSENT),
        step("iam.delete_role_policy", RoleName="terraform", PolicyName="logs", forgiven=ABSENT),
        step("iam.delete_role", RoleName="terraform", forgiven=[*ABSENT, "DeleteConflict"]),
        step("iam.get_role", RoleName="terraform", forgiven=ABSENT, until=gone),
    ),
)  # fmt: skip

POLICY = Resource(
    "aws_iam_policy",
    create=(step("iam.create_policy", PolicyName="terraform", Path="/", PolicyDocument=LOGS, keep={"policy": "Policy.Arn"}),),
    read=(
        step("iam.get_policy", PolicyArn="$policy", forgiven=ABSENT, keep={"policy_version": "Policy.DefaultVersionId"}, shows={"Policy.PolicyName": "terraform"}),
        step("iam.get_policy_version", PolicyArn="$policy", VersionId="$policy_version", shows={"PolicyVersion.Document": json.loads(LOGS)}),
    ),
    update=(
        step("iam.list_policy_versions", PolicyArn="$policy"),
        step("iam.create_policy_version", PolicyArn="$policy", PolicyDocument=OTHER, SetAsDefault=False, keep={"policy_version": "PolicyVersion.VersionId"}),
        step("iam.set_default_policy_version", PolicyArn="$policy", VersionId="$policy_version"),
    ),
    updated={1: {"PolicyVersion.Document": json.loads(OTHER)}},
    delete=(
        step("iam.list_policy_versions", PolicyArn="$policy", forgiven=ABSENT),
        step("iam.delete_policy_version", PolicyArn="$policy", VersionId="v1"),
        step("iam.delete_policy", PolicyArn="$policy", forgiven=ABSENT),
        step("iam.get_policy", PolicyArn="$policy", forgiven=ABSENT, until=gone),
    ),
)  # fmt: skip


def attachment(policy):
    """A managed policy on the role."""
    return Resource(
        f"aws_iam_role_policy_attachment ({policy})",
        create=(step("iam.attach_role_policy", RoleName="terraform", PolicyArn=policy),),
        read=(
            step(
                "iam.list_attached_role_policies", RoleName="terraform", forgiven=ABSENT,
                until=lambda it: any(one["PolicyArn"].endswith(policy.strip("$")) or policy == "$policy" and one["PolicyName"] == "terraform" for one in it["AttachedPolicies"]),
            ),
        ),
        delete=(step("iam.detach_role_policy", RoleName="terraform", PolicyArn=policy, forgiven=ABSENT),),
    )  # fmt: skip


PROFILE = Resource(
    "aws_iam_instance_profile",
    create=(
        step("iam.create_instance_profile", InstanceProfileName="terraform", Path="/"),
        step("iam.get_instance_profile", InstanceProfileName="terraform", forgiven=ABSENT, until=lambda it: it["InstanceProfile"]["Arn"].startswith("arn:")),
        step("iam.add_role_to_instance_profile", InstanceProfileName="terraform", RoleName="terraform"),
    ),
    read=(
        step("iam.get_instance_profile", InstanceProfileName="terraform", forgiven=ABSENT, shows={"InstanceProfile.Roles.0.RoleName": "terraform"}),
        step("iam.get_role", RoleName="terraform"),
    ),
    update=(
        step("iam.remove_role_from_instance_profile", InstanceProfileName="terraform", RoleName="terraform", forgiven=ABSENT),
        step("iam.add_role_to_instance_profile", InstanceProfileName="terraform", RoleName="terraform"),
        step("iam.tag_instance_profile", InstanceProfileName="terraform", Tags=[{"Key": "Name", "Value": "terraform"}]),
    ),
    updated={0: {"InstanceProfile.Tags": [{"Key": "Name", "Value": "terraform"}]}},
    delete=(
        step("iam.remove_role_from_instance_profile", InstanceProfileName="terraform", RoleName="terraform", forgiven=ABSENT),
        step("iam.delete_instance_profile", InstanceProfileName="terraform", forgiven=ABSENT),
        step("iam.get_instance_profile", InstanceProfileName="terraform", forgiven=ABSENT, until=gone),
    ),
)  # fmt: skip

USER = Resource(
    "aws_iam_user",
    create=(step("iam.create_user", UserName="terraform", Path="/", Tags=[{"Key": "Name", "Value": "terraform"}]),),
    read=(step("iam.get_user", UserName="terraform", forgiven=ABSENT, shows={"User.Path": "/", "User.Tags": [{"Key": "Name", "Value": "terraform"}]}),),
    update=(
        step("iam.update_user", UserName="terraform", NewUserName="terraform", NewPath="/people/"),
        step("iam.untag_user", UserName="terraform", TagKeys=["Name"]),
        step("iam.tag_user", UserName="terraform", Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={0: {"User.Path": "/people/", "User.Tags": [{"Key": "Name", "Value": "changed"}]}},
    # With `force_destroy`, which looks through everything a user could have.
    delete=(
        step("iam.list_groups_for_user", UserName="terraform", forgiven=ABSENT, shows={"Groups": []}),
        step("iam.list_access_keys", UserName="terraform", forgiven=ABSENT, shows={"AccessKeyMetadata": []}),
        step("iam.list_ssh_public_keys", UserName="terraform", forgiven=ABSENT),
        step("iam.list_virtual_mfa_devices", AssignmentStatus="Assigned", forgiven=ABSENT, until=lambda it: not any(one.get("User", {}).get("UserName") == "terraform" for one in it["VirtualMFADevices"])),
        step("iam.list_mfa_devices", UserName="terraform", forgiven=ABSENT, shows={"MFADevices": []}),
        step("iam.delete_login_profile", UserName="terraform", forgiven=ABSENT),
        step("iam.list_signing_certificates", UserName="terraform", forgiven=ABSENT),
        step("iam.list_service_specific_credentials", UserName="terraform", forgiven=ABSENT),
        step("iam.delete_user", UserName="terraform", forgiven=ABSENT),
        step("iam.get_user", UserName="terraform", forgiven=ABSENT, until=gone),
    ),
)  # fmt: skip

RESOURCES = [ROLE, POLICY, attachment(EXECUTION), attachment("$policy"), PROFILE, USER]
