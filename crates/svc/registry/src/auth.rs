//! Who asks: `Basic AWS:<password>`, where the password is ECR's sealed token, or `Bearer <token>` with
//! one that `/token/` gave for it (`tokens.rs`).

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header, request::Parts};
use wharf_base::{Timestamp, ecr_host};
use wharf_seal::Keyring;
use wharf_svc_ecr::{
    Registry,
    token::{self, Bearer, TokenError},
};

use crate::{
    answer::{Refusal, TurnedAway},
    path,
};

/// Longer credentials are none: passwords are below 64 KiB.
const MAX_HEADER_BYTES: usize = 96 * 1024;

/// Why nobody is let in.
#[derive(Debug)]
pub(crate) enum Stranger {
    /// No credentials, or none of ours: asked for with a challenge.
    Unknown,
    /// 403, with what to do.
    Expired,
}

impl Stranger {
    pub(crate) fn expired() -> Refusal {
        let text = "Your authorization token has expired. Reauthenticate and try again.";
        Refusal::new(StatusCode::FORBIDDEN, "DENIED", text).of(TurnedAway::ExpiredPassword)
    }

    /// Why a request without credentials of ours is turned away; `None` where it is the question
    /// whether there is a registry, which clients ask before they send any.
    pub(crate) fn turned_away(parts: &Parts) -> Option<TurnedAway> {
        if parts.headers.contains_key(header::AUTHORIZATION) {
            return Some(TurnedAway::WrongPassword);
        }
        (!path::is_base(parts.uri.path())).then_some(TurnedAway::Unnamed)
    }
}

/// Who a request is from.
#[derive(Debug)]
pub(crate) enum Who {
    /// Somebody with a password of the gallery.
    Bearer(Bearer),
    /// Somebody with one of private registries.
    PrivateBearer(Bearer),
    /// Somebody who says nothing of themselves, and may pull from the public gallery.
    Visitor,
}

/// What a request says of its sender.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Credentials {
    /// Nothing. Some clients send an empty pair of user and password then.
    None,
    /// A password, or a token, which are the same.
    Token(String),
    /// What is none of ours.
    Foreign,
}

/// What a request shows of its sender, opened. Once for a request: what opens it asks twice of the keyring, and reads all
/// that a session brings along.
#[derive(Debug, Clone)]
pub(crate) enum Shown {
    /// No password and no token.
    Nothing,
    /// A password of private registries.
    Private(Bearer),
    PrivateExpired,
    /// One of the gallery.
    Public(Bearer),
    PublicExpired,
    /// What anybody gets who asks for it.
    Visit,
    /// None of ours, or a visit that is over: who visited too long asks for another token.
    Unknown,
}

impl Shown {
    pub(crate) fn of(headers: &HeaderMap, keyring: &Keyring, now: Timestamp) -> Self {
        let Credentials::Token(token) = credentials(headers) else {
            return Self::Nothing;
        };
        match token::open_password(keyring, &token, now) {
            Ok(bearer) => return Self::Private(bearer),
            Err(TokenError::Expired) => return Self::PrivateExpired,
            Err(TokenError::Invalid) => {}
        }
        match token::open_public_password(keyring, &token, now) {
            Ok(bearer) => return Self::Public(bearer),
            Err(TokenError::Expired) => return Self::PublicExpired,
            Err(TokenError::Invalid) => {}
        }
        match token::open_visit(keyring, &token, now) {
            Ok(()) => Self::Visit,
            Err(_) => Self::Unknown,
        }
    }

    /// Whether it lets anybody in anywhere.
    pub(crate) fn is_good(&self) -> bool {
        matches!(self, Self::Private(_) | Self::Public(_) | Self::Visit)
    }

    /// Who a request for a private registry is from.
    pub(crate) fn private(self) -> Result<Bearer, Stranger> {
        match self {
            Self::Private(bearer) => Ok(bearer),
            Self::PrivateExpired => Err(Stranger::Expired),
            _ => Err(Stranger::Unknown),
        }
    }

