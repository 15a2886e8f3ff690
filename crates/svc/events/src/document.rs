//! Between targets of the API and the documents that rules keep: the schema knows their members, so the
//! one codec serves here too.

use std::sync::LazyLock;

use serde_json::Value;
use wharf_api_events::{ListTargetsByRuleResponse, Target, schema::SERVICE};
use wharf_wire::{codec::json, schema::ShapeIndex};

/// The shape that has a list of targets.
static HOLDER: LazyLock<Option<ShapeIndex>> = LazyLock::new(|| {
    let operation = SERVICE.find_operation("ListTargetsByRule")?;
    SERVICE.operations[operation].output
});

/// A target as it is stored.
pub fn of_target(target: Target) -> Value {
    let holder = ListTargetsByRuleResponse {
        targets: Some(vec![target]),
        next_token: None,
    };
    let shape = *HOLDER;
    let mut document = shape.map(|shape| json::to_value(&SERVICE, shape, &holder));
    let first = document
        .as_mut()
        .and_then(|it| it.pointer_mut("/Targets/0"));
    first.map(Value::take).unwrap_or_default()
}

/// The target that was stored; `None` for what is none.
pub fn target(document: &Value) -> Option<Target> {
    let body = serde_json::json!({ "Targets": [document] }).to_string();
    let mut holder = ListTargetsByRuleResponse::default();
    json::decode(&SERVICE, *HOLDER, body.as_bytes(), &mut holder).ok()?;
    holder.targets?.pop()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_survives() {
        let target = Target {
            id: Some("t".to_owned()),
            arn: Some("arn:aws:sqs:us-east-1:000000000000:q".to_owned()),
            ecs_parameters: Some(wharf_api_events::EcsParameters {
                task_count: Some(2),
                enable_execute_command: Some(false),
                ..Default::default()
            }),
            ..Target::default()
        };
        assert_eq!(super::target(&of_target(target.clone())), Some(target));
        assert_eq!(super::target(&Value::Bool(true)), None);
    }
}
