//! Bodies of any kind, signed by their digest: bytes of snapshots, and what a node says of itself.

use bytes::Bytes;
use http::{Method, Request};
use http_body_util::Full;
use wharf_planeproto::snapshot::{Path, hex_of};
use wharf_wire::sigv4::{self, RequestParts};

use super::api::{Api, CallError, fault, sensitive};

const OPERATION: &str = "TransferSnapshotBlock";

impl Api {
    /// Sends a body to a path of snapshots, or fetches one; the answer's.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn snapshot(
        &self,
        method: Method,
        path: &Path<'_>,
        body: Bytes,
    ) -> Result<Bytes, CallError> {
        self.send_signed(OPERATION, method, &path.text(), body)
            .await
    }

    /// Sends a body to a path of wharf's own; the answer's. `operation` is what errors call it.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn send_signed(
        &self,
        operation: &'static str,
        method: Method,
        path: &str,
        body: Bytes,
    ) -> Result<Bytes, CallError> {
        let endpoint = self.endpoint();
        let path = format!("{}{path}", endpoint.path);
        let digest = hex_of(&sum(&body));
        let headers = [
            ("host".to_owned(), endpoint.authority()),
            ("x-amz-content-sha256".to_owned(), digest.clone()),
        ];
        let parts = RequestParts {
            method: method.as_str(),
            path: &path,
            query: "",
            headers: &headers,
        };
        let (keys, now) = (self.keys(), self.now());
        let signed = sigv4::sign(&parts, &digest, &keys, self.region(), "wharf", now);
        let mut request = Request::builder().method(method).uri(&path);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        let malformed = |_| CallError::Malformed { operation };
        let request = request.body(Full::new(body)).map_err(malformed)?;
        let (status, body) = self.send(operation, request).await?;
        match status {
            200 => Ok(body),
            _ => match fault(status, &body) {
                // What is refused here is refused in words alone.
                CallError::Fault {
                    code,
                    message,
                    status,
                } if message.is_empty() => Err(CallError::Fault {
                    code,
                    message: String::from_utf8_lossy(&body).trim().to_owned(),
                    status,
                }),
                other => Err(other),
            },
        }
    }
}

/// SHA-256.
pub fn sum(bytes: &[u8]) -> [u8; 32] {
    let digest = ring::digest::digest(&ring::digest::SHA256, bytes);
    std::array::from_fn(|at| digest.as_ref().get(at).copied().unwrap_or_default())
}
