//! Who asks: `Basic AWS:<password>`, where the password is ECR's sealed token.

use base64::{Engine, engine::general_purpose::STANDARD};
use http::{HeaderMap, StatusCode, header, request::Parts};
use wharf_base::Timestamp;
use wharf_svc_ecr::{
    Registry,
    token::{self, Bearer, TokenError},
};

use crate::{
    answer::{Refusal, TurnedAway},
    path::{self, Route},
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
        (path::parse(parts.uri.path()) != Some(Route::Base)).then_some(TurnedAway::Unnamed)
    }
}

/// Whom the request's credentials speak for.
pub(crate) fn bearer(
    headers: &HeaderMap,
    keyring: &wharf_seal::Keyring,
    now: Timestamp,
) -> Result<Bearer, Stranger> {
    let password = password(headers).ok_or(Stranger::Unknown)?;
    token::open_password(keyring, &password, now).map_err(|error| match error {
        TokenError::Invalid => Stranger::Unknown,
        TokenError::Expired => Stranger::Expired,
    })
}

pub(crate) fn password(headers: &HeaderMap) -> Option<String> {
    let value = headers.get(header::AUTHORIZATION)?.to_str().ok()?;
    if value.len() > MAX_HEADER_BYTES {
        return None;
    }
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let pair = String::from_utf8(STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (user, password) = pair.split_once(':')?;
    (user == "AWS").then(|| password.to_owned())
}

/// The registry a request is for: the one that `ns` or its host names in AWS's own form
/// (`<account>.dkr.ecr.<region>.amazonaws.com`), else the one that the password was asked for.
pub(crate) fn registry(ns: Option<&str>, host: Option<&str>, bearer: &Bearer) -> Registry {
    ns.and_then(aws_host)
        .or_else(|| host.and_then(aws_host))
        .unwrap_or_else(|| Registry::new(bearer.registry(), &bearer.region))
}

pub(crate) fn aws_host(host: &str) -> Option<Registry> {
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    let domains = [".amazonaws.com", ".amazonaws.com.cn", ".localhost"];
    let name = domains.iter().find_map(|it| host.strip_suffix(it))?;
    registry_name(name)
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
    fn other_credentials_are_none() {
        for value in [
            "",
            "Basic",
            "Basic !",
            "Bearer QVdTOng=",
            "Basic dXNlcjp4",
            "Basic QVdT",
            "Basic /w==",
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::AUTHORIZATION, value.parse().unwrap());
            assert_eq!(password(&headers), None, "{value}");
        }
        let mut headers = HeaderMap::new();
        headers.insert(header::AUTHORIZATION, "basic QVdTOmE6Yg==".parse().unwrap());
        assert_eq!(password(&headers).as_deref(), Some("a:b"));
    }
}
