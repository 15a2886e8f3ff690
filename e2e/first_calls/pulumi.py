"""pulumi's AWS provider, which is Terraform's: what it asks before the first resource. Resources go on as in `terraform.stack`."""

from terraform.form import Resource, step

# Passed over, since keys of a federated user get them.
NO_USER = ["AccessDenied", "InvalidClientTokenId", "ValidationError"]

VALIDATED = Resource(
    "start",
    # An error here ends the program: "unable to validate AWS credentials".
    create=(step("sts.get_caller_identity", shows={"Account": "000000000000"}),),
)

UNVALIDATED = Resource(
    "start with skipCredentialsValidation",
    create=(
        # The account is asked for all the same; the first of the three that answers will do.
        step("iam.get_user", forgiven=NO_USER),
        step("sts.get_caller_identity", shows={"Account": "000000000000"}),
        step("iam.list_roles", MaxItems=1),
        # With skipRequestingAccountId nothing is asked, and ARNs are made without an account.
    ),
)

OLDER = Resource(
    "start of provider versions before 5",
    # Whether the account still has EC2-Classic; skipGetEc2Platforms leaves it out.
    create=(
        step(
            "ec2.describe_account_attributes",
            AttributeNames=["supported-platforms"],
            shows={"AccountAttributes.0.AttributeValues.0.AttributeValue": "VPC"},
        ),
    ),
)

LOOKED_UP = Resource(
    "functions that programs begin with",
    create=(
        step("sts.get_caller_identity"),
        step("ec2.describe_regions", AllRegions=False, shows={"Regions.0.RegionName": "us-east-1"}),
        step("ec2.describe_availability_zones", shows={"AvailabilityZones.0.ZoneName": "us-east-1a"}),
        step("iam.list_account_aliases"),
        step("ec2.describe_vpcs", Filters=[{"Name": "isDefault", "Values": ["true"]}], shows={"Vpcs.0.IsDefault": True}),
        step("ssm.get_parameter", Name="/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended", WithDecryption=True, forgiven=["ParameterNotFound"]),
    ),
)  # fmt: skip

# pulumi's state in a bucket, which the backend opens, reads and writes by the S3 API.
STATE = Resource(
    "pulumi login s3://…",
    create=(
        step("s3.create_bucket", Bucket="state"),
        step("s3.list_objects_v2", Bucket="state", shows={"KeyCount": 0}),
        step("s3.put_object", Bucket="state", Key=".pulumi/meta.yaml", Body=b"version: 1"),
        step("s3.list_objects_v2", Bucket="state", Prefix=".pulumi/", Delimiter="/", shows={"KeyCount": 1}),
    ),
    delete=(step("s3.delete_object", Bucket="state", Key=".pulumi/meta.yaml"), step("s3.delete_bucket", Bucket="state")),
)

ALL = [VALIDATED, UNVALIDATED, OLDER, LOOKED_UP, STATE]
