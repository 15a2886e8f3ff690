//! From a signed request to a principal: signature read, key looked up, signature and time checked.
//! Every failure is rendered as the table of platform §2 says.

use async_trait::async_trait;
use http::HeaderMap;
use wharf_base::{Timestamp, regions::is_well_formed};
use wharf_wire::{
    Caller, Fault,
    schema::Protocol,
    sigv4::{self, RequestParts, Signature, SignatureError},
};

/// Keys and their principals, as the IAM and STS services keep them.
#[async_trait]
pub trait Directory: Send + Sync {
    /// The secret and the principal of an access key; `session_token` comes with temporary keys.
    async fn key(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError>;

    /// The same for a node that asks for new credentials; those that it has may be over.
    async fn key_of_node(
        &self,
        access_key_id: &str,
        session_token: Option<&str>,
        now: Timestamp,
    ) -> Result<Key, KeyError>;

    /// Whether the account was closed.
    async fn is_closed(&self, account: &str) -> Result<bool, KeyError>;
}

/// What signs and whom it stands for.
pub struct Key {
    pub secret_access_key: String,
    pub caller: Caller,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KeyError {
    /// No such key, an inactive one, or a session token that is not ours.
    Unknown,
    /// The session has ended.
    Expired,
    /// The account was closed.
    Closed,
    /// Keys cannot be looked up now.
    Unavailable,
}

/// Why a request is not let in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Signature(SignatureError),
    Key(KeyError),
    /// The credential scope names another service than the request is for.
    WrongService {
        expected: &'static str,
    },
    WrongRegion,
}

/// What a request says of its sender, and the key it names; nothing of it is verified.
pub struct Claim {
    pub signature: Result<Signature, SignatureError>,
    /// Looked up when the signature could be read.
    pub key: Result<Key, KeyError>,
}

impl Claim {
    /// Reads the signature alone; the key counts as unknown.
    pub fn unsigned(request: &RequestParts<'_>) -> Self {
        Self {
            signature: sigv4::parse(request),
            key: Err(KeyError::Unknown),
        }
    }

    pub async fn read(
        directory: &dyn Directory,
        request: &RequestParts<'_>,
        now: Timestamp,
    ) -> Self {
        Self::of(sigv4::parse(request), directory, now).await
    }

    /// Looks up the key of a signature.
    pub async fn of(
        signature: Result<Signature, SignatureError>,
        directory: &dyn Directory,
        now: Timestamp,
    ) -> Self {
        let mut claim = Self {
            signature,
            key: Err(KeyError::Unknown),
        };
        if let Ok(signature) = &claim.signature {
            let token = signature.session_token.as_deref();
            claim.key = directory.key(&signature.access_key_id, token, now).await;
        }
        if let Some(number) = claim.number() {
            let closed = directory.is_closed(number).await;
            match closed {
                Ok(false) => {}
                Ok(true) => claim.key = Err(KeyError::Closed),
                Err(error) => claim.key = Err(error),
            }
        }
        claim
    }

    /// The same for a node that asks for new credentials.
    pub async fn read_of_node(
        directory: &dyn Directory,
        request: &RequestParts<'_>,
        now: Timestamp,
    ) -> Self {
        let mut claim = Self::unsigned(request);
        if let Ok(signature) = &claim.signature {
            let (id, token) = (&signature.access_key_id, signature.session_token.as_deref());
            claim.key = directory.key_of_node(id, token, now).await;
        }
        claim
    }

    /// The account that a request is for while nobody checks who sends it (`--iam off`): the one that
    /// the access key is of, or that it is the number of.
    pub fn account(&self) -> Option<&str> {
        let of_key = self
            .key
            .as_ref()
            .ok()
            .map(|key| key.caller.account.as_str());
        self.number().or(of_key)
    }

    /// The access key, where it has the form of an account's number.
    fn number(&self) -> Option<&str> {
        let id = self.signature.as_ref().ok()?.access_key_id.as_str();
        (id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())).then_some(id)
    }

