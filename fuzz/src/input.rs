//! How inputs of several parts are cut: in ways that stay readable in a corpus and survive changes.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD as BASE64_URL};
use serde_json::Value;
use wharf_base::Timestamp;

/// The first line as text, and what follows it; `None` if there is no line.
pub fn line(bytes: &[u8]) -> Option<(&str, &[u8])> {
    let end = bytes.iter().position(|byte| *byte == b'\n')?;
    let line = std::str::from_utf8(&bytes[..end]).ok()?;
    Some((line, &bytes[end + 1..]))
}

/// Method, target, headers and body.
pub type Head<'a> = (&'a str, &'a str, Vec<(String, String)>, &'a [u8]);

/// The head of a request: `METHOD path?query`, then lines `name: value`, of which an empty one ends
/// the head; the body follows.
pub fn head(bytes: &[u8]) -> Option<Head<'_>> {
    let (request, mut rest) = line(bytes)?;
    let (method, target) = request.split_once(' ')?;
    let mut headers = Vec::new();
    while let Some((line, after)) = line(rest) {
        rest = after;
        match line.split_once(": ") {
            Some((name, value)) => headers.push((name.to_ascii_lowercase(), value.to_owned())),
            None => break,
        }
    }
    Some((method, target, headers, rest))
}

/// The first byte, which chooses something, and what follows it.
pub fn choice(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (first, rest) = bytes.split_first()?;
    Some((usize::from(*first), rest))
}

/// Parts, each with its length (two bytes, little end first) before it; the last may be shorter.
pub fn parts(mut bytes: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk::<2>() {
        let length = usize::from(u16::from_le_bytes(*length)).min(rest.len());
        let (part, rest) = rest.split_at(length);
        parts.push(part);
        bytes = rest;
    }
    parts
}

pub fn text(bytes: &[u8]) -> Option<&str> {
    std::str::from_utf8(bytes).ok()
}

/// 2026-01-02T03:04:05Z, when the tokens of the corpus hold.
pub const NOW: Timestamp = Timestamp::from_millis(1_767_323_045_000);

/// A token of that header and those claims, which nobody signed.
pub fn jwt(header: &str, claims: &[u8]) -> String {
    let part = |bytes: &[u8]| BASE64_URL.encode(bytes);
    let (header, claims) = (part(header.as_bytes()), part(claims));
    format!("{header}.{claims}.{}", part(&[7; 256]))
}

/// Objects, one a line; what is none is left out.
pub fn objects(bytes: &[u8]) -> impl Iterator<Item = Option<Arc<Value>>> {
    let lines = bytes.split(|it| *it == b'\n');
    let read = lines.map(|it| serde_json::from_slice(it).ok().map(Arc::new));
    read.chain(std::iter::repeat(None))
}
