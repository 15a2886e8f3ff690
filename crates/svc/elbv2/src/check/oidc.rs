//! What an action `authenticate-oidc` may say.

use wharf_api_elbv2::{AuthenticateOidcActionConfig as Given, faults};
use wharf_planeproto::oidc::OWN_PARAMETERS;
use wharf_wire::Fault;

use crate::{
    fault,
    records::{OidcSettings, Unauthenticated},
};

/// A week, as on AWS.
const MOST_SECONDS: u64 = 604_800;
const MOST_EXTRA: usize = 10;
const MOST_URL: usize = 2048;
const MOST_TEXT: usize = 1024;
const MOST_NAME: usize = 128;
/// Cookies of load balancers begin so.
const OWN_COOKIES: &str = "AWSALB";
const COOKIE: &str = "AWSELBAuthSessionCookie";

/// The settings, and the secret if one is given; without any the one that is there stays.
pub fn settings(given: Given) -> Result<(OidcSettings, Option<String>), Fault> {
    let secret = match (given.client_secret, given.use_existing_client_secret) {
        (Some(_), Some(true)) => {
            return Err(refused(
                "You cannot both specify a client secret and set UseExistingClientSecret to true",
            ));
        }
        (Some(secret), _) => Some(text("ClientSecret", secret)?),
        (None, Some(true)) => None,
        (None, _) => return Err(no_secret()),
    };
    let seconds = given.session_timeout.map_or(Some(MOST_SECONDS), |it| {
        let seconds = u64::try_from(it).ok();
        seconds.filter(|it| (1..=MOST_SECONDS).contains(it))
    });
    let Some(session_seconds) = seconds else {
        return Err(fault::invalid(
            "The session timeout must be between 1 and 604800 seconds",
        ));
    };
    let extra = given
        .authentication_request_extra_params
        .unwrap_or_default();
    if extra.len() > MOST_EXTRA {
        return Err(fault::invalid(
            "You can specify at most '10' authentication request extra params",
        ));
    }
    for (name, value) in &extra {
        let fits = !name.is_empty() && name.len() <= MOST_NAME && is_shown(name);
        if !fits || value.len() > MOST_TEXT || !is_shown(value) {
            return Err(fault::invalid(format!(
                "The authentication request extra param '{name}' is not valid"
            )));
        }
        if OWN_PARAMETERS.contains(&name.as_str()) {
            return Err(fault::invalid(format!(
                "The authentication request extra param '{name}' is set by the load balancer"
            )));
        }
    }
    let url = |name: &str, given: Option<String>| url(name, given.unwrap_or_default());
    let settings = OidcSettings {
        issuer: url("Issuer", given.issuer)?,
        authorization_endpoint: url("AuthorizationEndpoint", given.authorization_endpoint)?,
        token_endpoint: url("TokenEndpoint", given.token_endpoint)?,
        user_info_endpoint: url("UserInfoEndpoint", given.user_info_endpoint)?,
        client_id: text("ClientId", given.client_id.unwrap_or_default())?,
        cookie: cookie(given.session_cookie_name)?,
        scope: text("Scope", given.scope.unwrap_or_else(|| "openid".to_owned()))?,
        session_seconds,
        extra,
        unauthenticated: match given.on_unauthenticated_request.as_deref() {
            Some("deny") => Unauthenticated::Deny,
            Some("allow") => Unauthenticated::Allow,
            _ => Unauthenticated::Authenticate,
        },
    };
    Ok((settings, secret))
}

/// Nobody said the client's secret, and none is there.
pub fn no_secret() -> Fault {
    refused("You must either specify a client secret or set UseExistingClientSecret to true")
}

fn refused(text: &str) -> Fault {
    faults::invalid_load_balancer_action_exception(text)
}

fn is_shown(text: &str) -> bool {
    text.bytes().all(|it| it.is_ascii_graphic() || it == b' ')
}

fn text(name: &str, given: String) -> Result<String, Fault> {
    match !given.is_empty() && given.len() <= MOST_TEXT && is_shown(&given) {
        true => Ok(given),
        false => Err(fault::invalid(format!(
            "{name} must have 1 to {MOST_TEXT} printable characters"
        ))),
    }
}

/// A full address: `https`, a host, perhaps a port and a path; nobody's name and password, no fragment.
fn url(name: &str, given: String) -> Result<String, Fault> {
    let is_url = || {
        let rest = given.strip_prefix("https://")?;
        let plain = |it: u8| it.is_ascii_graphic() && !b"\"#<>\\^`{|}".contains(&it);
        if given.len() > MOST_URL || !given.bytes().all(plain) {
            return None;
        }
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        is_authority(&rest[..end]).then_some(())
    };
    match is_url() {
        Some(()) => Ok(given),
        None => Err(fault::invalid(format!(
            "{name} '{given}' must be a full URL, including the HTTPS protocol, the domain, and the path"
        ))),
    }
}

fn is_authority(text: &str) -> bool {
    let (host, port) = match text.rsplit_once(':') {
        // Within an IPv6 address there are colons before the bracket.
        Some((host, port)) if !port.contains(']') => (host, Some(port)),
        _ => (text, None),
    };
    let named = |it: u8| it.is_ascii_alphanumeric() || b"-._".contains(&it);
    let is_address = host
        .strip_prefix('[')
        .and_then(|it| it.strip_suffix(']'))
        .is_some_and(|it| it.parse::<std::net::Ipv6Addr>().is_ok());
    let is_port = |it: &str| {
        let digits = it.bytes().all(|it| it.is_ascii_digit());
        digits && it.parse::<u16>().is_ok_and(|it| it != 0)
    };
    (is_address || (!host.is_empty() && host.bytes().all(named))) && port.is_none_or(is_port)
}

