//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/ec2/latest/devguide/ec2-api-throttling.html>: operations with a
/// bucket each, as far as wharf's model has them. Others are classed by what they do.
pub const RATES: Rates = Rates::of(
    &[
        // Counted in a smaller bucket without a filter or a page size.
        Class::new(
            "unfiltered read",
            Rate::new(50.0, 10.0),
            &[
                "DescribeInstances",
                "DescribeInstanceStatus",
                "DescribeNetworkInterfaces",
                "DescribeSecurityGroups",
                "DescribeSnapshots",
                "DescribeSpotInstanceRequests",
                "DescribeVolumes",
            ],
        )
        .unnarrowed(),
        Class::new(
            "resource-intensive",
            Rate::new(50.0, 5.0),
            &[
                "AcceptVpcPeeringConnection",
                "AuthorizeSecurityGroupIngress",
                "CancelSpotInstanceRequests",
                "CreateKeyPair",
                "CreateVpcPeeringConnection",
                "DeleteVpcPeeringConnection",
                "RejectVpcPeeringConnection",
                "RevokeSecurityGroupIngress",
                "RequestSpotInstances",
            ],
        ),
        Class::of_one(&["CreateDefaultSubnet"], Rate::even(1.0)),
        Class::of_one(&["CreateDefaultVpc"], Rate::even(1.0)),
        Class::of_one(&["CreateNatGateway"], Rate::new(10.0, 1.0)),
        Class::of_one(&["DeleteNatGateway"], Rate::new(10.0, 1.0)),
        Class::of_one(&["CreateNetworkInterface"], Rate::new(100.0, 5.0)),
        Class::of_one(&["DeleteNetworkInterface"], Rate::new(100.0, 5.0)),
        Class::of_one(&["ModifyNetworkInterfaceAttribute"], Rate::new(100.0, 5.0)),
        Class::of_one(&["AssignPrivateIpAddresses"], Rate::new(100.0, 5.0)),
        Class::of_one(&["CreateTags"], Rate::new(100.0, 10.0)),
        Class::of_one(&["DeleteTags"], Rate::new(100.0, 10.0)),
        Class::of_one(&["CreateVpcEndpoint"], Rate::new(4.0, 0.3)),
        Class::of_one(&["DeleteVpcEndpoints"], Rate::new(4.0, 0.3)),
    ],
    Rate::new(100.0, 20.0),
    Rate::new(50.0, 5.0),
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_ec2::schema::SERVICE), None);
    }
}
