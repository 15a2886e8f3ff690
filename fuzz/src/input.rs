//! How inputs of several parts are cut: in ways that stay readable in a corpus and survive changes.

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
