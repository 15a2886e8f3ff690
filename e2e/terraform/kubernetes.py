"""Clusters of EKS; the role and key that one needs are made beside it."""

from .form import Resource, filters, gone, step
from .identity import document

TRUST = document({"Action": "sts:AssumeRole", "Effect": "Allow", "Principal": {"Service": "eks.amazonaws.com"}})
ENCRYPTION = [{"resources": ["secrets"], "provider": {"keyArn": "$cluster_key"}}]

CLUSTER = Resource(
    "aws_eks_cluster",
    create=(
        step("iam.create_role", RoleName="terraform-eks", AssumeRolePolicyDocument=TRUST, keep={"cluster_role": "Role.Arn"}),
        step("kms.create_key", keep={"cluster_key": "KeyMetadata.Arn"}),
        step(
            "ec2.describe_subnets", Filters=filters(default_for_az="true"),
            keep={"cluster_subnet": "Subnets.0.SubnetId", "cluster_other_subnet": "Subnets.1.SubnetId"},
        ),
        step("eks.create_cluster", name="terraform", roleArn="$cluster_role", resourcesVpcConfig={"subnetIds": ["$cluster_subnet", "$cluster_other_subnet"]}),
        step("eks.describe_cluster", name="terraform", until=lambda it: it["cluster"]["status"] == "ACTIVE"),
    ),
    read=(step("eks.describe_cluster", name="terraform", shows={"cluster.name": "terraform", "cluster.roleArn": "$cluster_role"}),),
    # The block `encryption_config` was added.
    update=(
        step("eks.associate_encryption_config", clusterName="terraform", encryptionConfig=ENCRYPTION, keep={"cluster_update": "update.id"}),
        step("eks.describe_update", name="terraform", updateId="$cluster_update", until=lambda it: it["update"]["status"] == "Successful"),
    ),
    updated={0: {"cluster.encryptionConfig": ENCRYPTION}},
    delete=(
        step("eks.delete_cluster", name="terraform"),
        step("eks.describe_cluster", name="terraform", forgiven=["ResourceNotFoundException"], until=gone),
        step("iam.delete_role", RoleName="terraform-eks"),
    ),
)  # fmt: skip

RESOURCES = [CLUSTER]
