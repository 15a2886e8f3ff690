//! The tokens of `aws eks get-token`: a presigned GetCallerIdentity, which says for which cluster it was made by a header that it signs.
//!
//! Nothing is sent anywhere: the installation that keeps the keys checks the signature itself. So the host that the URL names is part
//! of what is signed, and nothing else.

use data_encoding::BASE64URL_NOPAD;
use wharf_base::Timestamp;
use wharf_wire::sigv4::{self, RequestParts, Signature};

/// How each begins.
pub const PREFIX: &str = "k8s-aws-v1.";
/// Characters of the longest that is looked at; those of sessions with many tags are the longest honest ones.
pub const LONGEST: usize = 16 << 10;
/// A token is good for this long, whatever its URL says.
const LIFE_SECONDS: u64 = 15 * 60;
/// Clocks of clients may be ahead by this.
const AHEAD_SECONDS: u64 = 5 * 60;
const CLUSTER_HEADER: &str = "x-k8s-aws-id";
/// What the query may hold, each once.
const PARAMETERS: [&str; 9] = [
    "action",
    "version",
    "x-amz-algorithm",
    "x-amz-credential",
    "x-amz-date",
    "x-amz-expires",
    "x-amz-security-token",
    "x-amz-signature",
    "x-amz-signedheaders",
];
/// Of no bytes at all.
const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

/// Why a token is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    #[error("it is longer than {LONGEST} characters")]
    TooLong,
    #[error("it does not begin with {PREFIX}")]
    Prefix,
    #[error("it is not base64 of a URL")]
    Encoding,
    #[error("its URL is not one of STS: {0}")]
    Url(&'static str),
    #[error("its parameter {0} is unknown or given twice")]
    Parameter(String),
    #[error("its signature cannot be read: {0}")]
    Signature(String),
    #[error("its signature does not cover {CLUSTER_HEADER}")]
    NoCluster,
    #[error("it was made at {0}, which is too long ago or ahead of time")]
    Time(String),
}

/// A token that may hold: who made it says [`Presigned::access_key`], whether that is so [`Presigned::is_signed_with`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Presigned {
    host: String,
    query: String,
    signature: Signature,
}

/// Reads a token. Its signature is still to be checked.
///
/// # Errors
/// It is none, or its time is not now.
pub fn read(token: &str, now: Timestamp) -> Result<Presigned, TokenError> {
    if token.len() > LONGEST {
        return Err(TokenError::TooLong);
    }
    let encoded = token.strip_prefix(PREFIX).ok_or(TokenError::Prefix)?;
    let encoded = encoded.trim_end_matches('=');
    let url = BASE64URL_NOPAD.decode(encoded.as_bytes());
    let url = url.ok().and_then(|it| String::from_utf8(it).ok());
    let url = url.ok_or(TokenError::Encoding)?;
    // Clients that were told of an endpoint of this machine may reach it over plain HTTP; nothing is sent there.
    let rest = url.strip_prefix("https://").or(url.strip_prefix("http://"));
    let rest = rest.ok_or(TokenError::Url("its scheme"))?;
    let (address, query) = rest.split_once('?').ok_or(TokenError::Url("no query"))?;
    let (host, path) = address.split_once('/').unwrap_or((address, ""));
    if host.is_empty() || host.contains('@') {
        return Err(TokenError::Url("its host"));
    }
    if !path.is_empty() {
        return Err(TokenError::Url("its path"));
    }
    let signature = parameters(query)?;
    let made = signature.signed_at;
    let age = now.since(made).as_secs();
    if age > LIFE_SECONDS || made.since(now).as_secs() > AHEAD_SECONDS {
        return Err(TokenError::Time(made.iso8601_basic()));
    }
    Ok(Presigned {
        host: host.to_ascii_lowercase(),
        query: query.to_owned(),
        signature,
    })
}

fn parameters(query: &str) -> Result<Signature, TokenError> {
    let mut seen = Vec::new();
    let mut action = None;
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let name = name.to_ascii_lowercase();
        if !PARAMETERS.contains(&name.as_str()) || seen.contains(&name) {
            return Err(TokenError::Parameter(name.chars().take(64).collect()));
        }
        if name == "action" {
            action = Some(value);
        }
        seen.push(name);
    }
    if action != Some("GetCallerIdentity") {
        return Err(TokenError::Url("its action"));
    }
    let request = RequestParts {
        method: "GET",
        path: "/",
        query,
        headers: &[],
    };
    let signature = sigv4::parse(&request);
    let signature = signature.map_err(|error| TokenError::Signature(error.to_string()))?;
    if signature.service != "sts" {
        return Err(TokenError::Url("its service"));
    }
    if signature.expires.is_none_or(|it| it > LIFE_SECONDS) {
        return Err(TokenError::Url("its time of validity"));
    }
    let covers = |name: &str| signature.signed_headers.iter().any(|it| it == name);
    if !covers(CLUSTER_HEADER) {
        return Err(TokenError::NoCluster);
    }
    // What else is signed is not in the token.
    if signature.signed_headers.len() != 2 {
        return Err(TokenError::Url("its signed headers"));
    }
    Ok(signature)
}

