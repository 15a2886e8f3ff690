//! AWS Signature Version 4, checked and made (platform §2). Pure: the caller brings the request's
//! parts, the secret and the time.

use std::{borrow::Cow, fmt::Write as _, time::Duration};

use hmac::{Hmac, KeyInit, Mac};
use percent_encoding::percent_decode_str;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;
use wharf_base::Timestamp;

mod chunks;
#[cfg(test)]
mod tests;

pub use chunks::ChunkSigner;

/// Of no bytes.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// More headers than this no client signs; each is copied into what is hashed.
const MAX_SIGNED_HEADERS: usize = 64;
/// Stands for the digest of a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// Carries the digest of the body, or that word.
pub const PAYLOAD_HEADER: &str = "x-amz-content-sha256";
/// How far a request's time may lie from ours.
pub const MAX_SKEW: Duration = Duration::from_secs(5 * 60);
/// The same for S3, which is more patient.
const MAX_SKEW_OF_S3: Duration = Duration::from_secs(15 * 60);
/// The longest a presigned URL may live: 7 days in seconds.
const MAX_EXPIRES: u64 = 604_800;

/// A request as it came over the wire.
#[derive(Debug, Clone, Copy)]
pub struct RequestParts<'a> {
    pub method: &'a str,
    /// The path as sent, still percent-encoded.
    pub path: &'a str,
    /// The query string as sent, without `?`.
    pub query: &'a str,
    /// Header names in lower case.
    pub headers: &'a [(String, String)],
}

impl<'a> RequestParts<'a> {
    /// The first value of a header, by its name in lower case.
    pub fn header(&self, name: &str) -> Option<&'a str> {
        self.headers
            .iter()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value.as_str())
    }

    /// Whether its method is one whose requests have a body.
    pub fn has_body(&self) -> bool {
        matches!(self.method, "POST" | "PUT" | "PATCH")
    }

    fn query_value(&self, name: &str) -> Option<String> {
        let found = raw_pairs(self.query).find(|(key, _)| decode(key) == name)?;
        Some(decode(found.1).into_owned())
    }
}

/// Why a signature is not accepted. The dispatcher renders each as the service's protocol does.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SignatureError {
    #[error("the request is not signed")]
    Missing,
    /// The text names what the header lacks.
    #[error("{0}")]
    Incomplete(String),
    /// The same of the query of a presigned URL.
    #[error("{0}")]
    Query(String),
    /// Headers that say what is asked for came without being signed; their names, with commas between them.
    #[error("There were headers present in the request which were not signed: {0}")]
    Uncovered(String),
    /// `Signature expired: …` or `Signature not yet current: …`
    #[error("{0}")]
    Clock(String),
    /// A presigned URL that was to live for so many seconds; the text is as that of `Clock`.
    #[error("{text}")]
    Expired {
        text: String,
        seconds: u64,
        ended: Timestamp,
        now: Timestamp,
    },
    /// A presigned URL of a time to come; the text is as that of `Clock`.
    #[error("{text}")]
    Early {
        text: String,
        signed_at: Timestamp,
        ended: Timestamp,
        now: Timestamp,
    },
    #[error(
        "The request signature we calculated does not match the signature you provided. Check your \
         AWS Secret Access Key and signing method. Consult the service documentation for details."
    )]
    Mismatch,
}

/// What a request says of its own signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signature {
    pub access_key_id: String,
    /// `YYYYMMDD` of the credential scope.
    pub date: String,
    pub region: String,
    pub service: String,
    pub signed_headers: Vec<String>,
    /// 64 hexadecimal digits.
    pub signature: String,
    pub signed_at: Timestamp,
    pub session_token: Option<String>,
    /// Seconds of validity; set for presigned URLs only.
    pub expires: Option<u64>,
}

/// Reads the signature from the `Authorization` header, or from the query of a presigned URL.
pub fn parse(request: &RequestParts<'_>) -> Result<Signature, SignatureError> {
    if let Some(header) = request.header("authorization") {
        return parse_header(request, header);
    }
    if request.query_value("X-Amz-Algorithm").is_some() {
        return parse_presigned(request);
    }
    Err(SignatureError::Missing)
}