    /// Whether what the request names is of an account that was closed, or cannot be looked up now.
    pub fn is_of_no_open_account(&self) -> Option<KeyError> {
        match self.key {
            Err(error @ (KeyError::Closed | KeyError::Unavailable)) => Some(error),
            _ => None,
        }
    }

    /// The service of the credential scope.
    pub fn service(&self) -> Option<&str> {
        let signature = self.signature.as_ref().ok()?;
        Some(&signature.service)
    }
}

/// A request whose signature holds.
pub struct Verified {
    pub caller: Caller,
    pub region: String,
}

/// Checks the signature of a request for `service` whose body has the given digest.
pub fn verify(
    claim: Claim,
    request: &RequestParts<'_>,
    body_sha256: &str,
    service: &'static str,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    match &claim.signature {
        Ok(signature) if signature.service != service => {
            Err(Refusal::WrongService { expected: service })
        }
        _ => verify_for_any(claim, request, body_sha256, now),
    }
}

/// What a signature is of.
#[derive(Debug, Clone, Copy)]
pub enum Proof<'a> {
    /// A request, with the digest of its body.
    Request(&'a str),
    /// The policy of a form, as its field has it.
    Policy(&'a str),
}

/// The same for a form whose policy is signed. When it ends, the policy says.
pub fn verify_form(claim: Claim, policy: &str, service: &'static str) -> Result<Verified, Refusal> {
    let signature = claim.signature.map_err(Refusal::Signature)?;
    if signature.service != service {
        return Err(Refusal::WrongService { expected: service });
    }
    if !is_well_formed(&signature.region) {
        return Err(Refusal::WrongRegion);
    }
    let key = claim.key.map_err(Refusal::Key)?;
    let checked = signature.check_policy(policy, &key.secret_access_key);
    checked.map_err(Refusal::Signature)?;
    let mut caller = key.caller;
    caller.access_key_id = signature.access_key_id;
    Ok(Verified {
        caller,
        region: signature.region,
    })
}

/// The same, whatever service it is signed for.
pub fn verify_for_any(
    claim: Claim,
    request: &RequestParts<'_>,
    body_sha256: &str,
    now: Timestamp,
) -> Result<Verified, Refusal> {
    let signature = claim.signature.map_err(Refusal::Signature)?;
    if !is_well_formed(&signature.region) {
        return Err(Refusal::WrongRegion);
    }
    signature.check_time(now).map_err(Refusal::Signature)?;
    let key = claim.key.map_err(Refusal::Key)?;
    signature
        .check(request, body_sha256, &key.secret_access_key)
        .map_err(Refusal::Signature)?;
    let mut caller = key.caller;
    let Signature {
        access_key_id,
        region,
        ..
    } = signature;
    caller.access_key_id = access_key_id;
    Ok(Verified { caller, region })
}

/// What the head of a request by a known key tells of its signature, before the body has come.
#[derive(Debug, PartialEq, Eq)]
pub enum Head {
    /// It is signed with the body's digest, and the signature holds.
    Holds,
    /// Only with the body can it be checked.
    Open,
    Refused(Refusal),
}

/// Checks as much of a signature as the head allows.
pub fn verify_head(claim: &Claim, request: &RequestParts<'_>, now: Timestamp) -> Head {
    let (Ok(signature), Ok(key)) = (&claim.signature, &claim.key) else {
        return Head::Open;
    };
    if let Err(error) = signature.check_time(now) {
        return Head::Refused(Refusal::Signature(error));
    }
    let Some(digest) = signature.promised_payload(request) else {
        return Head::Open;
    };
    match signature.check(request, digest, &key.secret_access_key) {
        Ok(()) => Head::Holds,
        Err(error) => Head::Refused(Refusal::Signature(error)),
    }
}

/// Header names in lower case with their values, as the signature covers them.
pub fn header_pairs(headers: &HeaderMap, authority: Option<&str>) -> Vec<(String, String)> {
    let mut pairs: Vec<(String, String)> = headers
        .iter()
        .map(|(name, value)| {
            (
                name.as_str().to_owned(),
                String::from_utf8_lossy(value.as_bytes()).into_owned(),
            )
        })
        .collect();
    // HTTP/2 carries the host in `:authority`.
    if let Some(authority) = authority.filter(|_| !headers.contains_key(http::header::HOST)) {
        pairs.push(("host".to_owned(), authority.to_owned()));
    }
    pairs
}

/// A refusal in the words of the protocol (platform §2).
pub fn fault(protocol: Protocol, refusal: &Refusal) -> Fault {
    match protocol {
        Protocol::Json { .. } | Protocol::Cbor => json_fault(refusal),
        Protocol::RestJson => {
            let fault = json_fault(refusal);
            let status = fault.status.max(403);
            Fault { status, ..fault }
        }
        Protocol::Query => query_fault(refusal),
        Protocol::RestXml => s3_fault(refusal),
        Protocol::Ec2 => ec2_fault(refusal),
    }
}

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";
const EXPIRED_TOKEN: &str = "The security token included in the request is expired";
const UNAVAILABLE: &str =
    "The request processing has failed because of an unknown error, exception or failure.";
const NOT_VALIDATED: &str = "AWS was not able to validate the provided access credentials";

fn scope_text(refusal: &Refusal) -> String {
    match refusal {
        Refusal::WrongService { expected } => {
            format!("Credential should be scoped to correct service: '{expected}'. ")
        }
        _ => "Credential should be scoped to a valid region. ".to_owned(),
    }
}

fn json_fault(refusal: &Refusal) -> Fault {
    let fault = |code: &'static str, text: String| Fault::sender(code, 400, text);
    match refusal {
        Refusal::Signature(SignatureError::Missing) => fault(
            "MissingAuthenticationTokenException",
            "Missing Authentication Token".to_owned(),
        ),
        Refusal::Signature(
            error @ (SignatureError::Incomplete(_)
            | SignatureError::Query(_)
            | SignatureError::Uncovered(_)),
        ) => fault("IncompleteSignatureException", error.to_string()),
        Refusal::Signature(other) => fault("InvalidSignatureException", other.to_string()),
        Refusal::Key(KeyError::Unknown | KeyError::Closed) => {
            fault("UnrecognizedClientException", INVALID_TOKEN.to_owned())
        }
        Refusal::Key(KeyError::Expired) => fault("ExpiredTokenException", EXPIRED_TOKEN.to_owned()),
        Refusal::Key(KeyError::Unavailable) => unavailable("ServiceUnavailableException"),
        Refusal::WrongService { .. } | Refusal::WrongRegion => {
            fault("InvalidSignatureException", scope_text(refusal))
        }
    }
}

fn query_fault(refusal: &Refusal) -> Fault {
    let fault = |code: &'static str, text: String| Fault::sender(code, 403, text);
    match refusal {
        Refusal::Signature(SignatureError::Missing) => fault(
            "MissingAuthenticationToken",
            "Request is missing Authentication Token".to_owned(),
        ),
        Refusal::Signature(
            error @ (SignatureError::Incomplete(_)
            | SignatureError::Query(_)
            | SignatureError::Uncovered(_)),
        ) => Fault::sender("IncompleteSignature", 400, error.to_string()),
        Refusal::Signature(other) => fault("SignatureDoesNotMatch", other.to_string()),
        Refusal::Key(KeyError::Unknown | KeyError::Closed) => {
            fault("InvalidClientTokenId", INVALID_TOKEN.to_owned())
        }
        Refusal::Key(KeyError::Expired) => fault("ExpiredToken", EXPIRED_TOKEN.to_owned()),
        Refusal::Key(KeyError::Unavailable) => unavailable("ServiceUnavailable"),
        Refusal::WrongService { .. } | Refusal::WrongRegion => {
            fault("SignatureDoesNotMatch", scope_text(refusal))
        }
    }
}

/// In the words of S3, the only one of its protocol.
fn s3_fault(refusal: &Refusal) -> Fault {
    match refusal {
        Refusal::Signature(SignatureError::Missing) => {
            Fault::sender("AccessDenied", 403, "Access Denied")
        }
        Refusal::Signature(SignatureError::Clock(_)) => Fault::sender(
            "RequestTimeTooSkewed",
            403,
            "The difference between the request time and the current time is too large.",
        ),
        Refusal::Signature(SignatureError::Expired {
            seconds,
            ended,
            now,
            ..
        }) => Fault::sender("AccessDenied", 403, "Request has expired")
            .with("X-Amz-Expires", seconds.to_string())
            .with("Expires", ended.iso8601_seconds())
            .with("ServerTime", now.iso8601_seconds()),
        // S3 says this one time in milliseconds.
        Refusal::Signature(SignatureError::Early {
            signed_at,
            ended,
            now,
            ..
        }) => Fault::sender("AccessDenied", 403, "Request is not yet valid")
            .with("X-Amz-Date", signed_at.millis().to_string())
            .with("Expires", ended.iso8601_seconds())
            .with("ServerTime", now.iso8601_seconds()),
        Refusal::Signature(SignatureError::Incomplete(text)) => {
            Fault::sender("AuthorizationHeaderMalformed", 400, text.clone())
        }
        Refusal::Signature(SignatureError::Query(text)) => {
            Fault::sender("AuthorizationQueryParametersError", 400, text.clone())
        }
        Refusal::Signature(SignatureError::Uncovered(names)) => {
            let text = "There were headers present in the request which were not signed";
            Fault::sender("AccessDenied", 403, text).with("HeadersNotSigned", names.clone())
        }
        Refusal::Key(KeyError::Unknown | KeyError::Closed) => Fault::sender(
            "InvalidAccessKeyId",
            403,
            "The AWS Access Key Id you provided does not exist in our records.",
        ),
        Refusal::Key(KeyError::Expired) => {
            Fault::sender("ExpiredToken", 400, "The provided token has expired.")
        }
        Refusal::WrongService { .. } | Refusal::WrongRegion => {
            Fault::sender("AuthorizationHeaderMalformed", 400, scope_text(refusal))
        }
        _ => query_fault(refusal),
    }
}

fn ec2_fault(refusal: &Refusal) -> Fault {
    match refusal {
        Refusal::Signature(
            SignatureError::Clock(_)
            | SignatureError::Expired { .. }
            | SignatureError::Early { .. },
        ) => Fault::sender("RequestExpired", 400, "Request has expired."),
        Refusal::Key(KeyError::Expired) => {
            Fault::sender("RequestExpired", 400, "Request has expired.")
        }
        Refusal::Key(KeyError::Unavailable) => unavailable("Unavailable"),
        _ => Fault::sender("AuthFailure", 401, NOT_VALIDATED),
    }
}

fn unavailable(code: &'static str) -> Fault {
    let mut fault = Fault::sender(code, 503, UNAVAILABLE);
    fault.sender = false;
    fault
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals_in_each_protocol() {
        let json = Protocol::Json { minor: 1 };
        let missing = Refusal::Signature(SignatureError::Missing);
        let cases: [(Protocol, &Refusal, &str, u16, &str); 9] = [
            (
                json,
                &missing,
                "MissingAuthenticationTokenException",
                400,
                "Missing Authentication Token",
            ),
            (
                Protocol::Query,
                &missing,
                "MissingAuthenticationToken",
                403,
                "Request is missing Authentication Token",
            ),
            (Protocol::Ec2, &missing, "AuthFailure", 401, NOT_VALIDATED),
            (
                json,
                &Refusal::Key(KeyError::Unknown),
                "UnrecognizedClientException",
                400,
                INVALID_TOKEN,
            ),
            (
                Protocol::Query,
                &Refusal::Key(KeyError::Unknown),
                "InvalidClientTokenId",
                403,
                INVALID_TOKEN,
            ),
            (
                json,
                &Refusal::Key(KeyError::Expired),
                "ExpiredTokenException",
                400,
                EXPIRED_TOKEN,
            ),
            (
                Protocol::Query,
                &Refusal::Key(KeyError::Expired),
                "ExpiredToken",
                403,
                EXPIRED_TOKEN,
            ),
            (
                json,
                &Refusal::WrongService { expected: "ecs" },
                "InvalidSignatureException",
                400,
                "Credential should be scoped to correct service: 'ecs'. ",
            ),
            (
                Protocol::Query,
                &Refusal::WrongRegion,
                "SignatureDoesNotMatch",
                403,
                "Credential should be scoped to a valid region. ",
            ),
        ];
        for (protocol, refusal, code, status, text) in cases {
            let fault = fault(protocol, refusal);
            assert_eq!(
                (fault.code.as_ref(), fault.status, fault.message.as_str()),
                (code, status, text)
            );
        }
        let uncovered = Refusal::Signature(SignatureError::Uncovered("x-amz-acl".to_owned()));
        let fault = fault(Protocol::RestXml, &uncovered);
        assert_eq!((fault.code.as_ref(), fault.status), ("AccessDenied", 403));
        let named = ("HeadersNotSigned", "x-amz-acl".into());
        assert!(fault.members.contains(&named), "{:?}", fault.members);
    }

    #[test]
    fn presigned_urls_of_a_time_to_come() {
        let early = Refusal::Signature(SignatureError::Early {
            text: "Signature not yet current: …".to_owned(),
            signed_at: Timestamp(1_767_323_045_000),
            ended: Timestamp(1_767_323_105_000),
            now: Timestamp(1_767_322_045_000),
        });
        let of_s3 = fault(Protocol::RestXml, &early);
        assert_eq!((of_s3.code.as_ref(), of_s3.status), ("AccessDenied", 403));
        assert_eq!(of_s3.message, "Request is not yet valid");
        let elements: Vec<_> = of_s3.elements().collect();
        let expected = [
            ("X-Amz-Date", "1767323045000"),
            ("Expires", "2026-01-02T03:05:05Z"),
            ("ServerTime", "2026-01-02T02:47:25Z"),
        ];
        assert_eq!(elements, expected);
        for (protocol, code) in [
            (Protocol::Query, "SignatureDoesNotMatch"),
            (Protocol::Ec2, "RequestExpired"),
        ] {
            assert_eq!(fault(protocol, &early).code, code);
        }
    }

    #[test]
    fn presigned_urls_that_are_over_or_say_too_much() {
        let expired = Refusal::Signature(SignatureError::Expired {
            text: "Signature expired: …".to_owned(),
            seconds: 60,
            ended: Timestamp(1_767_323_105_000),
            now: Timestamp(1_767_323_106_000),
        });
        let fault_of_s3 = fault(Protocol::RestXml, &expired);
        assert_eq!(fault_of_s3.code, "AccessDenied");
        assert_eq!(fault_of_s3.message, "Request has expired");
        let elements: Vec<_> = fault_of_s3.elements().collect();
        let expected = [
            ("X-Amz-Expires", "60"),
            ("Expires", "2026-01-02T03:05:05Z"),
            ("ServerTime", "2026-01-02T03:05:06Z"),
        ];
        assert_eq!(elements, expected);
        let query = Refusal::Signature(SignatureError::Query("too long".to_owned()));
        for (protocol, refusal, code) in [
            (Protocol::Query, &expired, "SignatureDoesNotMatch"),
            (Protocol::Ec2, &expired, "RequestExpired"),
            (
                Protocol::RestXml,
                &query,
                "AuthorizationQueryParametersError",
            ),
            (Protocol::Query, &query, "IncompleteSignature"),
        ] {
            assert_eq!(fault(protocol, refusal).code, code);
        }
    }
}
