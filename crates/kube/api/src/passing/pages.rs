//! Links in pages of pods and services that are looked at through the server: what leads to the root of the far end is led there through
//! the server too, as upstream does.
//!
//! A page is rewritten as it passes by: no more than one tag of it is held.

use std::io;

use bytes::Bytes;
use http::{
    HeaderMap, HeaderValue,
    header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, LOCATION},
};
use http_body::Frame;
use http_body_util::{BodyExt as _, StreamBody};

use crate::answer::Body;

/// Bytes of one tag; a longer one passes as it is.
const MOST_TAG: usize = 16 << 10;
/// Attributes whose values are links.
const LINKS: [&[u8]; 15] = [
    b"action",
    b"background",
    b"cite",
    b"classid",
    b"codebase",
    b"data",
    b"formaction",
    b"href",
    b"icon",
    b"longdesc",
    b"manifest",
    b"poster",
    b"profile",
    b"src",
    b"usemap",
];

/// Changes an answer whose links are to begin with `prefix`: `/api/v1/namespaces/NS/pods/NAME/proxy`.
pub fn through(headers: &mut HeaderMap, body: Body, prefix: &str) -> Body {
    let location = headers.get(LOCATION).and_then(|it| it.to_str().ok());
    if let Some(there) = location.and_then(|it| HeaderValue::try_from(led(it, prefix)).ok()) {
        headers.insert(LOCATION, there);
        return body;
    }
    let kind = headers.get(CONTENT_TYPE).and_then(|it| it.to_str().ok());
    let is_page = kind.is_some_and(|it| {
        it.trim_start()
            .to_ascii_lowercase()
            .starts_with("text/html")
    });
    if !is_page || headers.contains_key(CONTENT_ENCODING) {
        return body;
    }
    headers.remove(CONTENT_LENGTH);
    let rewriter = Rewriter::new(prefix);
    let pieces = futures_util::stream::unfold(Some((body, rewriter)), next);
    StreamBody::new(pieces).boxed_unsync()
}

type State = Option<(Body, Rewriter)>;

async fn next(state: State) -> Option<(io::Result<Frame<Bytes>>, State)> {
    let (mut body, mut rewriter) = state?;
    loop {
        match body.frame().await {
            None => {
                let rest = std::mem::take(&mut rewriter.held);
                return (!rest.is_empty()).then(|| (Ok(Frame::data(rest.into())), None));
            }
            Some(Err(error)) => return Some((Err(error), None)),
            Some(Ok(frame)) => match frame.into_data() {
                Ok(data) => {
                    let out = rewriter.pass(&data);
                    if !out.is_empty() {
                        return Some((Ok(Frame::data(out.into())), Some((body, rewriter))));
                    }
                }
                Err(other) => return Some((Ok(other), Some((body, rewriter)))),
            },
        }
    }
}

/// Where a link leads; relative ones and those to elsewhere stay.
fn led(link: &str, prefix: &str) -> String {
    let is_rooted = link.starts_with('/') && !link.starts_with("//");
    match is_rooted && !link.starts_with(prefix) {
        true => format!("{prefix}{link}"),
        false => link.to_owned(),
    }
}

/// What becomes of a page that comes in these pieces.
pub fn rewritten(prefix: &str, pieces: &[&[u8]]) -> Vec<u8> {
    let mut rewriter = Rewriter::new(prefix);
    let mut out: Vec<u8> = pieces.iter().flat_map(|it| rewriter.pass(it)).collect();
    out.append(&mut rewriter.held);
    out
}

struct Rewriter {
    prefix: String,
    /// A tag that has begun.
    held: Vec<u8>,
    /// The quotation mark of the value that is being read.
    quote: Option<u8>,
}

impl Rewriter {
    fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.to_owned(),
            held: Vec::new(),
            quote: None,
        }
    }

    fn pass(&mut self, data: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(data.len() + 256);
        for &byte in data {
            if self.held.is_empty() && byte != b'<' {
                out.push(byte);
                continue;
            }
            self.held.push(byte);
            match (self.quote, byte) {
                (Some(quote), byte) if byte == quote => self.quote = None,
                (None, byte) if is_quote(byte) && self.is_tag() => self.quote = Some(byte),
                (None, b'>') => {
                    let tag = std::mem::take(&mut self.held);
                    out.extend(self.tag(&tag));
                }
                _ => {}
            }
            if self.held.len() > MOST_TAG || self.held.len() == 2 && !self.is_tag() {
                out.append(&mut self.held);
                self.quote = None;
            }
        }
        out
    }

    /// Whether what is held begins an element: neither text, nor an end, nor a comment.
    fn is_tag(&self) -> bool {
        self.held.get(1).is_some_and(u8::is_ascii_alphabetic)
    }

    /// A whole tag with its links led through the server.
    fn tag(&self, tag: &[u8]) -> Vec<u8> {
        let mut out = Vec::with_capacity(tag.len() + self.prefix.len());
        let mut at = 0;
        while at < tag.len() {
            let end = match value_at(tag, at) {
                Some((from, to, after)) => {
                    let link = String::from_utf8_lossy(&tag[from..to]);
                    out.extend_from_slice(&tag[at..from]);
                    out.extend_from_slice(led(&link, &self.prefix).as_bytes());
                    at = to;
                    after
                }
                // What stands in other values is no attribute.
                None if is_quote(tag[at]) => {
                    let behind = tag[at + 1..].iter().position(|it| *it == tag[at]);
                    behind.map_or(tag.len(), |it| at + 2 + it)
                }
                None => at + 1,
            };
            out.extend_from_slice(&tag[at..end]);
            at = end;
        }
        out
    }
}

