//! Resources of CloudWatch Logs that have tags.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records.
pub const TAGGED: Tagged = Tagged {
    service: "logs",
    namespace: "logs",
    kinds: &[
        Kind::itself("group", |id| format!("log-group:{id}")),
        Kind::itself("lookup-table", |id| format!("lookup-table:{id}")),
        Kind::itself("delivery-source", |id| format!("delivery-source:{id}")),
        Kind::itself("delivery-destination", |id| {
            format!("delivery-destination:{id}")
        }),
        Kind::itself("vended-delivery", |id| format!("delivery:{id}")),
    ],
};
