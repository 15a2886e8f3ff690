//! PutTransformer, GetTransformer, DeleteTransformer and TestTransformer.

use serde_json::{Value, json};
use wharf_api_logs::{
    faults,
    schema::SERVICE,
    types::{
        DeleteTransformerRequest, GetTransformerRequest, GetTransformerResponse, Processor,
        PutTransformerRequest, TestTransformerRequest, TestTransformerResponse,
        TransformedLogRecord,
    },
};
use wharf_transform::{Subject, Transformer};
use wharf_wire::{
    Call, Fault,
    codec::{Malformed, json},
    constraints::{self, Violation},
};

use crate::{LogsService, fault, names, rules::Sort};

/// What the texts of one TestTransformer or TestMetricFilter may take together: as one put.
const MAX_TEST_BYTES: usize = 1 << 20;

pub async fn put(
    service: &LogsService,
    call: &Call,
    input: PutTransformerRequest,
) -> Result<(), Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    let group = service.group(call, &name).await?;
    if group.class != "STANDARD" {
        return Err(faults::invalid_operation_exception(format!(
            "Transformers are not for log groups of the class {}.",
            group.class
        )));
    }
    let config = written(input.transformer_config)?;
    checked(service, call, config.clone()).await?;
    let document = Some(config.to_string());
    let put = service.set_rule(call, &name, Sort::Transformer, document);
    put.await.map(|_| ())
}

/// Processors as they are stored: in JSON, as they came.
fn written(config: Option<Vec<Processor>>) -> Result<Value, Fault> {
    let holder = PutTransformerRequest {
        transformer_config: config,
        ..PutTransformerRequest::default()
    };
    let shape = SERVICE.find_shape("PutTransformerRequest");
    let mut shown = shape.map_or(Value::Null, |it| json::to_value(&SERVICE, it, &holder));
    Ok(shown["transformerConfig"].take())
}

/// Why processors are not within the bounds that PutTransformer has for them.
#[derive(Debug, thiserror::Error)]
pub enum OutOfBounds {
    #[error(transparent)]
    Malformed(#[from] Malformed),
    #[error("{}", constraints::summary(.0))]
    Broken(Vec<Violation>),
}

/// Whether processors are within the bounds that PutTransformer has for them.
///
/// # Errors
/// They are not.
pub fn within_bounds(config: &Value) -> Result<(), OutOfBounds> {
    let body = json!({ "logGroupIdentifier": "any", "transformerConfig": config }).to_string();
    let shape = SERVICE.find_shape("PutTransformerRequest");
    let mut read = PutTransformerRequest::default();
    json::decode(&SERVICE, shape, body.as_bytes(), &mut read)?;
    let broken = shape.map(|it| constraints::check(&SERVICE, it, &read));
    match broken.filter(|it| !it.is_empty()) {
        Some(broken) => Err(OutOfBounds::Broken(broken)),
        None => Ok(()),
    }
}

/// Reads processors in a turn of the account: regular expressions take a while.
pub(super) async fn checked(
    service: &LogsService,
    call: &Call,
    config: Value,
) -> Result<Transformer, Fault> {
    let read = service
        .desk
        .work(&call.account, move || Transformer::parse(&config));
    let read = read.await.map_err(|cause| fault::unreadable(&cause))?;
    read.map_err(|cause| fault::invalid(cause.to_string()))
}

pub async fn get(
    service: &LogsService,
    call: &Call,
    input: GetTransformerRequest,
) -> Result<GetTransformerResponse, Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    let group = service.group(call, &name).await?;
    let scope = LogsService::scope(call);
    let Some(rule) = service.rule(&scope, &group, Sort::Transformer).await? else {
        return Ok(GetTransformerResponse::default());
    };
    let mut shown = GetTransformerResponse::default();
    let config: Value =
        serde_json::from_str(&rule.document).map_err(|cause| fault::unreadable(&cause))?;
    let body = json!({ "transformerConfig": config }).to_string();
    let shape = SERVICE.find_shape("GetTransformerResponse");
    json::decode(&SERVICE, shape, body.as_bytes(), &mut shown)
        .map_err(|cause| fault::unreadable(&cause))?;
    Ok(GetTransformerResponse {
        log_group_identifier: input.log_group_identifier,
        creation_time: Some(rule.created_at.millis()),
        last_modified_time: Some(rule.since.millis()),
        ..shown
    })
}

pub async fn delete(
    service: &LogsService,
    call: &Call,
    input: DeleteTransformerRequest,
) -> Result<(), Fault> {
    let given = input.log_group_identifier.as_deref().unwrap_or_default();
    let name = names::from_identifier(call, given)?;
    match service
        .set_rule(call, &name, Sort::Transformer, None)
        .await?
    {
        true => Ok(()),
        false => Err(faults::resource_not_found_exception(
            "The specified log group has no transformer.",
        )),
    }
}

/// What is told of messages may be a hundred times as long as they are.
pub(super) fn fit_a_test(messages: &[String]) -> Result<(), Fault> {
    match messages.iter().map(String::len).sum::<usize>() > MAX_TEST_BYTES {
        true => Err(fault::invalid(format!(
            "The log event messages have at most {MAX_TEST_BYTES} bytes together."
        ))),
        false => Ok(()),
    }
}

/// What processors make of texts. One that they are not for comes back as it is.
pub async fn test(
    service: &LogsService,
    call: &Call,
    input: TestTransformerRequest,
) -> Result<TestTransformerResponse, Fault> {
    let messages = input.log_event_messages.unwrap_or_default();
    fit_a_test(&messages)?;
    let transformer = checked(service, call, written(input.transformer_config)?).await?;
    let (account, region) = (call.account.clone(), call.region.clone());
    let made = service.desk.work(&call.account, move || {
        let each = (1..).zip(messages).map(|(number, message)| {
            let made = transformer.apply(Subject {
                message: &message,
                account: &account,
                region: &region,
                group: "",
                stream: "",
            });
            TransformedLogRecord {
                event_number: Some(number),
                transformed_event_message: Some(made.unwrap_or_else(|| message.clone())),
                event_message: Some(message),
            }
        });
        each.collect()
    });
    let made = made.await.map_err(|cause| fault::unreadable(&cause))?;
    Ok(TestTransformerResponse {
        transformed_logs: Some(made),
    })
}
