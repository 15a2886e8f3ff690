//! What fuzzing reaches of this crate: what claims and their classes ask for.

use serde_json::Value;

use crate::provision;

/// What is asked of EFS has a path within the file system.
pub fn asked(claim: &Value, class: &Value) {
    if let Ok(asked) = provision::asked(claim, class) {
        assert!(asked.path.starts_with('/'), "{:?}", asked.path);
        assert!(
            !asked.path.split('/').any(|it| it == ".."),
            "{:?}",
            asked.path
        );
    }
}
