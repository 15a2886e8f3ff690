//! Requests of the command line to the running server, signed as root.

use std::{future::Future, sync::Arc};

use http_body_util::{BodyExt, Full, Limited};
use hyper_util::rt::TokioIo;
use wharf_agent::client::{Api, CallError, ConnectError, Dialer, Endpoint, Stream};
use wharf_base::{Clock, SystemClock};
use wharf_wire::sigv4::{RequestParts, SigningKeys, sha256_hex, sign};

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
pub async fn call<O: wharf_wire::node::Struct + Default>(
    api: &Api,
    settings: &Settings,
    operation: &'static str,
    input: &(dyn wharf_wire::node::Struct + Sync),
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

/// What the server answers to a request without a body; any status but 2xx is an error.
pub async fn ask(
    layout: &Layout,
    settings: &Settings,
    method: &str,
    path: &str,
    query: &str,
) -> Result<String, Problem> {
    let keys = root_keys(layout)?;
    let host = format!("127.0.0.1:{}", settings.port);
    let headers = vec![("host".to_owned(), host.clone())];
    let parts = RequestParts {
        method,
        path,
        query,
        headers: &headers,
    };
    let signed = sign(
        &parts,
        &sha256_hex(b""),
        &keys,
        &settings.region,
        "wharf",
        SystemClock.now(),
    );
    let target = match query {
        "" => path.to_owned(),
        _ => format!("{path}?{query}"),
    };
    let mut request = http::Request::builder().method(method).uri(target);
    for (name, value) in [("host".to_owned(), host)].into_iter().chain(signed) {
        request = request.header(name, value);
    }
    let request = request
        .body(Full::new(bytes::Bytes::new()))
        .map_err(|cause| Problem::caused("the request cannot be made", cause))?;
    send(layout, settings, request).await
}

fn dialer(layout: &Layout) -> Result<Dialer, Problem> {
    Dialer::new(layout.authority().as_deref())
        .map_err(|cause| Problem::caused("the authority cannot be trusted", cause))
}

async fn send(
    layout: &Layout,
    settings: &Settings,
    request: http::Request<Full<bytes::Bytes>>,
) -> Result<String, Problem> {
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
    exchange(stream, request, MAX_ANSWER).await
}

/// One request and the answer's text, at most `bound` bytes; any status but 2xx is an error.
pub async fn exchange(
    stream: Box<dyn Stream>,
    request: http::Request<Full<bytes::Bytes>>,
    bound: usize,
) -> Result<String, Problem> {
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
    let text = String::from_utf8_lossy(&body.to_bytes()).into_owned();
    if status.is_success() {
        Ok(text)
    } else {
        Err(Problem::other(format!("the server said: {}", text.trim())))
    }
}

/// Runs the command's work to its end.
pub fn block_on<T, E: From<Problem>>(work: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| Problem::caused("cannot start", cause))?
        .block_on(work)
}
