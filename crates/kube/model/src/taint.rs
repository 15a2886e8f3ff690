//! Taints of nodes, and what pods put up with.

use std::fmt;

use serde_json::Value;

use crate::view::text;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Taint {
    pub key: String,
    pub value: String,
    pub effect: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Toleration {
    key: String,
    value: String,
    effect: String,
    exists: bool,
}

impl Taint {
    pub fn read(taint: &Value) -> Self {
        Self {
            key: text(taint, "key").to_owned(),
            value: text(taint, "value").to_owned(),
            effect: text(taint, "effect").to_owned(),
        }
    }

    /// Whether it keeps pods away that do not tolerate it.
    pub fn forbids(&self) -> bool {
        self.effect == "NoSchedule" || self.effect == "NoExecute"
    }
}

impl fmt::Display for Taint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{{{}: {}}}", self.key, self.value)
    }
}

impl Toleration {
    pub fn read(toleration: &Value) -> Self {
        Self {
            key: text(toleration, "key").to_owned(),
            value: text(toleration, "value").to_owned(),
            effect: text(toleration, "effect").to_owned(),
            exists: text(toleration, "operator") == "Exists",
        }
    }

    /// Empty effects and keys are those of all.
    pub fn tolerates(&self, taint: &Taint) -> bool {
        (self.effect.is_empty() || self.effect == taint.effect)
            && (self.key == taint.key || self.key.is_empty() && self.exists)
            && (self.exists || self.value == taint.value)
    }

    pub fn is_for_preference(&self) -> bool {
        self.effect.is_empty() || self.effect == "PreferNoSchedule"
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn tolerations() {
        let taint = Taint::read(&json!({"key": "k", "value": "v", "effect": "NoSchedule"}));
        for (toleration, want) in [
            (
                json!({"key": "k", "value": "v", "effect": "NoSchedule"}),
                true,
            ),
            (json!({"key": "k", "value": "v"}), true),
            (
                json!({"key": "k", "operator": "Equal", "value": "w"}),
                false,
            ),
            (json!({"key": "k", "operator": "Exists"}), true),
            (json!({"operator": "Exists"}), true),
            (
                json!({"key": "k", "operator": "Exists", "effect": "NoExecute"}),
                false,
            ),
            (json!({"key": "j", "operator": "Exists"}), false),
            (json!({}), false),
        ] {
            assert_eq!(
                Toleration::read(&toleration).tolerates(&taint),
                want,
                "{toleration}"
            );
        }
        assert_eq!(taint.to_string(), "{k: v}");
    }
}
