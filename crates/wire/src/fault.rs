//! What a caller is told when a call fails: code, text, status, and the members the model adds.

use std::{borrow::Cow, fmt};

pub use wharf_base::Chain;
use wharf_base::{NoRoom, ShareFull};

/// An error answer. Its text goes to the caller; internals are logged where it is made, never put
/// in here.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    pub code: Cow<'static, str>,
    pub message: String,
    pub status: u16,
    /// The caller's doing (`Sender`), or ours (`Receiver`).
    pub sender: bool,
    /// Further members of the modelled exception, as JSON; only the JSON protocols carry them, and S3's errors. Of those,
    /// members with names in lower case are headers.
    pub members: Vec<(&'static str, serde_json::Value)>,
}

/// What callers read who would add something to a full disk.
const NO_ROOM: &str = "The disk of the control plane is full: nothing can be added until there is room. \
                       Deleting and stopping work.";

impl Fault {
    /// A fault the caller brought about.
    pub fn sender(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<String>,
    ) -> Self {
        Self {
            code: code.into(),
            message: message.into(),
            status,
            sender: true,
            members: Vec::new(),
        }
    }

    /// A fault of ours. `cause` is logged with everything beneath it; the caller reads only
    /// `message`, or that the disk or the account's share is full.
    pub fn receiver(
        code: impl Into<Cow<'static, str>>,
        status: u16,
        message: impl Into<String>,
        cause: &dyn std::error::Error,
    ) -> Self {
        let message = match ShareFull::cause_of(cause) {
            _ if NoRoom::is_cause_of(cause) => NO_ROOM.to_owned(),
            Some(full) => full.to_string(),
            None => message.into(),
        };
        let fault = Self {
            code: code.into(),
            message,
            status,
            sender: false,
            members: Vec::new(),
        };
        tracing::error!(code = %fault.code, error = %Chain(cause), "a call failed on our side");
        fault
    }

    /// The default of operations that this version does not have. EC2's code is the one that it has for
    /// actions of other regions: clients go on without what those do.
    pub fn unsupported(service: &str, operation: &str) -> Self {
        let code = match service {
            "ec2" => "InvalidAction",
            _ => "UnsupportedOperation",
        };
        let text = format!("{service}:{operation} is not supported by this version of wharf.");
        Self::sender(code, 400, text)
    }

    /// Whether the caller asks too often, or has as much of something as it may: asked again at once, it is refused again.
    pub fn is_of_limit(&self) -> bool {
        Self::is_code_of_limit(&self.code)
    }

    /// The same of one of which the code alone is known.
    pub fn is_code_of_limit(code: &str) -> bool {
        // Those of the models: `ThrottlingException`, `Throttled`, `VpcLimitExceeded`, `RequestLimitExceeded` and many more.
        let parts = ["Throttl", "LimitExceeded"];
        parts.iter().any(|part| code.contains(*part))
            || matches!(code, "SlowDown" | "InsufficientStorage")
    }

    /// Whether somebody has to do something about it: it is the caller's doing, and not that of asking too often. A limit
    /// that is reached is something to do about.
    pub fn lasts(&self) -> bool {
        self.sender && !self.code.starts_with("Throttling")
    }

    /// Adds a member of the modelled exception.
    pub fn with(mut self, member: &'static str, value: impl Into<serde_json::Value>) -> Self {
        self.members.push((member, value.into()));
        self
    }

    /// Adds a header to an error of S3, `name` in lower case.
    pub fn with_header(self, name: &'static str, value: impl Into<String>) -> Self {
        let value: String = value.into();
        self.with(name, value)
    }

    /// The headers of an error of S3.
    pub fn headers(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let members = self.members.iter().filter(|(name, _)| is_header(name));
        members.filter_map(|(name, value)| Some((*name, value.as_str()?)))
    }

    /// What the body of an error of S3 says besides.
    pub fn elements(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let members = self.members.iter().filter(|(name, _)| !is_header(name));
        members.filter_map(|(name, value)| Some((*name, value.as_str()?)))
    }
}

fn is_header(member: &str) -> bool {
    !member.contains(|it: char| it.is_ascii_uppercase())
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}: {}", self.code, self.message)
    }
}

impl std::error::Error for Fault {}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::codec::xml;

    #[test]
    fn limits_are_told_from_other_refusals() {
        for (code, is_of_limit) in [
            ("ThrottlingException", true),
            ("Throttling", true),
            ("RequestThrottled", true),
            ("RequestLimitExceeded", true),
            ("LimitExceededException", true),
            ("SlowDown", true),
            ("InsufficientStorage", true),
            ("AccessDeniedException", false),
            ("ResourceNotFoundException", false),
            ("NoSuchKey", false),
            ("ValidationException", false),
            ("ServiceUnavailable", false),
        ] {
            let fault = Fault::sender(code, 400, "");
            assert_eq!(fault.is_of_limit(), is_of_limit, "{code}");
        }
    }

    #[test]
    fn headers_are_no_part_of_the_body() {
        let fault = Fault::sender("NoSuchKey", 404, "It is not there.")
            .with("Key", "k")
            .with("clusterName", "c")
            .with_header("x-amz-delete-marker", "true");
        let headers: Vec<_> = fault.headers().collect();
        assert_eq!(headers, [("x-amz-delete-marker", "true")]);
        let elements: Vec<_> = fault.elements().collect();
        assert_eq!(elements, [("Key", "k"), ("clusterName", "c")]);
        let body = String::from_utf8(xml::encode_bare_fault(&fault, "r")).unwrap();
        assert!(
            body.contains("<Key>k</Key><clusterName>c</clusterName><RequestId>r</RequestId>"),
            "{body}"
        );
    }
}
