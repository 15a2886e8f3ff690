//! Requests over HTTP/1 that servers may read differently: how they are classified, and what each mode does with a class.
//!
//! hyper refuses what is malformed, whatever the mode: methods, versions and paths that are none, control characters, headers without
//! a name or a colon, lengths that differ, encodings that do not end with chunks. What it takes and RFC 7230 does not is classified here, by
//! the classes and reasons of AWS. Some of it hyper leaves out of the heads that it hands on; [`Heads`] sees the bytes. All requests go to
//! targets written anew, with one length or none, so a mode protects servers behind servers, and whoever wants to know.

mod heads;

use http::{
    HeaderMap, HeaderName, Method, Request,
    header::{CONTENT_LENGTH, TRANSFER_ENCODING},
};

pub use self::heads::{Heads, Seen};

/// How much harm a request may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    Acceptable,
    Ambiguous,
    Severe,
}

impl Class {
    /// In access logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acceptable => "Acceptable",
            Self::Ambiguous => "Ambiguous",
            Self::Severe => "Severe",
        }
    }
}

/// Why a request is not compliant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reason {
    NonCompliantHeader,
    GetHeadZeroContentLength,
    UndefinedContentLengthSemantics,
    UndefinedTransferEncodingSemantics,
    DuplicateContentLength,
    BothTeClPresent,
    /// A name that some servers may take for that of a length or an encoding.
    SuspiciousHeader,
    /// The same beside the other one.
    SuspiciousTeClPresent,
    MultipleTransferEncodingChunked,
    BadTransferEncoding,
}

impl Reason {
    pub fn class(self) -> Class {
        match self {
            Self::NonCompliantHeader | Self::GetHeadZeroContentLength => Class::Acceptable,
            Self::UndefinedContentLengthSemantics
            | Self::UndefinedTransferEncodingSemantics
            | Self::DuplicateContentLength
            | Self::BothTeClPresent
            | Self::SuspiciousHeader
            | Self::SuspiciousTeClPresent => Class::Ambiguous,
            Self::MultipleTransferEncodingChunked | Self::BadTransferEncoding => Class::Severe,
        }
    }

    /// In access logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::NonCompliantHeader => "NonCompliantHeader",
            Self::GetHeadZeroContentLength => "GetHeadZeroContentLength",
            Self::UndefinedContentLengthSemantics => "UndefinedContentLengthSemantics",
            Self::UndefinedTransferEncodingSemantics => "UndefinedTransferEncodingSemantics",
            Self::DuplicateContentLength => "DuplicateContentLength",
            Self::BothTeClPresent => "BothTeClPresent",
            Self::SuspiciousHeader => "SuspiciousHeader",
            Self::SuspiciousTeClPresent => "SuspiciousTeClPresent",
            Self::MultipleTransferEncodingChunked => "MultipleTransferEncodingChunked",
            Self::BadTransferEncoding => "BadTransferEncoding",
        }
    }
}

/// `routing.http.desync_mitigation_mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mode {
    Monitor,
    Defensive,
    Strictest,
}

/// What is done with a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    Pass,
    /// It is served, and neither connection, the client's nor the target's, serves another one.
    Alone,
    /// 400, and the client's connection ends.
    Refuse,
}

/// Marks a request after which its target's connection is not used again.
#[derive(Debug, Clone, Copy)]
pub struct ServedAlone;

impl Mode {
    pub fn measure(self, class: Class) -> Measure {
        match (self, class) {
            (Self::Monitor, _) | (Self::Defensive, Class::Acceptable) => Measure::Pass,
            (Self::Defensive, Class::Ambiguous) => Measure::Alone,
            (Self::Defensive, Class::Severe) | (Self::Strictest, _) => Measure::Refuse,
        }
    }
}

/// Why a request over HTTP/1 is not compliant, if it is not: the gravest reason.
pub fn classify<B>(request: &Request<B>, seen: Seen) -> Option<Reason> {
    let headers = request.headers();
    let is_encoded = headers.contains_key(TRANSFER_ENCODING);
    let length = headers.get(CONTENT_LENGTH);
    if let Some(reason) = of_encodings(headers).filter(|_| is_encoded) {
        return Some(reason);
    }
    let (like_length, like_encoding) = suspicious(headers);
    if like_length || like_encoding || seen.unknown {
        let has_length = like_length || length.is_some() || seen.both;
        let has_encoding = like_encoding || is_encoded;
        return Some(match has_length && has_encoding {
            true => Reason::SuspiciousTeClPresent,
            false => Reason::SuspiciousHeader,
        });
    }
    if seen.both {
        return Some(Reason::BothTeClPresent);
    }
    if seen.repeats_length {
        return Some(Reason::DuplicateContentLength);
    }
    let sends_nothing = matches!(*request.method(), Method::GET | Method::HEAD);
    if sends_nothing && is_encoded {
        return Some(Reason::UndefinedTransferEncodingSemantics);
    }
    let length = length.filter(|_| sends_nothing);
    if length.is_some_and(|it| it.as_bytes().iter().any(|digit| *digit != b'0')) {
        return Some(Reason::UndefinedContentLengthSemantics);
    }
    if headers.values().any(|it| !it.as_bytes().is_ascii()) {
        return Some(Reason::NonCompliantHeader);
    }
    length.map(|_| Reason::GetHeadZeroContentLength)
}

