//! Requests of the command line to the running server, signed as root.

use std::{future::Future, sync::Arc};

use bytes::Bytes;
use http::StatusCode;
use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use wharf_agent::client::{Api, CallError, ConnectError, Dialer, Endpoint, Stream};
use wharf_api_wharf::schema::SERVICE as WHARF;
use wharf_base::{Clock, SystemClock};
use wharf_wire::{
    codec::json,
    node::Struct,
    schema::{Protocol, ServiceSchema},
    sigv4::{RequestParts, SigningKeys, sha256_hex, sign},
};

use crate::{
    layout::{Layout, Settings},
    problem::Problem,
};

/// An overview of thousands of tasks is a few MiB.
const MAX_ANSWER: usize = 64 << 20;

/// Signs calls to the AWS APIs as root.
pub fn api(layout: &Layout, settings: &Settings) -> Result<Api, Problem> {
    let endpoint = Endpoint::parse(&settings.own_endpoint())
        .map_err(|cause| Problem::caused("the settings name no usable endpoint", cause))?;
    let dialer = dialer(layout)?;
    Ok(Api::new(
        endpoint,
        dialer,
        root_keys(layout)?,
        &settings.region,
        Arc::new(SystemClock),
    ))
}

/// One call to ECS.
pub async fn call<O: Struct + Default>(
    api: &Api,
    settings: &Settings,
    operation: &'static str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    api.call(&wharf_api_ecs::schema::SERVICE, operation, input)
        .await
        .map_err(|error| match error {
            CallError::Transport { .. } => Problem::NotRunning {
                endpoint: settings.endpoint(),
            },
            absent if absent.code() == "ClusterNotFoundException" => Problem::other(format!(
                "there is no such cluster in {}: --cluster and --region name others",
                settings.region
            )),
            other => Problem::caused(format!("{operation} failed"), other),
        })
}

fn root_keys(layout: &Layout) -> Result<SigningKeys, Problem> {
    let root = wharf_server::root_credentials(&layout.server(), &layout.keyring()?)
        .map_err(|cause| Problem::caused("the root key cannot be read", cause))?;
    Ok(SigningKeys {
        access_key_id: root.access_key_id,
        secret_access_key: root.secret_access_key,
        session_token: None,
    })
}

/// One call of the installation's own service, in the types of its contract.
pub async fn wharf<O: Struct + Default>(
    layout: &Layout,
    settings: &Settings,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    of(&WHARF, layout, settings, operation, input).await
}

/// One call of a service that speaks JSON.
pub async fn of<O: Struct + Default>(
    service: &'static ServiceSchema,
    layout: &Layout,
    settings: &Settings,
    operation: &str,
    input: &(dyn Struct + Sync),
) -> Result<O, Problem> {
    let at = service.find_operation(operation);
    let shapes = &service.operations[at.expect("commands name operations of the contract")];
    let body = json::encode(service, shapes.input, input);
    let answer = post(service, layout, settings, operation, body).await?;
    let mut output = O::default();
    json::decode(service, shapes.output, &answer, &mut output)
        .map_err(|_| Problem::other("the server's answer is not understood"))?;
    Ok(output)
}

/// The same of the installation's own service, from and to JSON as it goes over the wire.
pub async fn raw(
    layout: &Layout,
    settings: &Settings,
    operation: &str,
    body: Vec<u8>,
) -> Result<Bytes, Problem> {
    post(&WHARF, layout, settings, operation, body).await
}

async fn post(
    service: &'static ServiceSchema,
    layout: &Layout,
    settings: &Settings,
    operation: &str,
    body: Vec<u8>,
) -> Result<Bytes, Problem> {
    let minor = service.protocols.iter().find_map(|it| match it {
        Protocol::Json { minor } => Some(*minor),
        _ => None,
    });
    let minor = minor.expect("commands call services that speak JSON");
    let headers = [
        ("content-type", format!("application/x-amz-json-1.{minor}")),
        (
            "x-amz-target",
            format!("{}.{operation}", service.target_prefix),
        ),
    ];
    let (status, answer) = signed(service, layout, settings, "POST", "/", &headers, body).await?;
    match status.is_success() {
        true => Ok(answer),
        false => Err(said(&fault_text(&answer))),
    }
}

