//! Which call a target is (spec platform §9). Pure.
//!
//! Parameters of targets are JSON as the APIs of EventBridge and Scheduler write them: both call the
//! members alike.

use serde_json::{Map, Value, json};
use wharf_base::Arn;

use crate::Request;

/// A target that cannot be called. The text goes to whoever names it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadTarget(pub String);

/// Members of RunTask's overrides: nothing else of an input changes the task.
const OVERRIDES: [&str; 7] = [
    "containerOverrides",
    "cpu",
    "ephemeralStorage",
    "executionRoleArn",
    "inferenceAcceleratorOverrides",
    "memory",
    "taskRoleArn",
];

/// RunTask in a cluster. `parameters` are the target's `EcsParameters`, `input` what it is given; an
/// input that is no object of overrides changes nothing. The same `token` starts the same tasks once.
///
/// # Errors
/// Something was not given.
pub fn run_task(
    cluster: &Arn,
    parameters: &Value,
    input: Option<&str>,
    started_by: &str,
    token: &str,
) -> Result<Request, BadTarget> {
    let given = parameters.as_object();
    let given = given.ok_or_else(|| BadTarget("EcsParameters are missing.".to_owned()))?;
    let mut run = Map::new();
    for (name, value) in given {
        let name = match name.as_str() {
            "TaskDefinitionArn" => "taskDefinition",
            "TaskCount" => "count",
            name => name,
        };
        run.insert(name.to_owned(), value.clone());
    }
    run.insert("cluster".to_owned(), cluster.to_string().into());
    run.insert("startedBy".to_owned(), started_by.into());
    run.insert("clientToken".to_owned(), token.into());
    let input = input.and_then(|it| serde_json::from_str(it).ok());
    if let Some(Value::Object(mut input)) = input {
        input.retain(|name, _| OVERRIDES.contains(&name.as_str()));
        if !input.is_empty() {
            run.insert("overrides".to_owned(), input.into());
        }
    }
    Ok(Request::new("ecs", "RunTask", &cluster.region, run.into()))
}

/// SendMessage. `attributes` are texts by their names. A queue with order needs a group, and takes
/// the same `token` once.
pub fn send_message(
    queue: &Arn,
    body: &str,
    group: Option<&str>,
    attributes: &[(&str, String)],
    token: &str,
) -> Request {
    let mut input = json!({ "QueueUrl": queue_url(queue), "MessageBody": body });
    if let Some(group) = group {
        input["MessageGroupId"] = group.into();
    }
    if queue.resource.ends_with(".fifo") {
        input["MessageDeduplicationId"] = token.into();
    }
    if !attributes.is_empty() {
        let text = |text: &str| json!({ "DataType": "String", "StringValue": text });
        let attributes = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), text(value)));
        input["MessageAttributes"] = attributes.collect::<Map<_, _>>().into();
    }
    Request::new("sqs", "SendMessage", &queue.region, input)
}

fn queue_url(queue: &Arn) -> String {
    format!(
        "https://sqs.{}.amazonaws.com/{}/{}",
        queue.region, queue.account, queue.resource
    )
}

/// GetQueueAttributes of none: whether there is such a queue.
pub fn find_queue(queue: &Arn) -> Request {
    let input = json!({ "QueueUrl": queue_url(queue) });
    Request::new("sqs", "GetQueueAttributes", &queue.region, input)
}

/// GetTopicAttributes: whether there is such a topic.
pub fn find_topic(topic: &Arn) -> Request {
    let input = json!({ "TopicArn": topic.to_string() });
    Request::new("sns", "GetTopicAttributes", &topic.region, input)
}

/// Publish to a topic.
pub fn publish(topic: &Arn, message: &str) -> Request {
    let input = json!({ "TopicArn": topic.to_string(), "Message": message });
    Request::new("sns", "Publish", &topic.region, input)
}

/// PutEvents of one event onto a bus.
pub fn put_event(bus: &Arn, source: &str, detail_type: &str, detail: &str) -> Request {
    let entry = json!({
        "EventBusName": bus.to_string(),
        "Source": source,
        "DetailType": detail_type,
        "Detail": detail,
    });
    let input = json!({ "Entries": [entry] });
    Request::new("events", "PutEvents", &bus.region, input)
}

/// How operations begin that AWS's Scheduler does not call, since nobody gets their answers.
const READING: [&str; 17] = [
    "BatchDescribe",
    "BatchGet",
    "BatchRead",
    "Describe",
    "Discover",
    "Get",
    "List",
    "Lookup",
    "Poll",
    "Query",
    "Read",
    "Receive",
    "Retrieve",
    "Scan",
    "Search",
    "Select",
    "Validate",
];

