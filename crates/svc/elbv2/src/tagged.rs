//! Resources of Elastic Load Balancing that have tags.

use wharf_service::Tagged;

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "elbv2",
    namespace: "elasticloadbalancing",
    kinds: &[
        ("listener", |id| format!("listener/{id}")),
        ("load-balancer", |id| format!("loadbalancer/{id}")),
        ("rule", |id| format!("listener-rule/{id}")),
        ("target-group", |id| format!("targetgroup/{id}")),
    ],
};
