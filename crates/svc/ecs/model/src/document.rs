//! Between API structures and the JSON documents that records keep.
//!
//! The generated schema knows the members of every operation; a document is read and written as the
//! member of an operation that has it, so that the one codec serves here too.

use std::sync::LazyLock;

use serde_json::Value;
use wharf_api_ecs::{
    CreateClusterRequest, RunTaskRequest, TaskDefinition, TaskOverride, schema::SERVICE,
};
use wharf_wire::{
    codec::json,
    node::Struct,
    schema::{Kind, ShapeIndex},
};

/// A stored document does not read as what it should be.
#[derive(Debug, thiserror::Error)]
#[error("the stored {what} is unreadable: {problem}")]
pub struct BadDocument {
    what: &'static str,
    problem: String,
}

/// A task definition as the API shows it.
pub fn of_definition(definition: &TaskDefinition) -> Value {
    render(definition_shape(), definition)
}

/// How long that is as text.
pub fn definition_bytes(definition: &TaskDefinition) -> usize {
    json::encode(&SERVICE, definition_shape(), definition).len()
}

pub fn definition(document: &Value) -> Result<TaskDefinition, BadDocument> {
    let mut definition = TaskDefinition::default();
    let text = document.to_string();
    let read = json::decode(
        &SERVICE,
        definition_shape(),
        text.as_bytes(),
        &mut definition,
    );
    read.map_err(|malformed| BadDocument {
        what: DEFINITION,
        problem: malformed.to_string(),
    })?;
    Ok(definition)
}

const DEFINITION: &str = "taskDefinition";

/// Found once: a definition is read with every task that is started.
fn definition_shape() -> Option<ShapeIndex> {
    static SHAPE: LazyLock<Option<ShapeIndex>> = LazyLock::new(|| {
        let shown = SERVICE.shape(output("DescribeTaskDefinition")?);
        let Kind::Structure { members } = &shown.kind else {
            return None;
        };
        let member = members.iter().find(|member| member.name == DEFINITION);
        member.map(|member| member.shape)
    });
    *SHAPE
}

pub fn of_overrides(overrides: &TaskOverride) -> Value {
    let holder = RunTaskRequest {
        overrides: Some(overrides.clone()),
        ..RunTaskRequest::default()
    };
    take(render(input("RunTask"), &holder), "overrides")
}

pub fn overrides(document: &Value) -> Result<TaskOverride, BadDocument> {
    let mut holder = RunTaskRequest::default();
    read(input("RunTask"), "overrides", document, &mut holder)?;
    Ok(holder.overrides.unwrap_or_default())
}

/// A whole request, to tell whether a repeated client token repeats it.
pub fn of_request(operation: &str, request: &dyn Struct) -> Value {
    render(input(operation), request)
}

/// A whole answer, as events carry parts of it.
pub fn of_response(operation: &str, response: &dyn Struct) -> Value {
    render(output(operation), response)
}

pub fn of_configuration(request: &CreateClusterRequest) -> Option<Value> {
    request.configuration.as_ref()?;
    Some(take(
        render(input("CreateCluster"), request),
        "configuration",
    ))
}

pub fn configuration(document: &Value) -> Result<wharf_api_ecs::ClusterConfiguration, BadDocument> {
    let mut holder = CreateClusterRequest::default();
    read(
        input("CreateCluster"),
        "configuration",
        document,
        &mut holder,
    )?;
    Ok(holder.configuration.unwrap_or_default())
}

fn render(shape: Option<ShapeIndex>, value: &dyn Struct) -> Value {
    shape.map_or(Value::Null, |shape| json::to_value(&SERVICE, shape, value))
}

fn read(
    shape: Option<ShapeIndex>,
    what: &'static str,
    document: &Value,
    holder: &mut dyn Struct,
) -> Result<(), BadDocument> {
    let body = serde_json::json!({ what: document }).to_string();
    json::decode(&SERVICE, shape, body.as_bytes(), holder).map_err(|malformed| BadDocument {
        what,
        problem: malformed.to_string(),
    })
}

fn take(mut holder: Value, member: &str) -> Value {
    holder.get_mut(member).map(Value::take).unwrap_or_default()
}

fn input(operation: &str) -> Option<ShapeIndex> {
    SERVICE
        .find_operation(operation)
        .and_then(|index| SERVICE.operations[index].input)
}

fn output(operation: &str) -> Option<ShapeIndex> {
    SERVICE
        .find_operation(operation)
        .and_then(|index| SERVICE.operations[index].output)
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::ContainerDefinition;

    use super::*;

    #[test]
    fn definitions_round_trip() {
        let container = ContainerDefinition {
            name: Some("web".to_owned()),
            command: Some(vec!["sleep".to_owned(), "9".to_owned()]),
            ..ContainerDefinition::default()
        };
        let given = TaskDefinition {
            family: Some("web".to_owned()),
            container_definitions: Some(vec![container]),
            volumes: Some(Vec::new()),
            ..TaskDefinition::default()
        };
        let document = of_definition(&given);
        assert_eq!(document["containerDefinitions"][0]["command"][1], "9");
        assert_eq!(document["volumes"], serde_json::json!([]));
        assert_eq!(definition(&document).unwrap(), given);
        assert!(definition(&serde_json::json!({"family": 7})).is_err());
    }
}
