//! What is signed: a request in its canonical form, and the key of a day, a region and a service.

use std::{borrow::Cow, fmt::Write as _};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::Sha256;

use super::{ALGORITHM, RequestParts, Scope, is_s3, sha256_hex};

/// What a bare `+` in a query stands for when it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Plus {
    /// Signed as it stands (botocore).
    Itself,
    /// A space, signed as `%20` (Go's SDK, and with it the stock ECS agent).
    Space,
    /// A plus sign, signed as `%2B`.
    Encoded,
}

impl Plus {
    pub const ALL: [Self; 3] = [Self::Itself, Self::Space, Self::Encoded];

    fn canonical(self, raw: &str) -> String {
        let by = match self {
            Self::Itself => "+",
            Self::Space => "%20",
            Self::Encoded => "%2B",
        };
        let parts: Vec<String> = raw
            .split('+')
            .map(|part| encode(&decode(part), false))
            .collect();
        parts.join(by)
    }
}

/// `None` if a signed header is not in the request.
pub(super) fn canonical_request(
    service: &str,
    request: &RequestParts<'_>,
    signed_headers: &[String],
    payload_hash: &str,
    presigned: bool,
    plus: Plus,
) -> Option<String> {
    let mut text = String::new();
    let _ = writeln!(text, "{}", request.method);
    let path = match is_s3(service) {
        true => encode(&decode(request.path), true),
        false => canonical_uri(request.path),
    };
    let _ = writeln!(text, "{path}");
    let _ = writeln!(text, "{}", canonical_query(request.query, presigned, plus));
    for name in signed_headers {
        let mut values = request
            .headers
            .iter()
            .filter(|(key, _)| key == name)
            .peekable();
        values.peek()?;
        let joined: Vec<String> = values.map(|(_, value)| collapse(value)).collect();
        let _ = writeln!(text, "{name}:{}", joined.join(","));
    }
    let _ = write!(text, "\n{}\n{payload_hash}", signed_headers.join(";"));
    Some(text)
}

/// Dot segments removed, then every segment encoded once more (each service here but S3).
fn canonical_uri(path: &str) -> String {
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/') {
        match segment {
            "" | "." => {}
            ".." => {
                kept.pop();
            }
            other => kept.push(other),
        }
    }
    let mut uri = String::from("/");
    uri.push_str(&kept.join("/"));
    if path.ends_with('/') && uri.len() > 1 {
        uri.push('/');
    }
    encode(&uri, true)
}

fn canonical_query(query: &str, presigned: bool, plus: Plus) -> String {
    let mut pairs: Vec<(String, String)> = raw_pairs(query)
        .filter(|(name, _)| !(presigned && decode(name) == "X-Amz-Signature"))
        .map(|(name, value)| (plus.canonical(name), plus.canonical(value)))
        .collect();
    pairs.sort();
    let joined: Vec<String> = pairs
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    joined.join("&")
}

pub(super) fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

pub(super) fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Percent-encodes all but `A-Za-z0-9-_.~`, and `/` if told to keep it.
pub(super) fn encode(text: &str, keep_slash: bool) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            b'/' if keep_slash => encoded.push('/'),
            _ => {
                let _ = write!(encoded, "%{byte:02X}");
            }
        }
    }
    encoded
}

/// Trimmed, inner runs of white space made one space.
fn collapse(value: &str) -> String {
    value.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

pub(super) fn string_to_sign(time: &str, scope: &Scope<'_>, canonical: &str) -> String {
    let Scope {
        date,
        region,
        service,
    } = scope;
    let digest = sha256_hex(canonical.as_bytes());
    format!("{ALGORITHM}\n{time}\n{date}/{region}/{service}/aws4_request\n{digest}")
}

pub(super) fn signing_key(secret: &str, scope: &Scope<'_>) -> [u8; 32] {
    let date = hmac(format!("AWS4{secret}").as_bytes(), scope.date.as_bytes());
    let region = hmac(&date, scope.region.as_bytes());
    let service = hmac(&region, scope.service.as_bytes());
    hmac(&service, b"aws4_request")
}

pub(super) fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}