/// The server's metrics as text.
pub async fn metrics(layout: &Layout, settings: &Settings) -> Result<String, Problem> {
    let (status, answer) =
        signed(&WHARF, layout, settings, "GET", "/metrics", &[], Vec::new()).await?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    match status.is_success() {
        true => Ok(text),
        false => Err(said(&text)),
    }
}

/// The answer to a request that root signs for a service.
async fn signed(
    service: &'static ServiceSchema,
    layout: &Layout,
    settings: &Settings,
    method: &str,
    path: &str,
    headers: &[(&str, String)],
    body: Vec<u8>,
) -> Result<(StatusCode, Bytes), Problem> {
    let mut named = vec![("host".to_owned(), format!("127.0.0.1:{}", settings.port))];
    named.extend(
        headers
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone())),
    );
    let parts = RequestParts {
        method,
        path,
        query: "",
        headers: &named,
    };
    let proof = sign(
        &parts,
        &sha256_hex(&body),
        &root_keys(layout)?,
        &settings.region,
        service.signing_name,
        SystemClock.now(),
    );
    let mut request = http::Request::builder().method(method).uri(path);
    for (name, value) in named.iter().chain(&proof) {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::new(body.into()))
        .map_err(|cause| Problem::caused("the request cannot be made", cause))?;
    send(layout, settings, request).await
}

/// A value of the contract as JSON, for people and `--json`.
pub fn document(shape: &str, value: &dyn Struct) -> serde_json::Value {
    let at = WHARF.shapes.iter().position(|it| it.name == shape);
    let at = at.and_then(|at| u16::try_from(at).ok());
    json::to_value(&WHARF, at.expect("the shape is one of the contract"), value)
}

/// What a fault says to people.
fn fault_text(answer: &[u8]) -> String {
    let fault: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
    match fault["message"].as_str().filter(|text| !text.is_empty()) {
        Some(text) => text.to_owned(),
        None => String::from_utf8_lossy(answer).into_owned(),
    }
}

fn said(text: &str) -> Problem {
    Problem::other(format!("the server said: {}", text.trim()))
}

fn dialer(layout: &Layout) -> Result<Dialer, Problem> {
    Dialer::new(layout.authority().as_deref())
        .map_err(|cause| Problem::caused("the authority cannot be trusted", cause))
}

async fn send(
    layout: &Layout,
    settings: &Settings,
    request: http::Request<Full<Bytes>>,
) -> Result<(StatusCode, Bytes), Problem> {
    let endpoint = Endpoint::parse(&settings.own_endpoint())
        .map_err(|cause| Problem::caused("the settings name no usable endpoint", cause))?;
    let dialer = dialer(layout)?;
    let stream = dialer
        .connect(&endpoint)
        .await
        .map_err(|error| match error {
            ConnectError::Tls { .. } => Problem::caused("another program answers there", error),
            _ => Problem::NotRunning {
                endpoint: settings.endpoint(),
            },
        })?;
    answer_to(stream, request, MAX_ANSWER).await
}

/// One request and the answer's text, at most `bound` bytes; any status but 2xx is an error.
pub async fn exchange(
    stream: Box<dyn Stream>,
    request: http::Request<Full<Bytes>>,
    bound: usize,
) -> Result<String, Problem> {
    let (status, answer) = answer_to(stream, request, bound).await?;
    let text = String::from_utf8_lossy(&answer).into_owned();
    match status.is_success() {
        true => Ok(text),
        false => Err(said(&text)),
    }
}

async fn answer_to(
    stream: Box<dyn Stream>,
    request: http::Request<Full<Bytes>>,
    bound: usize,
) -> Result<(StatusCode, Bytes), Problem> {
    let failed = |cause| Problem::caused("the server ended the connection", cause);
    let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(failed)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(failed)?;
    let status = response.status();
    let body = Limited::new(response.into_body(), bound)
        .collect()
        .await
        .map_err(|cause| Problem::caused("the server's answer ended early", cause))?;
    driver.abort();
    Ok((status, body.to_bytes()))
}

/// Runs the command's work to its end.
pub fn block_on<T, E: From<Problem>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start", cause))?
        .block_on(work)
}

#[cfg(test)]
mod tests {
    use super::fault_text;

    #[test]
    fn a_fault_is_its_message_or_what_came() {
        assert_eq!(
            fault_text(br#"{"__type":"X","message":"no node"}"#),
            "no node"
        );
        assert_eq!(fault_text(b"plain\n"), "plain\n");
    }
}
