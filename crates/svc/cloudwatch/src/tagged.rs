//! Alarms and metric streams have tags, and so do rules that mute alarms or find contributors, and dashboards.

use wharf_service::{Kind, Tagged};

/// By the kinds of their records. Dashboards are kept in one region and their ARNs name none, so they are not among
/// what the tagging API lists.
pub const TAGGED: Tagged = Tagged {
    service: "cloudwatch",
    namespace: "cloudwatch",
    kinds: &[
        Kind::itself("alarm", |id| format!("alarm:{id}")),
        Kind::itself("metric-stream", |id| format!("metric-stream/{id}")),
        Kind::itself("insight-rule", |id| format!("insight-rule/{id}")),
        Kind::itself("alarm-mute-rule", |id| format!("alarm-mute-rule:{id}")),
    ],
};