    /// Who a request for the gallery is from.
    pub(crate) fn anybody(self) -> Result<Who, Stranger> {
        match self {
            Self::Private(bearer) => Ok(Who::PrivateBearer(bearer)),
            Self::Public(bearer) => Ok(Who::Bearer(bearer)),
            Self::Visit => Ok(Who::Visitor),
            Self::PrivateExpired | Self::PublicExpired => Err(Stranger::Expired),
            Self::Nothing | Self::Unknown => Err(Stranger::Unknown),
        }
    }
}

pub(crate) fn credentials(headers: &HeaderMap) -> Credentials {
    let Some(value) = headers.get(header::AUTHORIZATION) else {
        return Credentials::None;
    };
    let value = value
        .to_str()
        .ok()
        .filter(|it| it.len() <= MAX_HEADER_BYTES);
    value.and_then(read).unwrap_or(Credentials::Foreign)
}

fn read(value: &str) -> Option<Credentials> {
    let (scheme, rest) = value.split_once(' ')?;
    if scheme.eq_ignore_ascii_case("bearer") {
        return Some(Credentials::Token(rest.trim().to_owned()));
    }
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(rest.trim()).ok()?).ok()?;
    match pair.split_once(':')? {
        ("", "") => Some(Credentials::None),
        ("AWS", password) => Some(Credentials::Token(password.to_owned())),
        _ => None,
    }
}

/// The registry that `ns`, or the host of a request, names in one of AWS's own forms
/// (`<account>.dkr.ecr.<region>.amazonaws.com`).
pub(crate) fn registry(ns: Option<&str>, host: Option<&str>) -> Option<Registry> {
    ns.and_then(aws_host).or_else(|| host.and_then(aws_host))
}

pub(crate) fn aws_host(host: &str) -> Option<Registry> {
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    match ecr_host::registry(host) {
        Some((account, region)) => Some(Registry::new(account, region)),
        None => registry_name(host.strip_suffix(".localhost")?),
    }
}

/// The registry of `<account>.dkr.ecr.<region>`.
pub(crate) fn registry_name(name: &str) -> Option<Registry> {
    let (account, region) = name.split_once(".dkr.ecr.")?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let is_region = !region.is_empty()
        && region
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
    (is_account && is_region).then(|| Registry::new(account, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts() {
        let expected = Registry::new("123456789012", "eu-west-1");
        let check = |host| aws_host(host);
        assert_eq!(
            check("123456789012.dkr.ecr.eu-west-1.amazonaws.com"),
            Some(expected.clone())
        );
        assert_eq!(
            check("123456789012.dkr.ecr.eu-west-1.amazonaws.com:4566"),
            Some(expected)
        );
        let beijing = Registry::new("123456789012", "cn-north-1");
        for host in [
            "123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn",
            "123456789012.dkr.ecr.cn-north-1.localhost:4566",
            "123456789012.dkr-ecr.cn-north-1.on.aws:4566",
            "123456789012.dkr.ecr-fips.cn-north-1.amazonaws.com",
        ] {
            assert_eq!(check(host), Some(beijing.clone()), "{host}");
        }
        for other in [
            "localhost:4566",
            "1.dkr.ecr.eu-west-1.amazonaws.com",
            "123456789012.dkr.ecr.eu-west-1.example.com",
            "123456789012.dkr.ecr.EU.amazonaws.com",
        ] {
            assert_eq!(check(other), None, "{other}");
        }
    }

    #[test]
    fn what_a_header_says() {
        let said = |value: &str| {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            credentials(&headers)
        };
        for value in [
            "",
            "Basic",
            "Basic !",
            "Digest QVdTOng=",
            "Basic dXNlcjp4",
            "Basic QVdT",
            "Basic /w==",
        ] {
            assert_eq!(said(value), Credentials::Foreign, "{value}");
        }
        let token = |text: &str| Credentials::Token(text.to_owned());
        assert_eq!(said("basic QVdTOmE6Yg=="), token("a:b"));
        assert_eq!(said("Bearer a.b"), token("a.b"));
        assert_eq!(said("Basic Og=="), Credentials::None);
        assert_eq!(credentials(&HeaderMap::new()), Credentials::None);
    }
}
