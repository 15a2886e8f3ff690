//! Small objects of S3, which speaks no JSON.

use bytes::Bytes;
use http::Request;
use http_body_util::Full;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use wharf_wire::{
    codec::element,
    sigv4::{self, RequestParts},
};

use super::api::{Api, CallError, sensitive};

/// What a path leaves as it is, with the slashes of a key.
const IN_PATH: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~')
    .remove(b'/');

impl Api {
    /// An object's bytes, one more than `limit` at most: then it has more than that.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn object(&self, bucket: &str, key: &str, limit: u64) -> Result<Bytes, CallError> {
        let range = ("range".to_owned(), format!("bytes=0-{limit}"));
        let at = (bucket, key);
        let (status, body) = self
            .ask("GetObject", "GET", at, vec![range], Bytes::new())
            .await?;
        match status {
            200 | 206 => Ok(body),
            // An empty object has no first byte.
            416 => Ok(Bytes::new()),
            _ => Err(fault(status, &body)),
        }
    }

    /// Makes an object of these bytes; durable when this returns.
    ///
    /// # Errors
    /// See [`CallError`].
    pub async fn put_object(&self, bucket: &str, key: &str, body: Bytes) -> Result<(), CallError> {
        // Said of an empty object too, where the client says nothing by itself.
        let length = ("content-length".to_owned(), body.len().to_string());
        let at = (bucket, key);
        let (status, body) = self.ask("PutObject", "PUT", at, vec![length], body).await?;
        match status {
            200 => Ok(()),
            _ => Err(fault(status, &body)),
        }
    }

    /// Status and body of the answer.
    async fn ask(
        &self,
        operation: &'static str,
        method: &'static str,
        (bucket, key): (&str, &str),
        mut headers: Vec<(String, String)>,
        body: Bytes,
    ) -> Result<(u16, Bytes), CallError> {
        let endpoint = self.endpoint();
        let key = utf8_percent_encode(key, IN_PATH);
        let path = format!("{}/{bucket}/{key}", endpoint.path);
        let digest = sigv4::sha256_hex(&body);
        headers.push(("host".to_owned(), endpoint.authority()));
        headers.push(("x-amz-content-sha256".to_owned(), digest.clone()));
        let parts = RequestParts {
            method,
            path: &path,
            query: "",
            headers: &headers,
        };
        let (keys, now) = (self.keys(), self.now());
        let signed = sigv4::sign(&parts, &digest, &keys, self.region(), "s3", now);
        let mut request = Request::builder().method(method).uri(&path);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        let malformed = |_| CallError::Malformed { operation };
        let request = request.body(Full::new(body)).map_err(malformed)?;
        self.send(operation, request).await
    }
}

/// `<Error><Code>…</Code><Message>…</Message></Error>`
fn fault(status: u16, body: &[u8]) -> CallError {
    let error = element::parse(body).unwrap_or_default();
    let text = |name| error.child(name).map(|child| child.text.clone());
    CallError::Fault {
        code: text("Code").unwrap_or_else(|| format!("HTTP {status}")),
        message: text("Message").unwrap_or_default(),
        status,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults() {
        let check = |status, body: &str, expected: &str| {
            assert_eq!(fault(status, body.as_bytes()).to_string(), expected);
        };
        let known = "<Error><Code>NoSuchKey</Code><Message>Gone.</Message></Error>";
        check(404, known, "NoSuchKey: Gone.");
        check(502, "<html>", "HTTP 502: ");
    }

    #[test]
    fn keys_in_paths() {
        let path = utf8_percent_encode("a b/\u{e9}~.env?+", IN_PATH).to_string();
        assert_eq!(path, "a%20b/%C3%A9~.env%3F%2B");
    }
}
