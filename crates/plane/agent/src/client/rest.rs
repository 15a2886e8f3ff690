//! Operations of services that speak REST with JSON bodies.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use wharf_wire::sigv4::{self, RequestParts};

use super::api::{Api, CallError, fault, sensitive};

impl Api {
    /// Posts a JSON body to a path, which has letters alone that no URL escapes; the answer's body.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn post_json(
        &self,
        (service, operation): (&str, &'static str),
        path: &str,
        body: String,
    ) -> Result<Bytes, CallError> {
        let endpoint = self.endpoint();
        let path = format!("{}{path}", endpoint.path);
        let headers = [
            ("host".to_owned(), endpoint.authority()),
            ("content-type".to_owned(), "application/json".to_owned()),
        ];
        let parts = RequestParts {
            method: "POST",
            path: &path,
            query: "",
            headers: &headers,
        };
        let digest = sigv4::sha256_hex(body.as_bytes());
        let (keys, now) = (self.keys(), self.now());
        let signed = sigv4::sign(&parts, &digest, &keys, self.region(), service, now);
        let mut request = Request::post(&path);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        let malformed = |_| CallError::Malformed { operation };
        let request = request.body(Full::new(Bytes::from(body)));
        let (status, body) = self.send(operation, request.map_err(malformed)?).await?;
        match status {
            200 => Ok(body),
            _ => Err(fault(status, &body)),
        }
    }
}
