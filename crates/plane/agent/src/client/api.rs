//! Signed calls of AWS operations, encoded by the generated contracts.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderValue, Request, header};
use http_body_util::Full;
use wharf_base::{Clock, Timestamp};
use wharf_planeproto::forward::{self, Forwarded};
use wharf_wire::{
    codec::json,
    node::Struct,
    schema::{Protocol, ServiceSchema},
    sigv4::{self, RequestParts, SigningKeys},
};

pub use super::pool::TransportError;
use super::{CurrentKeys, Dialer, Endpoint, pool::Pool};

/// Calls operations at one endpoint with one identity.
#[derive(Clone)]
pub struct Api {
    pool: Pool,
    dialer: Dialer,
    keys: CurrentKeys,
    region: Arc<str>,
    clock: Arc<dyn Clock>,
}

/// A call that brought no output.
#[derive(Debug, thiserror::Error)]
pub enum CallError {
    /// The service said no.
    #[error("{code}: {message}")]
    Fault {
        code: String,
        message: String,
        status: u16,
    },
    #[error("{operation} got no answer")]
    Transport {
        operation: &'static str,
        source: TransportError,
    },
    #[error("the answer to {operation} is malformed")]
    Malformed { operation: &'static str },
    #[error("the contract of {service} has no JSON operation {operation}")]
    NotInContract {
        service: &'static str,
        operation: &'static str,
    },
}

impl CallError {
    /// Whether the same call may succeed later: lost connections, throttling, faults of the server.
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Fault { code, status, .. } => {
                *status >= 500
                    || matches!(
                        code.as_str(),
                        "ThrottlingException"
                            | "ServerException"
                            | "LimitExceededException"
                            // Keys that ended are being renewed.
                            | "ExpiredTokenException"
                    )
            }
            Self::Transport { .. } | Self::Malformed { .. } => true,
            Self::NotInContract { .. } => false,
        }
    }

    /// Nobody said yes or no. Not all that is transient: who is told to slow down has not been let in.
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::Fault { status, .. } => *status >= 500,
            Self::Transport { .. } => true,
            Self::Malformed { .. } | Self::NotInContract { .. } => false,
        }
    }

    /// The fault's code; empty for everything else.
    pub fn code(&self) -> &str {
        match self {
            Self::Fault { code, .. } => code,
            _ => "",
        }
    }
}

