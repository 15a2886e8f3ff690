//! What fuzzing reaches of this crate: what claims and their classes ask for.

use serde_json::Value;

use crate::provision;

/// What is asked of EBS is something that EBS could have.
pub fn asked(claim: &Value, class: &Value) {
    if let Ok(asked) = provision::asked(claim, class) {
        assert!(asked.gib > 0);
        assert!(asked.iops.is_none_or(|it| it > 0));
    }
}
