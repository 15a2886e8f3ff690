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

const OPERATION: &str = "GetObject";
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
        let endpoint = self.endpoint();
        let key = utf8_percent_encode(key, IN_PATH);
        let path = format!("{}/{bucket}/{key}", endpoint.path);
        let empty = sigv4::sha256_hex(b"");
        let headers = vec![
            ("host".to_owned(), endpoint.authority()),
            ("range".to_owned(), format!("bytes=0-{limit}")),
            ("x-amz-content-sha256".to_owned(), empty.clone()),
        ];
        let signed = self.sign_get(&path, &headers, &empty);
        let mut request = Request::get(&path);
        for (name, value) in headers.iter().chain(&signed) {
            request = request.header(name, sensitive(name, value));
        }
        let malformed = |_| CallError::Malformed {
            operation: OPERATION,
        };
        let request = request.body(Full::new(Bytes::new())).map_err(malformed)?;
        let (status, body) = self.send(OPERATION, request).await?;
        match status {
            200 | 206 => Ok(body),
            // An empty object has no first byte.
            416 => Ok(Bytes::new()),
            _ => Err(fault(status, &body)),
        }
    }

    fn sign_get(
        &self,
        path: &str,
        headers: &[(String, String)],
        digest: &str,
    ) -> Vec<(String, String)> {
        let parts = RequestParts {
            method: "GET",
            path,
            query: "",
            headers,
        };
        let (keys, now) = (self.keys(), self.now());
        sigv4::sign(&parts, digest, &keys, self.region(), "s3", now)
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