impl Api {
    pub fn new(
        endpoint: Endpoint,
        dialer: Dialer,
        keys: impl Into<CurrentKeys>,
        region: &str,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            pool: Pool::new(endpoint, dialer.clone()),
            dialer,
            keys: keys.into(),
            region: region.into(),
            clock,
        }
    }

    /// The same endpoint with other keys, as those of a task's role.
    pub fn with_keys(&self, keys: SigningKeys) -> Self {
        Self {
            keys: keys.into(),
            ..self.clone()
        }
    }

    /// The same endpoint and keys, for another region.
    pub fn in_region(&self, region: &str) -> Self {
        Self {
            region: region.into(),
            ..self.clone()
        }
    }

    pub fn endpoint(&self) -> &Endpoint {
        self.pool.endpoint()
    }

    pub fn dialer(&self) -> &Dialer {
        &self.dialer
    }

    pub fn region(&self) -> &str {
        &self.region
    }

    /// What is signed with now.
    pub fn keys(&self) -> Arc<SigningKeys> {
        self.keys.get()
    }

    /// The same for as long as the identity lives.
    pub fn current_keys(&self) -> &CurrentKeys {
        &self.keys
    }

    /// Calls `operation` of a JSON service.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn call<O: Struct + Default>(
        &self,
        service: &'static ServiceSchema,
        operation: &'static str,
        input: &dyn Struct,
    ) -> Result<O, CallError> {
        let unknown = CallError::NotInContract {
            service: service.name,
            operation,
        };
        let (Some(at), Protocol::Json { minor }) =
            (service.find_operation(operation), service.protocol)
        else {
            return Err(unknown);
        };
        let shapes = &service.operations[at];
        let body = json::encode(service, shapes.input, input);
        let request = self.request(service, operation, minor, body);
        let (status, body) = self.send(operation, request).await?;
        if status != 200 {
            return Err(fault(status, &body));
        }
        let mut output = O::default();
        json::decode(service, shapes.output, &body, &mut output)
            .map_err(|_| CallError::Malformed { operation })?;
        Ok(output)
    }

    /// Posts nothing to a path of wharf's own, with an encoded query, and reads the answer.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post(&self, path: &'static str, query: &str) -> Result<Bytes, CallError> {
        self.post_to(path, path, query).await
    }

    /// The same to a path that names something; `operation` is what errors call it.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post_to(
        &self,
        operation: &'static str,
        path: &str,
        query: &str,
    ) -> Result<Bytes, CallError> {
        let path_there = format!("{}{path}", self.pool.endpoint().path);
        let headers = vec![("host".to_owned(), self.pool.endpoint().authority())];
        let parts = RequestParts {
            method: "POST",
            path: &path_there,
            query,
            headers: &headers,
        };
        let now = self.clock.now();
        let empty = sigv4::sha256_hex(b"");
        let keys = self.keys.get();
        let signed = sigv4::sign(&parts, &empty, &keys, &self.region, "wharf", now);
        let target = match query {
            "" => path_there.clone(),
            _ => format!("{path_there}?{query}"),
        };
        let mut request = Request::post(target);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        let request = request
            .body(Full::new(Bytes::new()))
            .expect("method, path and headers were made here");
        let (status, body) = self.send(operation, request).await?;
        match status {
            200 => Ok(body),
            _ => Err(fault(status, &body)),
        }
    }

    /// Status and body of the answer.
    pub(super) async fn send(
        &self,
        operation: &'static str,
        request: Request<Full<Bytes>>,
    ) -> Result<(u16, Bytes), CallError> {
        let sent = self.pool.send(request).await;
        sent.map_err(|source| CallError::Transport { operation, source })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn request(
        &self,
        service: &ServiceSchema,
        operation: &str,
        minor: u8,
        body: Vec<u8>,
    ) -> Request<Full<Bytes>> {
        let endpoint = self.pool.endpoint();
        let path = format!("{}/", endpoint.path);
        let headers = vec![
            ("host".to_owned(), endpoint.authority()),
            (
                "content-type".to_owned(),
                format!("application/x-amz-json-1.{minor}"),
            ),
            (
                "x-amz-target".to_owned(),
                format!("{}.{operation}", service.target_prefix),
            ),
        ];
        let parts = RequestParts {
            method: "POST",
            path: &path,
            query: "",
            headers: &headers,
        };
        let digest = sigv4::sha256_hex(&body);
        let now = self.clock.now();
        let signed = sigv4::sign(
            &parts,
            &digest,
            &self.keys.get(),
            &self.region,
            service.signing_name,
            now,
        );
        let mut request = Request::post(&path);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        request
            .body(Full::new(Bytes::from(body)))
            .expect("method, path and headers were made here")
    }

    /// The head that begins a connection which this node passes on for a task.
    pub fn sign_forward(&self, forwarded: &Forwarded) -> String {
        let mut headers = vec![("host".to_owned(), self.endpoint().authority())];
        headers.extend(forwarded.headers());
        let parts = RequestParts {
            method: forward::METHOD,
            path: forward::PATH,
            query: "",
            headers: &headers,
        };
        let empty = sigv4::sha256_hex(b"");
        let now = self.clock.now();
        let keys = self.keys.get();
        let signed = sigv4::sign(&parts, &empty, &keys, &self.region, "wharf", now);
        headers.extend(signed);
        forward::head(&headers)
    }

    /// Headers that sign the upgrade to a websocket of the service `ecs`.
    pub fn sign_upgrade(
        &self,
        endpoint: &Endpoint,
        path: &str,
        query: &str,
    ) -> Vec<(String, String)> {
        let headers = vec![("host".to_owned(), endpoint.authority())];
        let parts = RequestParts {
            method: "GET",
            path,
            query,
            headers: &headers,
        };
        let empty = sigv4::sha256_hex(b"");
        let now = self.clock.now();
        let keys = self.keys.get();
        let mut all = sigv4::sign(&parts, &empty, &keys, &self.region, "ecs", now);
        all.extend(headers);
        all
    }
}

pub(super) fn sensitive(name: &str, value: &str) -> HeaderValue {
    let mut value = HeaderValue::from_str(value).unwrap_or(HeaderValue::from_static(""));
    value.set_sensitive(name == header::AUTHORIZATION.as_str() || name == "x-amz-security-token");
    value
}

/// `{"__type":"Code","message":"…"}`; some services print `Message`, some a namespace and `#`.
pub(super) fn fault(status: u16, body: &[u8]) -> CallError {
    #[derive(Default, serde::Deserialize)]
    #[serde(default)]
    struct Body {
        __type: String,
        message: String,
        #[serde(rename = "Message")]
        capital: String,
    }
    let body: Body = serde_json::from_slice(body).unwrap_or_default();
    let code = body.__type.rsplit('#').next().unwrap_or_default();
    let code = if code.is_empty() {
        format!("HTTP {status}")
    } else {
        code.to_owned()
    };
    let message = if body.message.is_empty() {
        body.capital
    } else {
        body.message
    };
    CallError::Fault {
        code,
        message,
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        let check = |status, body: &str, code: &str, transient| {
            let error = fault(status, body.as_bytes());
            assert_eq!(error.code(), code);
            assert_eq!(error.is_transient(), transient, "{body}");
            // Throttling is no outage.
            assert_eq!(error.is_unanswered(), status >= 500, "{body}");
        };
        check(
            400,
            r#"{"__type":"a#ClientException","Message":"m"}"#,
            "ClientException",
            false,
        );
        check(
            400,
            r#"{"__type":"ThrottlingException"}"#,
            "ThrottlingException",
            true,
        );
        check(502, "<html>", "HTTP 502", true);
    }
}
