//! Protocols of subscriptions and their endpoints. Pure.

use http::Uri;
use serde::{Deserialize, Serialize};
use wharf_base::Arn;
use wharf_wire::Fault;

use crate::{fault, mail, names};

/// Characters of an endpoint.
const LONGEST: usize = 2048;

/// How a subscription gets its messages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Protocol {
    #[default]
    Sqs,
    Http,
    Https,
    Email,
    EmailJson,
}

impl Protocol {
    pub fn given(text: &str) -> Result<Self, Fault> {
        Ok(match text {
            "sqs" => Self::Sqs,
            "http" => Self::Http,
            "https" => Self::Https,
            "email" => Self::Email,
            "email-json" => Self::EmailJson,
            "sms" | "application" | "lambda" | "firehose" => {
                return Err(fault::unsupported("Protocol", text));
            }
            _ => {
                let why = format!("Does not support this protocol string: {text}");
                return Err(fault::invalid("Protocol", &fault::shown(&why)));
            }
        })
    }

    pub fn name(self) -> &'static str {
        match self {
            Self::Sqs => "sqs",
            Self::Http => "http",
            Self::Https => "https",
            Self::Email => "email",
            Self::EmailJson => "email-json",
        }
    }

    pub fn is_mail(self) -> bool {
        matches!(self, Self::Email | Self::EmailJson)
    }

    pub fn is_web(self) -> bool {
        matches!(self, Self::Http | Self::Https)
    }

    /// Refuses an endpoint that is none of the protocol's.
    pub fn check(self, endpoint: &str) -> Result<(), Fault> {
        let bad = |why: &str| Err(fault::invalid("Endpoint", why));
        if endpoint.len() > LONGEST {
            return bad("It has too many characters");
        }
        match self {
            Self::Sqs if !names::is_queue(endpoint) => bad("SQS endpoint ARN"),
            Self::Sqs => Ok(()),
            Self::Email | Self::EmailJson => match mail::is_address(endpoint) {
                true => Ok(()),
                false => bad("Email address"),
            },
            Self::Http | Self::Https => {
                let uri: Option<Uri> = without_credentials(endpoint).0.parse().ok();
                let scheme = uri.as_ref().and_then(Uri::scheme_str);
                if scheme != Some(self.name()) {
                    return bad("Endpoint must match the specified protocol");
                }
                let host = uri.as_ref().and_then(Uri::host).unwrap_or_default();
                match host.is_empty() || endpoint.contains('#') {
                    true => bad("It must be a URL with a host and without a fragment"),
                    false => Ok(()),
                }
            }
        }
    }

    /// Whether a subscription that an account asks for gets nothing before its endpoint agreed.
    pub fn is_to_be_confirmed(self, endpoint: &str, account: &str) -> bool {
        match self {
            Self::Sqs => endpoint
                .parse::<Arn>()
                .is_ok_and(|it| it.account != account),
            Self::Http | Self::Https | Self::Email | Self::EmailJson => true,
        }
    }
}

/// The user and password of a URL, taken off it: they are sent as a header.
pub fn without_credentials(endpoint: &str) -> (String, Option<String>) {
    let parts = endpoint.split_once("://").and_then(|(scheme, rest)| {
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (credentials, host) = rest[..end].rsplit_once('@')?;
        let address = format!("{scheme}://{host}{}", &rest[end..]);
        Some((address, credentials.to_owned()))
    });
    match parts {
        Some((address, credentials)) => (address, Some(credentials)),
        None => (endpoint.to_owned(), None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn endpoints_fit_their_protocols() {
        for (protocol, endpoint, fits) in [
            (Protocol::Http, "http://example.com/x?y=1", true),
            (Protocol::Http, "http://user:password@example.com", true),
            (Protocol::Http, "https://example.com", false),
            (Protocol::Http, "example.com", false),
            (Protocol::Http, "http://", false),
            (
                Protocol::Http,
                "http://user:passw[rd@example.com]:80/",
                false,
            ),
            (Protocol::Https, "https://example.com:8443/#x", false),
            (Protocol::Https, "https://exa mple.com", false),
            (Protocol::Email, "a@example.com", true),
            (Protocol::EmailJson, "example.com", false),
            (Protocol::Sqs, "http://example.com", false),
            (Protocol::Sqs, "arn:aws:sqs:us-east-1:000000000000:a", true),
        ] {
            assert_eq!(protocol.check(endpoint).is_ok(), fits, "{endpoint}");
        }
        assert!(Protocol::given("sms").is_err() && Protocol::given("x").is_err());
    }

    #[test]
    fn credentials_are_taken_off() {
        let found = |url: &str| without_credentials(url);
        assert_eq!(
            found("http://u:p@h:80/a?b=c@d"),
            ("http://h:80/a?b=c@d".to_owned(), Some("u:p".to_owned()))
        );
        assert_eq!(found("http://h/a@b"), ("http://h/a@b".to_owned(), None));
    }
}
