//! What a node says of itself.

use serde_json::Value;

use crate::view::text_at;

/// The EC2 instance that a node is on, by its `spec.providerID`: `aws:///us-east-1a/i-…`. Nodes of other providers are on none.
///
/// Whoever may write nodes may name any.
pub fn instance_of(node: &Value) -> Option<&str> {
    let provider = text_at(node, &["spec", "providerID"]).strip_prefix("aws:///")?;
    let id = provider.rsplit('/').next()?;
    id.starts_with("i-").then_some(id)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nodes_are_on_instances() {
        for (provider, expected) in [
            ("aws:///us-east-1a/i-0ab", Some("i-0ab")),
            ("aws:////i-0ab", Some("i-0ab")),
            ("aws:///us-east-1a/fargate-ip-10-0-0-1", None),
            ("aws:///us-east-1a/i-0ab/", None),
            ("kind://docker/i-0ab", None),
            ("i-0ab", None),
            ("", None),
        ] {
            let node = json!({"spec": {"providerID": provider}});
            assert_eq!(instance_of(&node), expected, "{provider}");
        }
        assert_eq!(instance_of(&json!({"spec": {"providerID": 7}})), None);
        assert_eq!(instance_of(&json!({})), None);
    }
}
