"""Repositories of images."""

import json

from .form import Resource, gone, step

MISSING = ["RepositoryNotFoundException"]

REPOSITORY = Resource(
    "aws_ecr_repository",
    create=(
        step(
            "ecr.create_repository", repositoryName="terraform", imageTagMutability="MUTABLE", imageScanningConfiguration={"scanOnPush": True},
            encryptionConfiguration={"encryptionType": "AES256"}, tags=[{"Key": "Name", "Value": "terraform"}],
            keep={"repository": "repository.repositoryArn", "registry": "repository.registryId"},
        ),
    ),
    read=(
        step(
            "ecr.describe_repositories", repositoryNames=["terraform"], forgiven=MISSING,
            shows={
                "repositories.0.imageTagMutability": "MUTABLE", "repositories.0.imageScanningConfiguration": {"scanOnPush": True},
                "repositories.0.encryptionConfiguration.encryptionType": "AES256",
            },
        ),
        step("ecr.list_tags_for_resource", resourceArn="$repository", shows={"tags": [{"Key": "Name", "Value": "terraform"}]}),
    ),
    update=(
        step("ecr.put_image_tag_mutability", registryId="$registry", repositoryName="terraform", imageTagMutability="IMMUTABLE"),
        step("ecr.put_image_scanning_configuration", registryId="$registry", repositoryName="terraform", imageScanningConfiguration={"scanOnPush": False}),
        step("ecr.untag_resource", resourceArn="$repository", tagKeys=["Name"]),
        step("ecr.tag_resource", resourceArn="$repository", tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={
        0: {"repositories.0.imageTagMutability": "IMMUTABLE", "repositories.0.imageScanningConfiguration": {"scanOnPush": False}},
        1: {"tags": [{"Key": "Name", "Value": "changed"}]},
    },
    delete=(
        step("ecr.delete_repository", registryId="$registry", repositoryName="terraform", force=True, forgiven=MISSING),
        step("ecr.describe_repositories", repositoryNames=["terraform"], forgiven=MISSING, until=gone),
    ),
)  # fmt: skip


def keeps(number):
    """A policy that keeps so many untagged images."""
    selection = {"countNumber": number, "countType": "imageCountMoreThan", "tagStatus": "untagged"}
    return json.dumps(
        {"rules": [{"action": {"type": "expire"}, "description": "few", "rulePriority": 1, "selection": selection}]}, separators=(",", ":")
    )


NO_POLICY = ["LifecyclePolicyNotFoundException", *MISSING]

LIFECYCLE = Resource(
    "aws_ecr_lifecycle_policy",
    create=(step("ecr.put_lifecycle_policy", repositoryName="terraform", lifecyclePolicyText=keeps(3), shows={"repositoryName": "terraform"}),),
    read=(step("ecr.get_lifecycle_policy", repositoryName="terraform", forgiven=NO_POLICY, shows={"lifecyclePolicyText": keeps(3), "registryId": "$registry"}),),
    delete=(
        step("ecr.delete_lifecycle_policy", repositoryName="terraform", forgiven=NO_POLICY),
        step("ecr.get_lifecycle_policy", repositoryName="terraform", forgiven=NO_POLICY, until=gone),
    ),
    volatile=frozenset({"lastEvaluatedAt"}),
)  # fmt: skip

PULL = json.dumps({
    "Statement": [{"Action": ["ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer"], "Effect": "Allow", "Principal": "*", "Sid": "pull"}], "Version": "2012-10-17",
}, separators=(",", ":"))  # fmt: skip
NO_PERMISSION = ["RepositoryPolicyNotFoundException", *MISSING]

PERMISSIONS = Resource(
    "aws_ecr_repository_policy",
    create=(step("ecr.set_repository_policy", repositoryName="terraform", policyText=PULL),),
    read=(step("ecr.get_repository_policy", repositoryName="terraform", forgiven=NO_PERMISSION, shows={"registryId": "$registry"}),),
    update=(step("ecr.set_repository_policy", registryId="$registry", repositoryName="terraform", policyText=PULL),),
    delete=(
        step("ecr.delete_repository_policy", registryId="$registry", repositoryName="terraform", forgiven=NO_PERMISSION),
        step("ecr.get_repository_policy", repositoryName="terraform", forgiven=NO_PERMISSION, until=gone),
    ),
)  # fmt: skip

RESOURCES = [REPOSITORY, LIFECYCLE, PERMISSIONS]
