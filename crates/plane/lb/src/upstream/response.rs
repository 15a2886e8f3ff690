//! Heads of responses.

use std::{mem::MaybeUninit, ops::Range};

use bytes::{Buf, Bytes, BytesMut};
use http::{
    HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
    header::{CONNECTION, CONTENT_LENGTH, TRANSFER_ENCODING},
};

use super::{MOST_HEADERS, body::Decoder};

/// As on AWS.
const MOST_HEAD_BYTES: usize = 64 * 1024;

/// A response that is not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the target's response cannot be understood")]
pub struct Malformed;

/// The head of a response, and how its body is delimited.
#[derive(Debug)]
pub struct Head {
    pub status: StatusCode,
    pub headers: HeaderMap,
    pub decoder: Decoder,
    /// The connection can serve another request after the body.
    pub reusable: bool,
    /// For how long the target said to keep the connection open.
    pub keep_ms: Option<u64>,
}

impl Head {
    /// Takes a head off the input once all of it is there. Its headers are put into `spare`, whose
    /// memory serves again.
    pub fn parse(
        input: &mut BytesMut,
        method: &Method,
        spare: &mut HeaderMap,
    ) -> Result<Option<Self>, Malformed> {
        let Some(lines) = Lines::parse(input)? else {
            return Ok(None);
        };
        let status = StatusCode::from_u16(lines.code).map_err(|_| Malformed)?;
        // Copied, so that the input's memory serves the next response too.
        let bytes = Bytes::copy_from_slice(&input[..lines.length]);
        input.advance(lines.length);
        let headers = lines.headers(&bytes, std::mem::take(spare))?;
        let keep_alive = keeps_alive(&headers, lines.version);
        let (decoder, clean) = delimit(&headers, status, method)?;
        Ok(Some(Self {
            status,
            reusable: keep_alive && clean && decoder != Decoder::UntilClose,
            keep_ms: announced_ms(&headers),
            headers,
            decoder,
        }))
    }
}

/// Where name and value of a header line lie in the input.
type Span = [Range<usize>; 2];

/// What a head says, in terms of the input.
struct Lines {
    length: usize,
    code: u16,
    version: u8,
    spans: Vec<Span>,
}

impl Lines {
    fn parse(input: &[u8]) -> Result<Option<Self>, Malformed> {
        let mut headers = [const { MaybeUninit::uninit() }; MOST_HEADERS];
        let mut response = httparse::Response::new(&mut []);
        let parsed = httparse::ParserConfig::default()
            .parse_response_with_uninit_headers(&mut response, input, &mut headers)
            .map_err(|_| Malformed)?;
        let length = match parsed {
            httparse::Status::Complete(length) if length <= MOST_HEAD_BYTES => length,
            httparse::Status::Partial if input.len() <= MOST_HEAD_BYTES => return Ok(None),
            _ => return Err(Malformed),
        };
        let base = input.as_ptr().addr();
        let range = |slice: &[u8]| {
            // An empty value may point anywhere.
            let start = slice.as_ptr().addr().wrapping_sub(base);
            if slice.is_empty() {
                0..0
            } else {
                start..start + slice.len()
            }
        };
        let span = |it: &httparse::Header<'_>| [range(it.name.as_bytes()), range(it.value)];
        Ok(Some(Self {
            length,
            code: response.code.ok_or(Malformed)?,
            version: response.version.ok_or(Malformed)?,
            spans: response.headers.iter().map(span).collect(),
        }))
    }

    fn headers(&self, bytes: &Bytes, mut headers: HeaderMap) -> Result<HeaderMap, Malformed> {
        headers.clear();
        headers.reserve(self.spans.len());
        for [name, value] in &self.spans {
            let name = bytes.get(name.clone()).ok_or(Malformed)?;
            let name = HeaderName::from_bytes(name).map_err(|_| Malformed)?;
            let value = HeaderValue::from_maybe_shared(bytes.slice(value.clone()));
            headers.append(name, value.map_err(|_| Malformed)?);
        }
        Ok(headers)
    }
}

/// Whether a comma-separated header holds a token.
pub fn has_token(headers: &HeaderMap, name: &HeaderName, token: &str) -> bool {
    let values = headers.get_all(name).into_iter();
    values
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(','))
        .any(|it| it.trim().eq_ignore_ascii_case(token))
}

fn keeps_alive(headers: &HeaderMap, version: u8) -> bool {
    match version {
        1 => !has_token(headers, &CONNECTION, "close"),
        _ => has_token(headers, &CONNECTION, "keep-alive"),
    }
}

/// `Keep-Alive: timeout=5`
fn announced_ms(headers: &HeaderMap) -> Option<u64> {
    let line = headers.get("keep-alive")?.to_str().ok()?;
    let mut parts = line.split(',').filter_map(|it| it.trim().split_once('='));
    let (_, seconds) = parts.find(|(name, _)| name.eq_ignore_ascii_case("timeout"))?;
    Some(seconds.trim().parse::<u64>().ok()?.saturating_mul(1000))
}

