//! Resources of EC2 that have tags. Rules of security groups have theirs inside their group.

use wharf_service::Tagged;

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "ec2",
    namespace: "ec2",
    kinds: &[
        ("dhcp-options", |id| format!("dhcp-options/{id}")),
        ("internet-gateway", |id| format!("internet-gateway/{id}")),
        ("network-acl", |id| format!("network-acl/{id}")),
        ("network-interface", |id| format!("network-interface/{id}")),
        ("route-table", |id| format!("route-table/{id}")),
        ("security-group", |id| format!("security-group/{id}")),
        ("subnet", |id| format!("subnet/{id}")),
        ("vpc", |id| format!("vpc/{id}")),
    ],
};