fn parse_header(request: &RequestParts<'_>, header: &str) -> Result<Signature, SignatureError> {
    let Some(fields) = header
        .strip_prefix(ALGORITHM)
        .and_then(|rest| rest.strip_prefix(' '))
    else {
        return Err(SignatureError::Incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header and \
             the algorithm AWS4-HMAC-SHA256."
                .to_owned(),
        ));
    };
    let field = |name: &str| {
        fields
            .split(',')
            .filter_map(|part| part.trim().split_once('='))
            .find_map(|(key, value)| (key == name).then_some(value))
    };
    let missing: Vec<&str> = ["Credential", "Signature", "SignedHeaders"]
        .into_iter()
        .filter(|name| field(name).is_none_or(str::is_empty))
        .collect();
    if !missing.is_empty() {
        let mut text = String::new();
        for name in missing {
            let _ = write!(text, "Authorization header requires '{name}' parameter. ");
        }
        let _ = write!(text, "Authorization={}", short_digest(header));
        return Err(SignatureError::Incomplete(text));
    }
    let get = |name| field(name).unwrap_or_default().to_owned();
    let time = request
        .header("x-amz-date")
        .or_else(|| request.header("date"));
    build(
        &get("Credential"),
        &get("SignedHeaders"),
        get("Signature"),
        time.unwrap_or_default(),
        request.header("x-amz-security-token").map(str::to_owned),
        None,
    )
}

fn parse_presigned(request: &RequestParts<'_>) -> Result<Signature, SignatureError> {
    let get = |name: &str| {
        request
            .query_value(name)
            .filter(|value| !value.is_empty())
            .ok_or_else(|| {
                SignatureError::Query(format!(
                    "AWS query-string parameters must include '{name}'."
                ))
            })
    };
    if get("X-Amz-Algorithm")? != ALGORITHM {
        return Err(SignatureError::Query(format!(
            "X-Amz-Algorithm must be {ALGORITHM}."
        )));
    }
    let expires = life(&get("X-Amz-Expires")?)?;
    let signature = build(
        &get("X-Amz-Credential")?,
        &get("X-Amz-SignedHeaders")?,
        get("X-Amz-Signature")?,
        &get("X-Amz-Date")?,
        request.query_value("X-Amz-Security-Token"),
        Some(expires),
    );
    signature.map_err(|error| match error {
        SignatureError::Incomplete(text) => SignatureError::Query(text),
        other => other,
    })
}

/// The seconds that a presigned URL is to live.
fn life(given: &str) -> Result<u64, SignatureError> {
    let text = match given.parse::<u64>() {
        Ok(0) => "X-Amz-Expires must be at least 1",
        Ok(seconds) if seconds <= MAX_EXPIRES => return Ok(seconds),
        Ok(_) => {
            "X-Amz-Expires must be less than a week (in seconds); that is, the given X-Amz-Expires must be less than \
             604800 seconds"
        }
        Err(_) if given.starts_with('-') => "X-Amz-Expires must be non-negative",
        Err(_) => "X-Amz-Expires should be a number",
    };
    Err(SignatureError::Query(text.to_owned()))
}

fn build(
    credential: &str,
    signed_headers: &str,
    signature: String,
    time: &str,
    session_token: Option<String>,
    expires: Option<u64>,
) -> Result<Signature, SignatureError> {
    let incomplete = |text: &str| SignatureError::Incomplete(text.to_owned());
    let parts: Vec<&str> = credential.split('/').collect();
    let &[access_key_id, date, region, service, "aws4_request"] = parts.as_slice() else {
        return Err(incomplete(
            "Credential must have exactly 5 slash-delimited elements, e.g. keyid/date/region/service/term.",
        ));
    };
    let signed_at = Timestamp::parse_iso8601_basic(time).ok_or_else(|| {
        incomplete(
            "Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header.",
        )
    })?;
    if !time.starts_with(date) {
        return Err(SignatureError::Clock(format!(
            "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from HTTP: '{date}' != '{}'.",
            time.get(..8).unwrap_or_default()
        )));
    }
    let signed_headers: Vec<String> = signed_headers.split(';').map(str::to_owned).collect();
    if signed_headers.len() > MAX_SIGNED_HEADERS || !signed_headers.is_sorted_by(|a, b| a < b) {
        return Err(incomplete(
            "SignedHeaders must be sorted and name each header once.",
        ));
    }
    if !signed_headers.iter().any(|name| name == "host") {
        return Err(incomplete(
            "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
        ));
    }
    Ok(Signature {
        access_key_id: access_key_id.to_owned(),
        date: date.to_owned(),
        region: region.to_owned(),
        service: service.to_owned(),
        signed_headers,
        signature,
        signed_at,
        session_token,
        expires,
    })
}

