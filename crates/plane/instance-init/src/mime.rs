//! MIME multipart, as far as user data comes in it: parts with a content type, each as it is or in base64.

use base64::{Engine as _, prelude::BASE64_STANDARD};

/// Parts of one message.
pub const MAX_PARTS: usize = 64;
const MAX_BOUNDARY: usize = 70;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part {
    /// In small letters, without its parameters.
    pub content_type: String,
    pub body: Vec<u8>,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum BadMime {
    #[error("its head names no boundary")]
    Boundary,
    #[error("it has more than {MAX_PARTS} parts")]
    TooMany,
    #[error("a part is in the transfer encoding `{0}`, which is not supported")]
    Encoding(String),
    #[error("a part is no base64")]
    Base64,
    #[error("it is no text")]
    Text,
}

/// Whether these bytes begin like a message of several parts.
pub fn is_multipart(bytes: &[u8]) -> bool {
    let head = head_of(bytes).to_ascii_lowercase();
    head.contains("content-type: multipart/") || head.contains("content-type:multipart/")
}

/// The text up to the first empty line.
fn head_of(bytes: &[u8]) -> String {
    const LONGEST: usize = 8 << 10;
    let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).replace("\r\n", "\n");
    let end = text.find("\n\n").unwrap_or(text.len());
    text[..end].to_owned()
}

pub fn read(bytes: &[u8]) -> Result<Vec<Part>, BadMime> {
    let text = std::str::from_utf8(bytes).map_err(|_| BadMime::Text)?;
    let text = text.replace("\r\n", "\n");
    let (head, body) = text.split_once("\n\n").ok_or(BadMime::Boundary)?;
    let kind = header(head, "content-type").ok_or(BadMime::Boundary)?;
    let boundary = parameter(&kind, "boundary").ok_or(BadMime::Boundary)?;
    if boundary.is_empty() || boundary.len() > MAX_BOUNDARY {
        return Err(BadMime::Boundary);
    }
    let line = format!("--{boundary}");
    let mut parts = Vec::new();
    let mut part: Option<String> = None;
    for each in body.split_inclusive('\n') {
        let bare = each.trim_end();
        let ends = bare.strip_prefix(&line) == Some("--");
        if bare != line && !ends {
            if let Some(part) = &mut part {
                part.push_str(each);
            }
            continue;
        }
        if let Some(done) = part.take() {
            parts.push(read_part(&done)?);
        }
        if ends {
            return Ok(parts);
        }
        if parts.len() >= MAX_PARTS {
            return Err(BadMime::TooMany);
        }
        part = Some(String::new());
    }
    // The last line may be missing.
    if let Some(done) = part {
        parts.push(read_part(&done)?);
    }
    Ok(parts)
}

fn read_part(text: &str) -> Result<Part, BadMime> {
    // A part without headers begins with the empty line.
    let (head, body) = match text.strip_prefix('\n') {
        Some(body) => ("", body),
        None => text.split_once("\n\n").unwrap_or((text, "")),
    };
    // The line break before a boundary is the boundary's.
    let body = body.strip_suffix('\n').unwrap_or(body);
    let kind = header(head, "content-type").unwrap_or_else(|| "text/plain".to_owned());
    let kind = kind.split(';').next().unwrap_or_default();
    let encoding = header(head, "content-transfer-encoding").unwrap_or_default();
    let body = match encoding.to_ascii_lowercase().as_str() {
        "" | "7bit" | "8bit" | "binary" => body.as_bytes().to_vec(),
        "base64" => {
            let packed: String = body.split_whitespace().collect();
            BASE64_STANDARD
                .decode(packed)
                .map_err(|_| BadMime::Base64)?
        }
        other => return Err(BadMime::Encoding(other.chars().take(40).collect())),
    };
    Ok(Part {
        content_type: kind.trim().to_ascii_lowercase(),
        body,
    })
}

/// The value of a header, its continuation lines joined.
fn header(head: &str, name: &str) -> Option<String> {
    let mut lines = head.lines().peekable();
    while let Some(line) = lines.next() {
        let Some((key, value)) = line.split_once(':') else {
            continue;
        };
        if !key.eq_ignore_ascii_case(name) {
            continue;
        }
        let mut value = value.trim().to_owned();
        while let Some(more) = lines.next_if(|next| next.starts_with([' ', '\t'])) {
            value.push(' ');
            value.push_str(more.trim());
        }
        return Some(value);
    }
    None
}

fn parameter(value: &str, name: &str) -> Option<String> {
    value.split(';').skip(1).find_map(|each| {
        let (key, value) = each.split_once('=')?;
        let found = key.trim().eq_ignore_ascii_case(name);
        found.then(|| value.trim().trim_matches('"').to_owned())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const MESSAGE: &str = "Content-Type: multipart/mixed; boundary=\"==B==\"\nMIME-Version: 1.0\n\npreamble\n--==B==\n\
        Content-Type: text/x-shellscript; charset=\"us-ascii\"\nContent-Transfer-Encoding: 7bit\n\n#!/bin/sh\necho hi\n\n\
        --==B==\nContent-Type: text/cloud-config\nContent-Transfer-Encoding: base64\n\nI2Nsb3Vk\nLWNvbmZpZw==\n--==B==--\nrest\n";

    #[test]
    fn parts() {
        for message in [MESSAGE.to_owned(), MESSAGE.replace('\n', "\r\n")] {
            assert!(is_multipart(message.as_bytes()));
            let parts = read(message.as_bytes()).unwrap();
            let kinds: Vec<&str> = parts.iter().map(|p| p.content_type.as_str()).collect();
            assert_eq!(kinds, ["text/x-shellscript", "text/cloud-config"]);
            assert_eq!(parts[0].body, b"#!/bin/sh\necho hi\n");
            assert_eq!(parts[1].body, b"#cloud-config");
        }
    }

    #[test]
    fn what_is_refused() {
        let of = |body: &str| format!("Content-Type: multipart/mixed; boundary=b\n\n{body}");
        assert_eq!(
            read(b"Content-Type: multipart/mixed\n\nx"),
            Err(BadMime::Boundary)
        );
        assert_eq!(
            read(of(&"--b\n\nx\n".repeat(99)).as_bytes()),
            Err(BadMime::TooMany)
        );
        let odd = of("--b\nContent-Transfer-Encoding: x-gzip\n\nx\n--b--\n");
        assert_eq!(
            read(odd.as_bytes()),
            Err(BadMime::Encoding("x-gzip".to_owned()))
        );
        let bad = of("--b\nContent-Transfer-Encoding: base64\n\n???\n--b--\n");
        assert_eq!(read(bad.as_bytes()), Err(BadMime::Base64));
        assert!(!is_multipart(b"#!/bin/sh\n"));
    }
}
