"""All resources in an order in which each finds what it refers to, and what a configuration looks up."""

from . import balancing, containers, identity, images, kubernetes, network
from .form import Resource, filters, gone, step

CERTIFICATE = Resource(
    "aws_acm_certificate",
    create=(
        step(
            "acm.request_certificate", DomainName="terraform.example.com", ValidationMethod="DNS", IdempotencyToken="terraform1",
            SubjectAlternativeNames=["www.terraform.example.com"], Tags=[{"Key": "Name", "Value": "terraform"}], keep={"certificate": "CertificateArn"},
        ),
        step(
            "acm.describe_certificate", CertificateArn="$certificate", forgiven=["ResourceNotFoundException"],
            until=lambda it: any("ResourceRecord" in one or one.get("ValidationStatus") == "SUCCESS" for one in it["Certificate"]["DomainValidationOptions"]),
        ),
    ),
    read=(
        step(
            "acm.describe_certificate", CertificateArn="$certificate", forgiven=["ResourceNotFoundException"],
            shows={
                "Certificate.DomainName": "terraform.example.com", "Certificate.Type": "AMAZON_ISSUED",
                "Certificate.SubjectAlternativeNames": ["terraform.example.com", "www.terraform.example.com"],
                "Certificate.DomainValidationOptions.0.ValidationMethod": "DNS",
            },
        ),
        step("acm.list_tags_for_certificate", CertificateArn="$certificate", shows={"Tags": [{"Key": "Name", "Value": "terraform"}]}),
    ),
    update=(
        step("acm.remove_tags_from_certificate", CertificateArn="$certificate", Tags=[{"Key": "Name"}]),
        step("acm.add_tags_to_certificate", CertificateArn="$certificate", Tags=[{"Key": "Name", "Value": "changed"}]),
    ),
    updated={1: {"Tags": [{"Key": "Name", "Value": "changed"}]}},
    delete=(
        step("acm.delete_certificate", CertificateArn="$certificate", forgiven=["ResourceInUseException"], until=lambda it: it is not None),
        step("acm.describe_certificate", CertificateArn="$certificate", forgiven=["ResourceNotFoundException"], until=gone),
    ),
    # Issued, and in use, when the time comes.
    volatile=frozenset({"Status", "ValidationStatus", "InUseBy", "NotBefore", "NotAfter", "IssuedAt", "Serial", "RenewalEligibility", "Issuer",
                        "SignatureAlgorithm", "KeyUsages", "ExtendedKeyUsages"}),
)  # fmt: skip

LOOKED_UP = [
    Resource("provider", read=(step("sts.get_caller_identity", shows={"Account": "000000000000"}),)),
    Resource("data.aws_caller_identity", read=(step("sts.get_caller_identity"),)),
    # `data.aws_region` is what the provider's block says: it asks nobody.
    Resource("data.aws_regions", read=(step("ec2.describe_regions", AllRegions=False, shows={"Regions.0.RegionName": "us-east-1"}),)),
    Resource(
        "data.aws_availability_zones",
        read=(
            step("ec2.describe_availability_zones", Filters=filters(state="available"), shows={"AvailabilityZones.0.ZoneName": "us-east-1a"}),
            step("ec2.describe_availability_zones", Filters=[*filters(opt_in_status="opt-in-not-required"), *filters(group_name="us-east-1-zg-1")]),
        ),
    ),
    Resource(
        "data.aws_vpc, data.aws_subnets",
        read=(
            step("ec2.describe_vpcs", Filters=filters(isDefault="true"), shows={"Vpcs.0.IsDefault": True}),
            step("ec2.describe_subnets", Filters=filters(default_for_az="true")),
        ),
    ),
]  # fmt: skip

RESOURCES = [
    *identity.RESOURCES,
    *network.RESOURCES,
    *images.RESOURCES,
    CERTIFICATE,
    *balancing.RESOURCES,
    *containers.RESOURCES,
    *kubernetes.RESOURCES,
]