impl Signature {
    /// Whether the signature's time fits `now`: five minutes either way (S3: fifteen), or a presigned URL's life.
    pub fn check_time(&self, now: Timestamp) -> Result<(), SignatureError> {
        let at = self.signed_at.iso8601_basic();
        let skew = match is_s3(&self.service) {
            true => MAX_SKEW_OF_S3,
            false => MAX_SKEW,
        };
        let minutes = skew.as_secs() / 60;
        let life = self.expires.map_or(skew, Duration::from_secs);
        let ended = self.signed_at + life;
        if self.signed_at > now + skew {
            let text = format!(
                "Signature not yet current: {at} is still later than {} ({} + {minutes} min.)",
                (now + skew).iso8601_basic(),
                now.iso8601_basic(),
            );
            return Err(match self.expires {
                None => SignatureError::Clock(text),
                Some(_) => SignatureError::Early {
                    text,
                    signed_at: self.signed_at,
                    ended,
                    now,
                },
            });
        }
        if ended < now {
            let text = format!(
                "Signature expired: {at} is now earlier than {} ({} - {minutes} min.)",
                (now - life).iso8601_basic(),
                now.iso8601_basic(),
            );
            return Err(match self.expires {
                None => SignatureError::Clock(text),
                Some(seconds) => SignatureError::Expired {
                    text,
                    seconds,
                    ended,
                    now,
                },
            });
        }
        Ok(())
    }

    /// The digest of the body that the request's head was signed for, or the word that there is
    /// none: with it the signature can be checked before the body comes. `None` where the head does
    /// not say, as that of most SDKs.
    pub fn promised_payload<'a>(&self, request: &RequestParts<'a>) -> Option<&'a str> {
        if self.leaves_out_payload() {
            return Some(UNSIGNED_PAYLOAD);
        }
        let is_signed = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        is_signed.then(|| request.header(PAYLOAD_HEADER)).flatten()
    }

    /// Who presigns a URL of S3 does not know what will be sent to it: nobody says so in a header.
    fn leaves_out_payload(&self) -> bool {
        let is_named = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        self.expires.is_some() && is_s3(&self.service) && !is_named
    }

    /// What stands for the body in the canonical request: its digest, or the word that the client
    /// left it out, which is signed unless a URL of S3 was presigned.
    fn payload_hash<'a>(
        &self,
        request: &RequestParts<'a>,
        body_sha256: &'a str,
    ) -> Result<&'a str, SignatureError> {
        if self.leaves_out_payload() {
            return Ok(UNSIGNED_PAYLOAD);
        }
        let is_signed = self
            .signed_headers
            .iter()
            .any(|name| name == PAYLOAD_HEADER);
        match request.header(PAYLOAD_HEADER) {
            Some(UNSIGNED_PAYLOAD) if is_signed => Ok(UNSIGNED_PAYLOAD),
            Some(claimed) if claimed != body_sha256 => Err(SignatureError::Mismatch),
            _ => Ok(body_sha256),
        }
    }

    /// Every `x-amz-` header that came must be signed, for they say what is asked for: one of them makes a copy of
    /// a presigned upload. The digest of the body that comes to a presigned URL is nothing its signer could know,
    /// and browsers' SDKs say in a header of theirs who they are.
    fn check_coverage(&self, request: &RequestParts<'_>) -> Result<(), SignatureError> {
        let may_stay = |name: &str| match name {
            "x-amz-user-agent" => true,
            PAYLOAD_HEADER => self.expires.is_some(),
            _ => !name.starts_with("x-amz-"),
        };
        let names = request.headers.iter().map(|(name, _)| name);
        let mut uncovered: Vec<&str> = names
            .filter(|name| !may_stay(name) && !self.signed_headers.contains(name))
            .map(String::as_str)
            .collect();
        uncovered.sort_unstable();
        uncovered.dedup();
        match uncovered.is_empty() {
            true => Ok(()),
            false => Err(SignatureError::Uncovered(uncovered.join(", "))),
        }
    }

    /// Whether `secret` made this signature over `request`. `body_sha256` is the digest of the body
    /// as received: a request that claims another does not match.
    pub fn check(
        &self,
        request: &RequestParts<'_>,
        body_sha256: &str,
        secret: &str,
    ) -> Result<(), SignatureError> {
        self.check_coverage(request)?;
        let payload_hash = self.payload_hash(request, body_sha256)?;
        let presigned = self.expires.is_some();
        let scope = Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        };
        let key = signing_key(secret, &scope);
        // Clients disagree on a bare `+` in a query: each reading is tried, most often there is none.
        let readings = if request.query.contains('+') {
            &Plus::ALL[..]
        } else {
            &Plus::ALL[..1]
        };
        for plus in readings {
            let canonical = canonical_request(
                &self.service,
                request,
                &self.signed_headers,
                payload_hash,
                presigned,
                *plus,
            )
            .ok_or(SignatureError::Mismatch)?;
            let to_sign = string_to_sign(&self.signed_at.iso8601_basic(), &scope, &canonical);
            let expected = hex::encode(hmac(&key, to_sign.as_bytes()));
            if bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes())) {
                return Ok(());
            }
        }
        Err(SignatureError::Mismatch)
    }
}