/// What is wrong with the encodings of a request; hyper has seen that the last one is of chunks.
fn of_encodings(headers: &HeaderMap) -> Option<Reason> {
    const KNOWN: [&str; 6] = [
        "identity",
        "gzip",
        "x-gzip",
        "deflate",
        "compress",
        "x-compress",
    ];
    let mut chunked = 0;
    for line in headers.get_all(TRANSFER_ENCODING) {
        let Ok(line) = line.to_str() else {
            return Some(Reason::BadTransferEncoding);
        };
        let codings = line.split(',').map(str::trim);
        for coding in codings.filter(|it| !it.is_empty()) {
            match coding.eq_ignore_ascii_case("chunked") {
                true => chunked += 1,
                false if KNOWN.iter().any(|it| coding.eq_ignore_ascii_case(it)) => {}
                false => return Some(Reason::BadTransferEncoding),
            }
        }
    }
    (chunked > 1).then_some(Reason::MultipleTransferEncodingChunked)
}

/// Whether there are names like that of a length, and like that of an encoding.
fn suspicious(headers: &HeaderMap) -> (bool, bool) {
    let is_like = |name: &HeaderName, real: &HeaderName, letters: &str| {
        let own = name.as_str().bytes();
        name != real && own.filter(u8::is_ascii_alphanumeric).eq(letters.bytes())
    };
    let (mut like_length, mut like_encoding) = (false, false);
    for name in headers.keys() {
        like_length |= is_like(name, &CONTENT_LENGTH, "contentlength");
        like_encoding |= is_like(name, &TRANSFER_ENCODING, "transferencoding");
    }
    (like_length, like_encoding)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Seen = Seen {
        both: false,
        repeats_length: false,
        unknown: false,
    };

    #[track_caller]
    fn check(method: &str, lines: &[(&str, &str)], seen: Seen, expected: Option<Reason>) {
        let mut request = Request::builder().method(method).uri("/");
        for (name, value) in lines {
            request = request.header(*name, *value);
        }
        let found = classify(&request.body(()).unwrap(), seen);
        assert_eq!(found, expected, "{method} {lines:?}");
    }

    #[test]
    fn requests_have_the_reasons_of_aws() {
        use Reason::*;
        const CHUNKED: (&str, &str) = ("transfer-encoding", "Chunked");
        const LENGTH: (&str, &str) = ("content-length", "3");
        for (method, lines, expected) in [
            ("GET", &[("host", "a"), ("accept", "*/*")][..], None),
            ("POST", &[LENGTH], None),
            ("POST", &[CHUNKED], None),
            ("POST", &[("transfer-encoding", "gzip, chunked")], None),
            ("DELETE", &[LENGTH], None),
            ("GET", &[LENGTH], Some(UndefinedContentLengthSemantics)),
            ("HEAD", &[CHUNKED], Some(UndefinedTransferEncodingSemantics)),
            (
                "GET",
                &[("content-length", "0")],
                Some(GetHeadZeroContentLength),
            ),
            ("POST", &[("content-length", "0")], None),
            ("POST", &[("x", "\u{e9}")], Some(NonCompliantHeader)),
            ("POST", &[("content_length", "3")], Some(SuspiciousHeader)),
            (
                "POST",
                &[("transfer--encoding", "x")],
                Some(SuspiciousHeader),
            ),
            ("POST", &[("content-lengths", "3")], None),
            (
                "POST",
                &[LENGTH, ("transfer.encoding", "x")],
                Some(SuspiciousTeClPresent),
            ),
            (
                "POST",
                &[CHUNKED, CHUNKED],
                Some(MultipleTransferEncodingChunked),
            ),
            (
                "POST",
                &[("transfer-encoding", "chunked, chunked")],
                Some(MultipleTransferEncodingChunked),
            ),
            (
                "POST",
                &[("transfer-encoding", "xchunked, chunked")],
                Some(BadTransferEncoding),
            ),
        ] {
            check(method, lines, PLAIN, expected);
        }
        let both = Seen {
            both: true,
            ..PLAIN
        };
        check("POST", &[CHUNKED], both, Some(BothTeClPresent));
        let suspicious = [CHUNKED, ("content_length", "3")];
        check("POST", &suspicious, both, Some(SuspiciousTeClPresent));
        let repeats = Seen {
            repeats_length: true,
            ..PLAIN
        };
        check("GET", &[LENGTH], repeats, Some(DuplicateContentLength));
        let unknown = Seen {
            unknown: true,
            ..PLAIN
        };
        check("GET", &[], unknown, Some(SuspiciousHeader));
    }

    #[test]
    fn modes_do_with_classes_what_aws_says() {
        use Class::*;
        use Measure::*;
        for (mode, expected) in [
            (Mode::Monitor, [Pass, Pass, Pass]),
            (Mode::Defensive, [Pass, Alone, Refuse]),
            (Mode::Strictest, [Refuse, Refuse, Refuse]),
        ] {
            let measures = [Acceptable, Ambiguous, Severe].map(|it| mode.measure(it));
            assert_eq!(measures, expected, "{mode:?}");
        }
    }
}