/// How the body ends (RFC 9112 §6.3), and whether the head leaves no doubt about it: if it does,
/// the connection is not used again.
fn delimit(
    headers: &HeaderMap,
    status: StatusCode,
    method: &Method,
) -> Result<(Decoder, bool), Malformed> {
    let length = content_length(headers)?;
    let bodiless = status.is_informational()
        || status == StatusCode::NO_CONTENT
        || status == StatusCode::NOT_MODIFIED;
    if bodiless || *method == Method::HEAD {
        return Ok((Decoder::Length(0), true));
    }
    if headers.contains_key(TRANSFER_ENCODING) {
        let last = headers.get_all(TRANSFER_ENCODING).into_iter().next_back();
        let last = last.and_then(|it| it.to_str().ok()?.rsplit(',').next());
        let chunked = last.is_some_and(|it| it.trim().eq_ignore_ascii_case("chunked"));
        let decoder = match chunked {
            true => Decoder::chunked(),
            false => Decoder::UntilClose,
        };
        return Ok((decoder, length.is_none()));
    }
    Ok(match length {
        Some(length) => (Decoder::Length(length), true),
        None => (Decoder::UntilClose, true),
    })
}

/// Several lines, or a list, must all say the same.
fn content_length(headers: &HeaderMap) -> Result<Option<u64>, Malformed> {
    let mut found = None;
    for value in headers.get_all(CONTENT_LENGTH) {
        for text in value.to_str().map_err(|_| Malformed)?.split(',') {
            let text = text.trim();
            // `parse` alone would take a plus sign.
            if text.is_empty() || !text.bytes().all(|it| it.is_ascii_digit()) {
                return Err(Malformed);
            }
            let length: u64 = text.parse().map_err(|_| Malformed)?;
            if found.is_some_and(|found| found != length) {
                return Err(Malformed);
            }
            found = Some(length);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn parse(text: &str) -> Result<Option<Head>, Malformed> {
        Head::parse(
            &mut BytesMut::from(text),
            &Method::GET,
            &mut HeaderMap::new(),
        )
    }

    fn whole(text: &str) -> Head {
        parse(text).unwrap().unwrap()
    }

    #[test]
    fn bodies_are_delimited_as_the_rfc_says() {
        let head = whole("HTTP/1.1 200 OK\r\ncontent-length: 5\r\nX:\r\n\r\nhello");
        assert_eq!(head.decoder, Decoder::Length(5));
        assert!(head.reusable);
        assert_eq!(head.headers["x"], "");
        let head = whole("HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip, Chunked\r\n\r\n");
        assert!(matches!(head.decoder, Decoder::Chunked(_)) && head.reusable);
        let head = whole("HTTP/1.1 200 OK\r\n\r\n");
        assert!(head.decoder == Decoder::UntilClose && !head.reusable);
        assert_eq!(
            whole("HTTP/1.1 304 N\r\ncontent-length: 5\r\n\r\n").decoder,
            Decoder::Length(0)
        );
    }

    #[test]
    fn doubt_ends_the_connection() {
        let both =
            whole("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n");
        assert!(matches!(both.decoder, Decoder::Chunked(_)) && !both.reusable);
        assert!(
            !whole("HTTP/1.1 200 OK\r\nConnection: x, Close\r\nContent-Length: 0\r\n\r\n").reusable
        );
        assert!(!whole("HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n").reusable);
        for wrong in ["-1", "+1", "1,2", "", "99999999999999999999"] {
            parse(&format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {wrong}\r\n\r\n"
            ))
            .unwrap_err();
        }
    }

    #[test]
    fn a_target_tells_how_long_it_keeps() {
        let head =
            whole("HTTP/1.1 200 OK\r\nKeep-Alive: max=3, timeout=5\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(head.keep_ms, Some(5000));
    }

    #[test]
    fn heads_without_end_are_refused() {
        let line = format!("X: {}\r\n", "a".repeat(1000));
        parse(&format!("HTTP/1.1 200 OK\r\n{}", line.repeat(70))).unwrap_err();
        assert!(parse("HTTP/1.1 200 OK\r\nX: a\r\n").unwrap().is_none());
        parse("SSH-2.0-OpenSSH\r\n\r\n").unwrap_err();
    }

    proptest! {
        #[test]
        fn any_bytes_are_taken_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _ = Head::parse(&mut BytesMut::from(&bytes[..]), &Method::GET, &mut HeaderMap::new());
            let mut framed = BytesMut::from("HTTP/1.1 200 OK\r\n");
            framed.extend_from_slice(&bytes);
            framed.extend_from_slice(b"\r\n\r\n");
            let _ = Head::parse(&mut framed, &Method::GET, &mut HeaderMap::new());
        }
    }
}
