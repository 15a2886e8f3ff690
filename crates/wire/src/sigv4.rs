//! AWS Signature Version 4, checked and made (platform §2). Pure: the caller brings the request's
//! parts, the secret and the time.
//!
//! `read` takes a signature from a request, `form` from the fields of a form; `check` compares it with what `canonical` makes
//! of the request; `signing` makes one.

use std::time::Duration;

use sha2::{Digest, Sha256};
use wharf_base::Timestamp;

mod canonical;
mod check;
mod chunks;
mod form;
mod read;
mod signing;
#[cfg(test)]
mod tests;

use self::canonical::{decode, raw_pairs};
pub use self::{
    chunks::ChunkSigner,
    read::parse,
    signing::{SigningKeys, presign, sign},
};

/// Of no bytes.
pub const EMPTY_SHA256: &str = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
const ALGORITHM: &str = "AWS4-HMAC-SHA256";
/// Stands for the digest of a body that is not signed.
pub const UNSIGNED_PAYLOAD: &str = "UNSIGNED-PAYLOAD";
/// Carries the digest of the body, or that word.
pub const PAYLOAD_HEADER: &str = "x-amz-content-sha256";
/// How far a request's time may lie from ours.
pub const MAX_SKEW: Duration = Duration::from_secs(5 * 60);
/// The same for S3, which is more patient.
const MAX_SKEW_OF_S3: Duration = Duration::from_secs(15 * 60);

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

/// The middle of a credential: `20260102/us-east-1/ecs/aws4_request`.
#[derive(Debug, Clone, Copy)]
pub struct Scope<'a> {
    pub date: &'a str,
    pub region: &'a str,
    pub service: &'a str,
}

/// Lower-case hexadecimal SHA-256.
pub fn sha256_hex(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// Whether a service is S3, or speaks and signs as S3 does: the path as it is, encoded once.
pub fn is_s3(service: &str) -> bool {
    service == "s3" || service == "s3express" || service.starts_with("s3-")
}
