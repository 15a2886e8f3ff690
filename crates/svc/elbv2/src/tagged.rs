//! Resources of Elastic Load Balancing that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "elbv2",
    namespace: "elasticloadbalancing",
    kinds: &[
        Kind::itself("listener", |id| format!("listener/{id}")),
        Kind::itself("load-balancer", |id| format!("loadbalancer/{id}")),
        Kind::itself("rule", |id| format!("listener-rule/{id}")),
        Kind::itself("target-group", |id| format!("targetgroup/{id}")),
    ],
};
