//! Claims: what they begin with is said under an old name and under a new one.

use serde_json::Value;

use crate::view::{member, set, text};

/// Says it under both. What lies in another namespace the old name cannot say.
pub fn sources(spec: &mut Value) {
    let old = member(spec, "dataSource").cloned();
    let new = member(spec, "dataSourceRef").cloned();
    match (old, new) {
        (Some(source), None) => set(spec, "dataSourceRef", source),
        (None, Some(source)) if text(&source, "namespace").is_empty() => {
            set(spec, "dataSource", source);
        }
        _ => {}
    }
}
