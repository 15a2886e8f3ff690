//! A signature as requests have it: in the `Authorization` header, or in the query of a presigned URL.

use std::fmt::Write as _;

use wharf_base::Timestamp;

use super::{ALGORITHM, RequestParts, Signature, SignatureError, sha256_hex};

/// More headers than this no client signs; each is copied into what is hashed.
const MAX_SIGNED_HEADERS: usize = 64;
/// The longest a presigned URL may live: 7 days in seconds.
const MAX_EXPIRES: u64 = 604_800;

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

/// Names a secret header in a message without showing it.
fn short_digest(text: &str) -> String {
    sha256_hex(text.as_bytes())[..16].to_owned()
}
