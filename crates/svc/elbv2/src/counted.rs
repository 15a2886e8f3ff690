//! Load balancers and target groups, as CloudWatch tells their number.

use wharf_records::Record as _;
use wharf_service::{Counted, Counting};

use crate::{
    names::SERVICE,
    ops::facts::{APPLICATION_BALANCERS, NETWORK_BALANCERS, TARGET_GROUPS},
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
        )
        .at_most(APPLICATION_BALANCERS),
        Counting::beginning(LoadBalancer::KIND, "net/", "NetworkLoadBalancersPerRegion")
            .at_most(NETWORK_BALANCERS),
        Counting::all(TargetGroup::KIND, "TargetGroupsPerRegion").at_most(TARGET_GROUPS),
    ],
};
