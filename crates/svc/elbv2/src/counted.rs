//! Load balancers and target groups, as CloudWatch tells their number.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{
    names::SERVICE,
    records::{LoadBalancer, TargetGroup},
};

/// By the kinds of their records, and how ids begin.
pub const COUNTED: Counted = Counted {
    service: SERVICE,
    name: "Elastic Load Balancing",
    resources: &[
        Counting::beginning(
            LoadBalancer::KIND,
            "app/",
            "ApplicationLoadBalancersPerRegion",
        ),
        Counting::beginning(LoadBalancer::KIND, "net/", "NetworkLoadBalancersPerRegion"),
        Counting::all(TargetGroup::KIND, "TargetGroupsPerRegion"),
    ],
};
