"""aws-cdk: `cdk bootstrap`, and `cdk deploy` of a stack with a file and an image as assets."""

from terraform.form import Resource, step

ROLES = "arn:aws:iam::000000000000:role/cdk-hnb659fds"
ASSETS = "cdk-hnb659fds-container-assets-000000000000-us-east-1"
BUCKET = "cdk-hnb659fds-assets-000000000000-us-east-1"
# Any error but ExpiredToken: "current credentials could not be used to assume …, but are for the right account. Proceeding anyway."
NOT_ASSUMED = ["AccessDenied"]
WHOSE = step("sts.get_caller_identity", shows={"Account": "000000000000"})


def assume(role):
    return step("sts.assume_role", RoleArn=f"{ROLES}-{role}-000000000000-us-east-1", RoleSessionName="aws-cdk-root", forgiven=NOT_ASSUMED)


BOOTSTRAP = Resource(
    "cdk bootstrap",
    create=(
        # Which account an environment without one means, and whether the keys are good.
        WHOSE,
        # Only `ValidationError: Stack with id CDKToolkit does not exist` means that there is none yet. The first other error is kept for
        # later; the second ends the command, and is printed with its code and text.
        step(
            "cloudformation.describe_stacks",
            StackName="CDKToolkit",
            refused="The service cloudformation is not supported by this version of wharf.",
        ),
    ),
)

DEPLOY = Resource(
    "cdk deploy",
    create=(
        WHOSE,
        assume("deploy-role"),
        # `ParameterNotFound` says that `cdk bootstrap` is missing, and ends the command.
        step("ssm.get_parameter", Name="/cdk-bootstrap/hnb659fds/version", WithDecryption=True, forgiven=["ParameterNotFound"]),
    ),
)  # fmt: skip

ASSETS_OF_FILES = Resource(
    "cdk deploy, a file",
    create=(
        assume("file-publishing-role"),
        # Without the bucket: an error counts as no, and the next ends the command with its text.
        step("s3.list_objects_v2", Bucket=BUCKET, Prefix="a.zip", MaxKeys=1, forgiven=["NoSuchBucket"]),
        step("s3.get_bucket_location", Bucket=BUCKET, forgiven=["NoSuchBucket"]),
        # Who makes it by hand can publish files, which works to the end.
        step("s3.create_bucket", Bucket=BUCKET),
        step("s3.get_bucket_location", Bucket=BUCKET),
        step("s3.get_bucket_encryption", Bucket=BUCKET),
        step("s3.put_object", Bucket=BUCKET, Key="a.zip", Body=b"zip", ChecksumAlgorithm="SHA256"),
        step("s3.list_objects_v2", Bucket=BUCKET, Prefix="a.zip", MaxKeys=1, shows={"KeyCount": 1}),
    ),
    delete=(step("s3.delete_object", Bucket=BUCKET, Key="a.zip"), step("s3.delete_bucket", Bucket=BUCKET)),
)

ASSETS_OF_IMAGES = Resource(
    "cdk deploy, an image",
    create=(
        assume("image-publishing-role"),
        # Without it: "No ECR repository named … in account …. Is this account bootstrapped?"
        step("ecr.describe_repositories", repositoryNames=[ASSETS], forgiven=["RepositoryNotFoundException"]),
        # Who makes it by hand can publish images, which works to the end.
        step("ecr.create_repository", repositoryName=ASSETS, tags=[{"Key": "awscdk:asset", "Value": "true"}]),
        step("ecr.put_image_scanning_configuration", repositoryName=ASSETS, imageScanningConfiguration={"scanOnPush": True}),
        step("ecr.describe_repositories", repositoryNames=[ASSETS], shows={"repositories.0.repositoryName": ASSETS}),
        step("ecr.describe_images", repositoryName=ASSETS, imageIds=[{"imageTag": "a"}], forgiven=["ImageNotFoundException"]),
        step("ecr.get_authorization_token"),
    ),
    delete=(step("ecr.delete_repository", repositoryName=ASSETS, force=True),),
)

ALL = [BOOTSTRAP, DEPLOY, ASSETS_OF_FILES, ASSETS_OF_IMAGES]
