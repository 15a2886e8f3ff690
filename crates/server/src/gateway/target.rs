//! What a request asks for: its service, its operation, and the protocol that it speaks.

use std::sync::Arc;

use bytes::Bytes;
use wharf_wire::{
    Fault, Service,
    codec::{Body as Input, cbor, form::Form, rest},
    schema::{MAX_BODY, Protocol, ServiceSchema},
    sigv4::is_s3,
};

use super::{api::Apis, head::Head, host};

/// The API version of Classic Load Balancers.
const CLASSIC_BALANCERS: &str = "2012-06-01";

/// Why a request is for no operation.
pub(super) enum NoTarget {
    /// Nothing here knows its service; the fault is for strangers.
    Unknown(Fault),
    /// It is for the API of Classic Load Balancers, which signs as the one of Elastic Load Balancing v2
    /// does; the fault is for strangers.
    Classic(Fault),
    Malformed(Fault),
}

/// What a request turned out to ask for.
pub(super) struct Target<'a> {
    pub service: &'a Arc<dyn Service>,
    pub operation: String,
    pub input: Input,
}

/// The protocol of a request, as far as its head tells, among those of a service.
pub(super) fn protocol_of(head: &Head, schema: &ServiceSchema) -> Protocol {
    let kind = head.get("content-type").unwrap_or_default();
    let wanted = |it: &&Protocol| {
        if is_cbor(head) {
            **it == Protocol::Cbor
        } else if head.get("x-amz-target").is_some() || kind.starts_with("application/x-amz-json") {
            it.is_json()
        } else if kind.starts_with("application/x-www-form-urlencoded") {
            it.is_query()
        } else {
            it.is_rest()
        }
    };
    let found = schema.protocols.iter().find(wanted);
    found.copied().unwrap_or(schema.protocol)
}

fn is_cbor(head: &Head) -> bool {
    head.get("smithy-protocol") == Some(cbor::PROTOCOL)
}

/// Whether a head names service and operation, whatever is in the body.
pub(super) fn is_named_by(head: &Head) -> bool {
    is_cbor(head) || head.get("x-amz-target").is_some()
}

/// `/service/<prefix>/operation/<name>`
fn cbor_path(path: &str) -> Option<(&str, &str)> {
    let (service, operation) = path.strip_prefix("/service/")?.split_once("/operation/")?;
    // The service may have its namespace before it.
    let service = service.rsplit_once('.').map_or(service, |(_, name)| name);
    (!operation.contains('/')).then_some((service, operation))
}

/// Whether a host's name is the service's, or that of a bucket of it.
fn is_named(schema: &ServiceSchema, name: &str) -> bool {
    let rest = name.strip_suffix(schema.endpoint_prefix);
    let is_bucket = |rest: &str| rest.ends_with('.') && is_s3(schema.signing_name);
    rest.is_some_and(|rest| rest.is_empty() || is_bucket(rest))
}

/// Requests to SQS may go to the address of a queue.
fn is_of_queue(claimed: Option<&str>) -> bool {
    claimed == Some("sqs")
}

fn speaks(schema: &ServiceSchema, wanted: impl Fn(Protocol) -> bool) -> bool {
    schema.protocols.iter().any(|it| wanted(*it))
}

impl Apis {
    /// Whether a path that nothing else has belongs to an AWS API that is here.
    pub(super) fn serves(&self, head: &Head) -> bool {
        if is_cbor(head) {
            return cbor_path(&head.path).is_some_and(|(prefix, _)| self.by_cbor(prefix).is_some());
        }
        let signature = wharf_wire::sigv4::parse(&head.parts());
        let claimed = signature.as_ref().ok().map(|it| it.service.as_str());
        self.by_rest(head, claimed).is_some() || is_of_queue(claimed)
    }

    fn by_cbor(&self, prefix: &str) -> Option<&Arc<dyn Service>> {
        self.find(|it| it.target_prefix == prefix && speaks(it, |it| it == Protocol::Cbor))
    }

    /// The service that is named by the signature, or else by the host, if paths name its operations.
    pub(super) fn by_rest(&self, head: &Head, claimed: Option<&str>) -> Option<&Arc<dyn Service>> {
        let named = head.get("host").and_then(host::service);
        self.find(|it| {
            let is_meant = match claimed {
                Some(claimed) => it.signing_name == claimed,
                None => match named {
                    Some(name) => is_named(it, name),
                    None => is_s3(it.signing_name) && self.bucket(head).is_some(),
                },
            };
            is_meant && speaks(it, Protocol::is_rest)
        })
    }

    /// The largest body that what a request asks for takes, as far as its head tells.
    pub(super) fn largest_body(&self, head: &Head, claimed: Option<&str>) -> u64 {
        let target = head.get("x-amz-target").and_then(|it| it.rsplit_once('.'));
        let target = target.or_else(|| cbor_path(&head.path).filter(|_| is_cbor(head)));
        if let Some((prefix, operation)) = target {
            let service = self.find(|it| it.target_prefix == prefix);
            let schema = service.map(|it| it.schema());
            let index = schema.and_then(|it| it.find_operation(operation));
            let operation = schema.zip(index).map(|(it, index)| &it.operations[index]);
            return operation.map_or(MAX_BODY, |it| it.max_body);
        }
        let service = self.find(|it| claimed == Some(it.signing_name));
        service.map_or(MAX_BODY, |it| it.schema().max_body())
    }