impl Presigned {
    /// The key that it claims to be signed with, and the session's token.
    pub fn access_key(&self) -> (&str, Option<&str>) {
        let session = self.signature.session_token.as_deref();
        (&self.signature.access_key_id, session)
    }

    /// Whether `secret` signed it for this cluster.
    pub fn is_signed_with(&self, secret: &str, cluster: &str) -> bool {
        let headers = [
            ("host".to_owned(), self.host.clone()),
            (CLUSTER_HEADER.to_owned(), cluster.to_owned()),
        ];
        let request = RequestParts {
            method: "GET",
            path: "/",
            query: &self.query,
            headers: &headers,
        };
        self.signature.check(&request, EMPTY_SHA256, secret).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";

    /// Made by the botocore of aws-cli 1 for the cluster `demo` at 2026-01-02T03:04:05Z.
    fn token(query_end: &str) -> String {
        let url = format!(
            "https://sts.us-east-1.amazonaws.com/?Action=GetCallerIdentity&Version=2011-06-15\
             &X-Amz-Algorithm=AWS4-HMAC-SHA256&X-Amz-Credential=AKIAIOSFODNN7EXAMPLE%2F20260102%2Fus-east-1%2Fsts%2Faws4_request\
             &X-Amz-Date=20260102T030405Z&X-Amz-Expires=60&X-Amz-SignedHeaders=host%3Bx-k8s-aws-id&X-Amz-Signature={query_end}"
        );
        format!("{PREFIX}{}", BASE64URL_NOPAD.encode(url.as_bytes()))
    }

    fn at(text: &str) -> Timestamp {
        Timestamp::parse_iso8601_basic(text).unwrap()
    }

    #[test]
    fn a_token_of_another_client_holds_for_its_cluster_alone() {
        let signature = "3e85e43652b602a3609b78e5c6bb24182f6458b3dfd1109e36e1da63899d9c70";
        let read = read(&token(signature), at("20260102T030905Z")).unwrap();
        assert_eq!(read.access_key(), ("AKIAIOSFODNN7EXAMPLE", None));
        assert!(read.is_signed_with(SECRET, "demo"));
        assert!(!read.is_signed_with(SECRET, "other"));
        assert!(!read.is_signed_with("another", "demo"));
    }

    #[test]
    fn it_is_good_for_fifteen_minutes() {
        let token = token(&"0".repeat(64));
        for (now, good) in [
            ("20260102T025904Z", false),
            ("20260102T025905Z", true),
            ("20260102T031905Z", true),
            ("20260102T031906Z", false),
        ] {
            let read = read(&token, at(now));
            assert_eq!(read.is_ok(), good, "{now}: {read:?}");
        }
    }

    #[test]
    fn what_is_no_token_is_refused() {
        let now = at("20260102T030405Z");
        let of = |url: &str| format!("{PREFIX}{}", BASE64URL_NOPAD.encode(url.as_bytes()));
        let good = token(&"0".repeat(64));
        assert!(read(&good, now).is_ok());
        let url = String::from_utf8(
            BASE64URL_NOPAD
                .decode(good.strip_prefix(PREFIX).unwrap().as_bytes())
                .unwrap(),
        )
        .unwrap();
        for bad in [
            String::new(),
            "x".repeat(LONGEST + 1),
            good.replace(PREFIX, "k8s-aws-v2."),
            format!("{PREFIX}!"),
            of(&url.replace("https", "ftp")),
            of(&url.replace("com/?", "com/x?")),
            of(&url.replace("//sts", "//a@sts")),
            of(&url.replace("GetCallerIdentity", "AssumeRole")),
            of(&format!("{url}&X-Amz-Date=20260102T030405Z")),
            of(&format!("{url}&RoleArn=x")),
            of(&url.replace("%3Bx-k8s-aws-id", "")),
            of(&url.replace("%3Bx-k8s-aws-id", "%3Bx-k8s-aws-id%3By")),
            of(&url.replace("%2Fsts%2F", "%2Fec2%2F")),
            of(&url.replace("Expires=60", "Expires=901")),
        ] {
            assert!(read(&bad, now).is_err(), "{bad}");
        }
    }
}