fn is_quote(byte: u8) -> bool {
    matches!(byte, b'"' | b'\'')
}

/// Where the value of the attribute that begins at `at` lies, if it is a link, and where the attribute ends.
fn value_at(tag: &[u8], at: usize) -> Option<(usize, usize, usize)> {
    let before = tag.get(at.checked_sub(1)?)?;
    if !before.is_ascii_whitespace() && !b"\"'/".contains(before) {
        return None;
    }
    let rest = &tag[at..];
    let name = rest
        .iter()
        .take_while(|it| it.is_ascii_alphabetic())
        .count();
    let known = LINKS
        .iter()
        .any(|it| it.eq_ignore_ascii_case(&rest[..name]));
    if !known {
        return None;
    }
    let skipped = |from: usize| {
        let spaces = tag[from..].iter();
        from + spaces.take_while(|it| it.is_ascii_whitespace()).count()
    };
    let equals = skipped(at + name);
    if tag.get(equals) != Some(&b'=') {
        return None;
    }
    let from = skipped(equals + 1);
    let quote = *tag.get(from)?;
    let is_quoted = is_quote(quote);
    let from = from + usize::from(is_quoted);
    let ends = |it: &u8| match is_quoted {
        true => *it == quote,
        false => it.is_ascii_whitespace() || *it == b'>',
    };
    let length = tag[from..].iter().position(ends)?;
    // Other bytes than those of text pass as they are.
    let to = from + length;
    std::str::from_utf8(&tag[from..to]).ok()?;
    Some((from, to, to + usize::from(is_quoted)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PREFIX: &str = "/api/v1/namespaces/a/pods/p/proxy";

    fn rewritten(page: &str, piece: usize) -> String {
        let mut rewriter = Rewriter::new(PREFIX);
        let mut out = Vec::new();
        for some in page.as_bytes().chunks(piece) {
            out.extend(rewriter.pass(some));
        }
        out.extend(rewriter.held);
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn links_to_the_root_are_led_through() {
        for (page, expected) in [
            (
                r#"<a href="/x">test</a>"#,
                r#"<a href="/api/v1/namespaces/a/pods/p/proxy/x">test</a>"#,
            ),
            (
                r#"<img SRC = '/x' alt="/x">"#,
                r#"<img SRC = '/api/v1/namespaces/a/pods/p/proxy/x' alt="/x">"#,
            ),
            (
                "<a href=/x>",
                "<a href=/api/v1/namespaces/a/pods/p/proxy/x>",
            ),
            (
                r#"<a title="a > b" href="/x">"#,
                r#"<a title="a > b" href="/api/v1/namespaces/a/pods/p/proxy/x">"#,
            ),
            (
                r#"<form action="/">"#,
                r#"<form action="/api/v1/namespaces/a/pods/p/proxy/">"#,
            ),
        ] {
            for piece in [1, 3, 1000] {
                assert_eq!(rewritten(page, piece), expected);
            }
        }
        for same in [
            r#"<a href="x"><a href="//h/x"><a href="http://h/x"><a href="/api/v1/namespaces/a/pods/p/proxy/x">"#,
            r#"1 < 2, href="/x" <!-- it's <b --> </a href="/x"> <"#,
            r#"<a data-href="/x" hreflang="/x" href>"#,
            r#"<a title=" href=/x ">"#,
            "<a href=\"/x",
        ] {
            assert_eq!(rewritten(same, 1), same);
        }
        let long = format!("<a title=\"{}\" href=\"/x\">", "x".repeat(MOST_TAG));
        assert_eq!(rewritten(&long, 1000), long);
    }

    #[test]
    fn redirects_too() {
        let mut headers = HeaderMap::new();
        headers.insert(LOCATION, HeaderValue::from_static("/x?y=z"));
        let empty = http_body_util::Empty::<Bytes>::new();
        let empty = empty.map_err(|never| match never {}).boxed_unsync();
        let _ = through(&mut headers, empty, PREFIX);
        assert_eq!(headers[LOCATION], format!("{PREFIX}/x?y=z"));
    }

    proptest! {
        #[test]
        fn any_page_comes_out_whole(page in "[<>a-z=\"'/ ]{0,80}", piece in 1_usize..9) {
            let same = rewritten(&page, piece).replace(PREFIX, "");
            prop_assert_eq!(same, page.replace(PREFIX, ""));
        }
    }
}