    pub(super) fn target(
        &self,
        head: &Head,
        claimed: Option<&str>,
        body: Bytes,
    ) -> Result<Target<'_>, NoTarget> {
        // Both are those that `is_named_by` tells.
        if is_cbor(head) {
            return self.cbor_target(head, body);
        }
        if let Some(target) = head.get("x-amz-target") {
            return self.json_target(target, body);
        }
        match self.by_rest(head, claimed) {
            Some(service) => {
                let label = self.label(head, service.schema());
                rest_target(service, head, label, body)
            }
            None => self.form_target(head, claimed, &body),
        }
    }

    fn form_target(
        &self,
        head: &Head,
        claimed: Option<&str>,
        body: &[u8],
    ) -> Result<Target<'_>, NoTarget> {
        let text = match head.method.as_str() {
            "GET" => head.query.as_bytes(),
            _ => body,
        };
        let is_of_none =
            claimed.is_some_and(|claimed| self.find(|it| it.signing_name == claimed).is_none());
        let form = Form::parse(text).map_err(|error| {
            let fault = Fault::sender("MalformedInput", 400, error.to_string());
            match is_of_none {
                true => NoTarget::Unknown(fault),
                false => NoTarget::Malformed(fault),
            }
        })?;
        let missing = |text: &'static str| Fault::sender("MissingAction", 400, text);
        let version = form.get("Version").unwrap_or_default();
        let is_query = |schema: &ServiceSchema| speaks(schema, Protocol::is_query);
        let service = self
            .find(|schema| is_query(schema) && claimed == Some(schema.signing_name))
            .or_else(|| self.find(|schema| is_query(schema) && schema.api_version == version))
            .ok_or_else(|| {
                NoTarget::Unknown(missing("No API at this endpoint knows the request."))
            })?;
        let action = form.get("Action");
        if !version.is_empty() && version != service.schema().api_version {
            return Err(other_version(service, action.unwrap_or_default(), version));
        }
        let missing = || missing("The request must contain the parameter Action");
        let operation = action
            .ok_or_else(|| NoTarget::Malformed(missing()))?
            .to_owned();
        // Clients of before the JSON protocol ask at the queue's address instead of naming it.
        let form = match head.path.as_str() {
            "/" => form,
            path if is_of_queue(Some(service.schema().signing_name)) => form.or("QueueUrl", path),
            _ => form,
        };
        Ok(Target {
            service,
            operation,
            input: Input::Form(form),
        })
    }

    fn json_target(&self, target: &str, body: Bytes) -> Result<Target<'_>, NoTarget> {
        // CloudTrail's prefix has dots of its own.
        let (prefix, operation) = target.rsplit_once('.').unwrap_or((target, ""));
        let is_meant = |schema: &ServiceSchema| {
            !prefix.is_empty()
                && schema.target_prefix == prefix
                && speaks(schema, Protocol::is_json)
        };
        let service = self.find(is_meant).ok_or_else(unknown)?;
        Ok(Target {
            service,
            operation: operation.to_owned(),
            input: Input::Json(body),
        })
    }

    fn cbor_target(&self, head: &Head, body: Bytes) -> Result<Target<'_>, NoTarget> {
        let (prefix, operation) = cbor_path(&head.path).ok_or_else(unknown)?;
        let service = self.by_cbor(prefix).ok_or_else(unknown)?;
        Ok(Target {
            service,
            operation: operation.to_owned(),
            input: Input::Cbor(body),
        })
    }
}

fn unknown() -> NoTarget {
    NoTarget::Unknown(Fault::sender("UnknownOperationException", 400, ""))
}

fn other_version(service: &Arc<dyn Service>, action: &str, version: &str) -> NoTarget {
    let fault = Fault::sender(
        "InvalidAction",
        400,
        format!("Could not find operation {action} for version {version}"),
    );
    let is_classic = service.schema().name == "elbv2" && version == CLASSIC_BALANCERS;
    match is_classic {
        true => NoTarget::Classic(fault),
        false => NoTarget::Malformed(fault),
    }
}

fn rest_target<'a>(
    service: &'a Arc<dyn Service>,
    head: &Head,
    label: Option<&str>,
    body: Bytes,
) -> Result<Target<'a>, NoTarget> {
    let schema = service.schema();
    let read = rest::read(schema, &head.parts(), label, body.into()).map_err(|malformed| {
        NoTarget::Malformed(protocol_of(head, schema).codec().malformed(&malformed))
    })?;
    let Some((index, request)) = read else {
        let fault = protocol_of(head, schema)
            .codec()
            .unknown_operation(schema, "");
        return Err(NoTarget::Unknown(fault));
    };
    Ok(Target {
        service,
        operation: schema.operations[index].name.to_owned(),
        input: Input::Rest(Box::new(request)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_cbor() {
        let path = "/service/GraniteServiceVersion20100801/operation/PutMetricData";
        let expected = ("GraniteServiceVersion20100801", "PutMetricData");
        assert_eq!(cbor_path(path), Some(expected));
        assert_eq!(cbor_path("/service/a.b.C/operation/D"), Some(("C", "D")));
        for path in [
            "/",
            "/service/A",
            "/service/A/operation/B/C",
            "/x/service/A/operation/B",
        ] {
            assert_eq!(cbor_path(path), None, "{path}");
        }
    }
}