fn cookie(given: Option<String>) -> Result<String, Fault> {
    let Some(name) = given else {
        return Ok(COOKIE.to_owned());
    };
    let of_token = |it: u8| it.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&it);
    let fits = !name.is_empty() && name.len() <= MOST_NAME && name.bytes().all(of_token);
    match fits && !name.starts_with(OWN_COOKIES) {
        true => Ok(name),
        false => Err(fault::invalid(format!(
            "The session cookie name '{name}' is not valid"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub fn given() -> Given {
        let text = |it: &str| Some(it.to_owned());
        Given {
            issuer: text("https://idp.test"),
            authorization_endpoint: text("https://idp.test/authorize"),
            token_endpoint: text("https://idp.test:8443/token"),
            user_info_endpoint: text("https://idp.test/userinfo"),
            client_id: text("web"),
            client_secret: text("sesame"),
            ..Given::default()
        }
    }

    #[test]
    fn defaults_are_those_of_aws() {
        let (found, secret) = settings(given()).unwrap();
        assert_eq!(found.cookie, "AWSELBAuthSessionCookie");
        assert_eq!(
            (found.scope.as_str(), found.session_seconds),
            ("openid", 604_800)
        );
        assert_eq!(found.unauthenticated, Unauthenticated::Authenticate);
        assert_eq!(secret.as_deref(), Some("sesame"));
    }

    #[test]
    fn one_secret_or_the_one_that_is_there() {
        let with = |secret: Option<&str>, existing| {
            settings(Given {
                client_secret: secret.map(str::to_owned),
                use_existing_client_secret: existing,
                ..given()
            })
        };
        assert_eq!(with(None, Some(true)).unwrap().1, None);
        assert_eq!(
            with(Some("x"), Some(false)).unwrap().1.as_deref(),
            Some("x")
        );
        let both = with(Some("x"), Some(true)).unwrap_err();
        assert_eq!(
            (both.code.as_ref(), both.message.as_str()),
            (
                "InvalidLoadBalancerAction",
                "You cannot both specify a client secret and set UseExistingClientSecret to true"
            )
        );
        for existing in [None, Some(false)] {
            let neither = with(None, existing).unwrap_err();
            assert_eq!(
                neither.message,
                "You must either specify a client secret or set UseExistingClientSecret to true"
            );
        }
        assert!(with(Some(""), None).is_err());
        assert!(with(Some("a\r\nb"), None).is_err());
        assert!(with(Some(&"x".repeat(1025)), None).is_err());
    }

    #[test]
    fn addresses_of_providers() {
        for (text, fits) in [
            ("https://idp.test", true),
            ("https://idp.test/a?b=c", true),
            ("https://[::1]:8443/a", true),
            ("http://idp.test/a", false),
            ("HTTPS://idp.test/a", false),
            ("idp.test/a", false),
            ("https://", false),
            ("https:///a", false),
            ("https://user:word@idp.test/a", false),
            ("https://idp.test:0/a", false),
            ("https://idp.test:65536/a", false),
            ("https://idp.test:/a", false),
            ("https://idp.test:+1/a", false),
            ("https://idp.test/a#b", false),
            ("https://idp.test\\@other/a", false),
            ("https://idp.test/a b", false),
            ("https://idp.test/a\r\nX: y", false),
            ("https://[::1", false),
            ("https://id\u{e9}.test/", false),
        ] {
            let endpoint = Some(text.to_owned());
            let found = settings(Given {
                token_endpoint: endpoint,
                ..given()
            });
            assert_eq!(found.is_ok(), fits, "{text:?}");
        }
        let long = format!("https://idp.test/{}", "a".repeat(2048));
        assert!(url("Issuer", long).is_err());
    }

    #[test]
    fn cookies_timeouts_and_parameters() {
        for (name, fits) in [
            ("session", true),
            ("AWSELBAuthSessionCookie2", true),
            // Browsers take it from this very host alone.
            ("__Host-session", true),
            ("", false),
            ("a b", false),
            ("a=b", false),
            ("a;b", false),
            ("AWSALB", false),
            ("AWSALBAuthNonce", false),
        ] {
            assert_eq!(cookie(Some(name.to_owned())).is_ok(), fits, "{name:?}");
        }
        for (seconds, fits) in [
            (1, true),
            (604_800, true),
            (0, false),
            (604_801, false),
            (-1, false),
        ] {
            let found = settings(Given {
                session_timeout: Some(seconds),
                ..given()
            });
            assert_eq!(found.is_ok(), fits, "{seconds}");
        }
        let extra = |pairs: Vec<(String, &str)>| {
            let pairs = pairs
                .into_iter()
                .map(|(key, value)| (key, value.to_owned()));
            settings(Given {
                authentication_request_extra_params: Some(pairs.collect()),
                ..given()
            })
            .is_ok()
        };
        let many = |count: usize| (0..count).map(|it| (format!("p{it}"), "v")).collect();
        assert!(extra(many(10)) && !extra(many(11)));
        assert!(extra(vec![("prompt".to_owned(), "login")]));
        assert!(!extra(vec![("state".to_owned(), "mine")]));
        assert!(!extra(vec![(
            "redirect_uri".to_owned(),
            "https://evil.test"
        )]));
        assert!(!extra(vec![("a".to_owned(), "b\r\nc")]));
    }
}