impl Signature {
    /// The signature in the fields of a form, whose policy is what is signed; `field` has them by their names in
    /// lower case.
    ///
    /// # Errors
    /// There is none, or less than one.
    pub fn of_form<'a>(field: impl Fn(&str) -> Option<&'a str>) -> Result<Self, SignatureError> {
        if field("policy").is_none() {
            return Err(SignatureError::Missing);
        }
        let incomplete = |name: &str| {
            let text = format!("Bucket POST must contain a field named '{name}'.");
            SignatureError::Incomplete(text)
        };
        let given = |name: &'static str| field(name).ok_or_else(|| incomplete(name));
        if given("x-amz-algorithm")? != ALGORITHM {
            return Err(incomplete("x-amz-algorithm"));
        }
        let credential: Vec<&str> = given("x-amz-credential")?.rsplitn(5, '/').collect();
        let [_, service, region, date, access_key_id] = credential[..] else {
            return Err(incomplete("x-amz-credential"));
        };
        let signed_at = Timestamp::parse_iso8601_basic(given("x-amz-date")?);
        let signed_at = signed_at.filter(|it| it.iso8601_basic().starts_with(date));
        Ok(Self {
            access_key_id: access_key_id.to_owned(),
            date: date.to_owned(),
            region: region.to_owned(),
            service: service.to_owned(),
            signed_headers: Vec::new(),
            signature: given("x-amz-signature")?.to_owned(),
            signed_at: signed_at.ok_or_else(|| incomplete("x-amz-date"))?,
            session_token: field("x-amz-security-token").map(str::to_owned),
            expires: None,
        })
    }

    /// Whether it is that of a form's policy, as the field has it.
    ///
    /// # Errors
    /// It is another's.
    pub fn check_policy(&self, policy: &str, secret: &str) -> Result<(), SignatureError> {
        let scope = Scope {
            date: &self.date,
            region: &self.region,
            service: &self.service,
        };
        let expected = hex::encode(hmac(&signing_key(secret, &scope), policy.as_bytes()));
        match bool::from(expected.as_bytes().ct_eq(self.signature.as_bytes())) {
            true => Ok(()),
            false => Err(SignatureError::Mismatch),
        }
    }
}

/// What a bare `+` in a query stands for when it is signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Plus {
    /// Signed as it stands (botocore).
    Itself,
    /// A space, signed as `%20` (Go's SDK, and with it the stock ECS agent).
    Space,
    /// A plus sign, signed as `%2B`.
    Encoded,
}

impl Plus {
    const ALL: [Self; 3] = [Self::Itself, Self::Space, Self::Encoded];

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

/// The middle of a credential: `20260102/us-east-1/ecs/aws4_request`.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

/// Long-term or temporary keys that sign.
#[derive(Clone)]
pub struct SigningKeys {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: Option<String>,
}

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("SigningKeys")
            .field("access_key_id", &self.access_key_id)
            .finish_non_exhaustive()
    }
}