/// `arn:aws:scheduler:::aws-sdk:SERVICE:operation`: any operation, with its input.
///
/// # Errors
/// It names none, or one that only reads; the input is no JSON object.
pub fn universal(arn: &Arn, region: &str, input: Option<&str>) -> Result<Request, BadTarget> {
    let bad = || BadTarget(format!("{arn} is not a valid target ARN."));
    let named = arn.resource.strip_prefix("aws-sdk:").ok_or_else(bad)?;
    let (service, operation) = named.split_once(':').ok_or_else(bad)?;
    let mut letters = operation.chars();
    let first = letters.next().ok_or_else(bad)?;
    let operation: String = first.to_uppercase().chain(letters).collect();
    if READING.iter().any(|it| operation.starts_with(it)) {
        return Err(BadTarget(format!(
            "{operation} only reads: a universal target must change something."
        )));
    }
    let input = match input {
        None => Value::Object(Map::new()),
        Some(text) => serde_json::from_str(text)
            .ok()
            .filter(Value::is_object)
            .ok_or_else(|| {
                BadTarget("The Input of a universal target is a JSON object.".to_owned())
            })?,
    };
    Ok(Request::new(
        service_called(service),
        &operation,
        region,
        input,
    ))
}

/// The name in `models/` of what SDKs call a service.
fn service_called(name: &str) -> &str {
    match name {
        "eventbridge" => "events",
        "cloudwatchlogs" => "logs",
        "elasticloadbalancingv2" => "elbv2",
        "elasticloadbalancing" => "elb",
        "applicationautoscaling" => "application-autoscaling",
        "costexplorer" => "ce",
        "ecrpublic" => "ecr-public",
        "eksauth" => "eks-auth",
        name => name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arn(text: &str) -> Arn {
        text.parse().unwrap()
    }

    #[test]
    fn a_task_with_overrides() {
        let cluster = arn("arn:aws:ecs:us-east-1:123456789012:cluster/prod");
        let parameters =
            json!({ "TaskDefinitionArn": "report", "TaskCount": 2, "LaunchType": "FARGATE" });
        let input = r#"{"containerOverrides":[{"name":"app"}],"source":"my.app"}"#;
        let found = run_task(&cluster, &parameters, Some(input), "events-rule/r", "t1").unwrap();
        assert_eq!((&*found.service, &*found.operation), ("ecs", "RunTask"));
        assert_eq!(
            found.input,
            json!({
                "cluster": "arn:aws:ecs:us-east-1:123456789012:cluster/prod",
                "taskDefinition": "report",
                "count": 2,
                "LaunchType": "FARGATE",
                "startedBy": "events-rule/r",
                "clientToken": "t1",
                "overrides": { "containerOverrides": [{ "name": "app" }] },
            })
        );
        // An event that matched is no override.
        let found = run_task(&cluster, &parameters, Some(r#"{"detail":{}}"#), "x", "t").unwrap();
        assert_eq!(found.input.get("overrides"), None);
        assert!(run_task(&cluster, &Value::Null, None, "x", "t").is_err());
    }

    #[test]
    fn a_message_with_attributes() {
        let queue = arn("arn:aws:sqs:eu-west-1:123456789012:jobs.fifo");
        let attributes = [("ERROR_CODE", "NO".to_owned())];
        let found = send_message(&queue, "hi", Some("g"), &attributes, "t1");
        assert_eq!(found.region, "eu-west-1");
        assert_eq!(
            found.input,
            json!({
                "QueueUrl": "https://sqs.eu-west-1.amazonaws.com/123456789012/jobs.fifo",
                "MessageBody": "hi",
                "MessageGroupId": "g",
                "MessageDeduplicationId": "t1",
                "MessageAttributes": { "ERROR_CODE": { "DataType": "String", "StringValue": "NO" } },
            })
        );
    }

    #[test]
    fn any_operation() {
        let target = |text: &str, input| universal(&arn(text), "us-east-1", input);
        let found = target(
            "arn:aws:scheduler:::aws-sdk:ecs:updateService",
            Some(r#"{"Service":"web"}"#),
        );
        let found = found.unwrap();
        assert_eq!(
            (&*found.service, &*found.operation),
            ("ecs", "UpdateService")
        );
        let found = target("arn:aws:scheduler:::aws-sdk:eventbridge:putEvents", None).unwrap();
        assert_eq!(found.service, "events");
        let found = target(
            "arn:aws:scheduler:::aws-sdk:ecrpublic:deleteRepository",
            None,
        )
        .unwrap();
        assert_eq!(found.service, "ecr-public");
        for (text, input) in [
            ("arn:aws:scheduler:::aws-sdk:ecs", None),
            ("arn:aws:scheduler:::aws-sdk:ecs:", None),
            ("arn:aws:scheduler:::aws-sdk:ecs:listTasks", None),
            ("arn:aws:scheduler:::aws-sdk:ecr:batchGetImage", None),
            ("arn:aws:scheduler:::aws-sdk:sqs:receiveMessage", None),
            ("arn:aws:scheduler:::aws-sdk:cloudtrail:lookupEvents", None),
            ("arn:aws:scheduler:::aws-sdk:ecs:runTask", Some("[]")),
            ("arn:aws:scheduler:::aws-sdk:ecs:runTask", Some("{")),
        ] {
            assert!(target(text, input).is_err(), "{text}");
        }
    }
}