/// The headers that sign a request: `x-amz-date`, `x-amz-security-token`, `authorization`.
/// `request.headers` must hold `host` and all others that are to be signed.
pub fn sign(
    request: &RequestParts<'_>,
    body_sha256: &str,
    keys: &SigningKeys,
    region: &str,
    service: &str,
    now: Timestamp,
) -> Vec<(String, String)> {
    let time = now.iso8601_basic();
    let mut added = vec![("x-amz-date".to_owned(), time.clone())];
    if let Some(token) = &keys.session_token {
        added.push(("x-amz-security-token".to_owned(), token.clone()));
    }
    let mut headers = request.headers.to_vec();
    headers.extend(added.iter().cloned());
    let mut signed: Vec<String> = headers.iter().map(|(name, _)| name.clone()).collect();
    signed.sort();
    signed.dedup();
    let request = RequestParts {
        headers: &headers,
        ..*request
    };
    let canonical = canonical_request(service, &request, &signed, body_sha256, false, Plus::Itself)
        .expect("every signed header was taken from the request");
    let scope = Scope {
        date: &time[..8],
        region,
        service,
    };
    let to_sign = string_to_sign(&time, &scope, &canonical);
    let signature = hex::encode(hmac(
        &signing_key(&keys.secret_access_key, &scope),
        to_sign.as_bytes(),
    ));
    added.push((
        "authorization".to_owned(),
        format!(
            "{ALGORITHM} Credential={}/{}/{region}/{service}/aws4_request, SignedHeaders={}, Signature={signature}",
            keys.access_key_id,
            scope.date,
            signed.join(";"),
        ),
    ));
    added
}

/// The query of a presigned URL: that of `request`, with the signature. `request.headers` must hold `host` and all others that are to
/// be signed; the body is none.
pub fn presign(
    request: &RequestParts<'_>,
    keys: &SigningKeys,
    (region, service): (&str, &str),
    expires_seconds: u64,
    now: Timestamp,
) -> String {
    let time = now.iso8601_basic();
    let scope = Scope {
        date: &time[..8],
        region,
        service,
    };
    let mut signed: Vec<String> = request
        .headers
        .iter()
        .map(|(name, _)| name.clone())
        .collect();
    signed.sort();
    signed.dedup();
    let credential = format!(
        "{}/{}/{region}/{service}/aws4_request",
        keys.access_key_id, scope.date
    );
    let mut query = request.query.to_owned();
    let mut add = |name: &str, value: &str| {
        if !query.is_empty() {
            query.push('&');
        }
        let _ = write!(query, "{name}={}", encode(value, false));
    };
    add("X-Amz-Algorithm", ALGORITHM);
    add("X-Amz-Credential", &credential);
    add("X-Amz-Date", &time);
    add("X-Amz-Expires", &expires_seconds.to_string());
    add("X-Amz-SignedHeaders", &signed.join(";"));
    if let Some(token) = &keys.session_token {
        add("X-Amz-Security-Token", token);
    }
    let unsigned = RequestParts {
        query: &query,
        ..*request
    };
    let canonical = canonical_request(
        service,
        &unsigned,
        &signed,
        EMPTY_SHA256,
        true,
        Plus::Itself,
    )
    .expect("every signed header was taken from the request");
    let to_sign = string_to_sign(&time, &scope, &canonical);
    let key = signing_key(&keys.secret_access_key, &scope);
    let signature = hex::encode(hmac(&key, to_sign.as_bytes()));
    let _ = write!(query, "&X-Amz-Signature={signature}");
    query
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// `None` if a signed header is not in the request.
fn canonical_request(
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

/// Whether a service is S3, or speaks and signs as S3 does: the path as it is, encoded once.
pub fn is_s3(service: &str) -> bool {
    service == "s3" || service == "s3express" || service.starts_with("s3-")
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

fn raw_pairs(query: &str) -> impl Iterator<Item = (&str, &str)> {
    query
        .split('&')
        .filter(|pair| !pair.is_empty())
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
}

fn decode(text: &str) -> Cow<'_, str> {
    percent_decode_str(text).decode_utf8_lossy()
}

/// Percent-encodes all but `A-Za-z0-9-_.~`, and `/` if told to keep it.
fn encode(text: &str, keep_slash: bool) -> String {
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

fn string_to_sign(time: &str, scope: &Scope<'_>, canonical: &str) -> String {
    let Scope {
        date,
        region,
        service,
    } = scope;
    let digest = sha256_hex(canonical.as_bytes());
    format!("{ALGORITHM}\n{time}\n{date}/{region}/{service}/aws4_request\n{digest}")
}

fn signing_key(secret: &str, scope: &Scope<'_>) -> [u8; 32] {
    let date = hmac(format!("AWS4{secret}").as_bytes(), scope.date.as_bytes());
    let region = hmac(&date, scope.region.as_bytes());
    let service = hmac(&region, scope.service.as_bytes());
    hmac(&service, b"aws4_request")
}

fn hmac(key: &[u8], message: &[u8]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of any length");
    mac.update(message);
    mac.finalize().into_bytes().into()
}

/// Names a secret header in a message without showing it.
fn short_digest(text: &str) -> String {
    sha256_hex(text.as_bytes())[..16].to_owned()
}
