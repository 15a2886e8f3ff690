//! Attributes by AWS's keys, as the settings they stand for.

use std::{collections::BTreeMap, str::FromStr};

use http::{
    HeaderMap, HeaderName, HeaderValue,
    header::{
        ACCESS_CONTROL_ALLOW_CREDENTIALS, ACCESS_CONTROL_ALLOW_HEADERS,
        ACCESS_CONTROL_ALLOW_METHODS, ACCESS_CONTROL_ALLOW_ORIGIN, ACCESS_CONTROL_EXPOSE_HEADERS,
        ACCESS_CONTROL_MAX_AGE, CONTENT_SECURITY_POLICY, SERVER, STRICT_TRANSPORT_SECURITY,
        X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
    },
};

use crate::desync::Mode;

pub type Attributes = BTreeMap<String, String>;

/// An attribute whose value is none of those it may have.
#[derive(Debug, thiserror::Error)]
#[error("attribute {key} cannot be '{value}'")]
pub struct WrongValue {
    key: String,
    value: String,
}

fn wrong(key: &str, value: &str) -> WrongValue {
    WrongValue {
        key: key.to_owned(),
        value: value.to_owned(),
    }
}

pub(super) fn value<T: FromStr>(
    attributes: &Attributes,
    key: &str,
    default: T,
) -> Result<T, WrongValue> {
    match attributes.get(key) {
        None => Ok(default),
        Some(text) => text.parse().map_err(|_| wrong(key, text)),
    }
}

fn chosen<T: Copy>(
    attributes: &Attributes,
    key: &str,
    choices: &[(&str, T)],
) -> Result<T, WrongValue> {
    match attributes.get(key) {
        None => Ok(choices[0].1),
        Some(text) => {
            let found = choices.iter().find(|(name, _)| name == text);
            found.map(|it| it.1).ok_or_else(|| wrong(key, text))
        }
    }
}

/// `routing.http.xff_header_processing.mode`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ForwardedFor {
    Append,
    Preserve,
    Remove,
}

/// Settings of a load balancer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BalancerSettings {
    pub idle_timeout_ms: u32,
    pub client_keep_alive_ms: u64,
    pub http2: bool,
    pub drop_invalid_headers: bool,
    /// Targets see the version of TLS and the cipher that were agreed on with the client.
    pub tells_tls: bool,
    /// Targets see the host as the client named it.
    pub preserve_host: bool,
    pub forwarded_for: ForwardedFor,
    /// X-Forwarded-For with the client's port.
    pub client_port: bool,
    /// What is done with requests that are not compliant.
    pub desync: Mode,
}

/// AWS's bounds and default, in seconds.
const IDLE_TIMEOUT: (u32, u32, u32) = (1, 4000, 60);
const CLIENT_KEEP_ALIVE: (u64, u64, u64) = (60, 604_800, 3600);

impl BalancerSettings {
    pub fn read(attributes: &Attributes) -> Result<Self, WrongValue> {
        let (least, most, default) = IDLE_TIMEOUT;
        let idle: u32 = value(attributes, "idle_timeout.timeout_seconds", default)?;
        let (short, long, usual) = CLIENT_KEEP_ALIVE;
        let keep: u64 = value(attributes, "client_keep_alive.seconds", usual)?;
        Ok(Self {
            idle_timeout_ms: idle.clamp(least, most) * 1000,
            client_keep_alive_ms: keep.clamp(short, long) * 1000,
            http2: value(attributes, "routing.http2.enabled", true)?,
            drop_invalid_headers: value(
                attributes,
                "routing.http.drop_invalid_header_fields.enabled",
                false,
            )?,
            tells_tls: value(
                attributes,
                "routing.http.x_amzn_tls_version_and_cipher_suite.enabled",
                false,
            )?,
            preserve_host: value(
                attributes,
                "routing.http.preserve_host_header.enabled",
                false,
            )?,
            forwarded_for: chosen(
                attributes,
                "routing.http.xff_header_processing.mode",
                &[
                    ("append", ForwardedFor::Append),
                    ("preserve", ForwardedFor::Preserve),
                    ("remove", ForwardedFor::Remove),
                ],
            )?,
            client_port: value(attributes, "routing.http.xff_client_port.enabled", false)?,
            desync: chosen(
                attributes,
                "routing.http.desync_mitigation_mode",
                &[
                    ("defensive", Mode::Defensive),
                    ("monitor", Mode::Monitor),
                    ("strictest", Mode::Strictest),
                ],
            )?,
        })
    }
}

/// What a listener makes of the headers of responses: its attributes `routing.http.response.…`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResponseHeaders {
    /// Each in place of what the target says.
    set: Vec<(HeaderName, HeaderValue)>,
    /// Whether clients learn what serves them.
    server: bool,
}

/// The part of an attribute's key that names a header.
const SET: [(&str, HeaderName); 10] = [
    (
        "access_control_allow_credentials",
        ACCESS_CONTROL_ALLOW_CREDENTIALS,
    ),
    ("access_control_allow_headers", ACCESS_CONTROL_ALLOW_HEADERS),
    ("access_control_allow_methods", ACCESS_CONTROL_ALLOW_METHODS),
    ("access_control_allow_origin", ACCESS_CONTROL_ALLOW_ORIGIN),
    (
        "access_control_expose_headers",
        ACCESS_CONTROL_EXPOSE_HEADERS,
    ),
    ("access_control_max_age", ACCESS_CONTROL_MAX_AGE),
    ("content_security_policy", CONTENT_SECURITY_POLICY),
    ("strict_transport_security", STRICT_TRANSPORT_SECURITY),
    ("x_content_type_options", X_CONTENT_TYPE_OPTIONS),
    ("x_frame_options", X_FRAME_OPTIONS),
];

impl ResponseHeaders {
    pub fn read(attributes: &Attributes) -> Result<Self, WrongValue> {
        let mut set = Vec::new();
        for (part, name) in SET {
            let key = format!("routing.http.response.{part}.header_value");
            let text = attributes.get(&key).map_or("", String::as_str);
            if !text.is_empty() {
                let value = HeaderValue::from_bytes(text.as_bytes());
                set.push((name, value.map_err(|_| wrong(&key, text))?));
            }
        }
        Ok(Self {
            set,
            server: value(attributes, "routing.http.response.server.enabled", true)?,
        })
    }

    pub fn apply(&self, headers: &mut HeaderMap) {
        for (name, value) in &self.set {
            headers.insert(name, value.clone());
        }
        if !self.server {
            headers.remove(SERVER);
        }
    }
}

/// `load_balancing.algorithm.type`
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    RoundRobin,
    LeastOutstanding,
    WeightedRandom,
}

/// How clients are kept with a target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stickiness {
    Off,
    /// AWSALB, for so many seconds.
    Balancer(u64),
    /// AWSALBAPP-0 beside the application's cookie of this name.
    Application(String, u64),
}

/// Settings of a target group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GroupSettings {
    pub algorithm: Algorithm,
    pub stickiness: Stickiness,
    pub slow_start_ms: u64,
    pub deregistration_delay_ms: i64,
}

impl GroupSettings {
    pub fn read(attributes: &Attributes) -> Result<Self, WrongValue> {
        let delay: u32 = value(attributes, "deregistration_delay.timeout_seconds", 300)?;
        let slow: u64 = value(attributes, "slow_start.duration_seconds", 0)?;
        Ok(Self {
            algorithm: chosen(
                attributes,
                "load_balancing.algorithm.type",
                &[
                    ("round_robin", Algorithm::RoundRobin),
                    ("least_outstanding_requests", Algorithm::LeastOutstanding),
                    ("weighted_random", Algorithm::WeightedRandom),
                ],
            )?,
            stickiness: stickiness(attributes)?,
            slow_start_ms: slow.min(900) * 1000,
            deregistration_delay_ms: i64::from(delay.min(3600)) * 1000,
        })
    }
}

fn stickiness(attributes: &Attributes) -> Result<Stickiness, WrongValue> {
    if !value(attributes, "stickiness.enabled", false)? {
        return Ok(Stickiness::Off);
    }
    let seconds = |key| value(attributes, key, 86_400_u64).map(|it| it.clamp(1, 604_800));
    let by_application = chosen(
        attributes,
        "stickiness.type",
        &[("lb_cookie", false), ("app_cookie", true)],
    )?;
    if !by_application {
        return Ok(Stickiness::Balancer(seconds(
            "stickiness.lb_cookie.duration_seconds",
        )?));
    }
    let name: String = value(
        attributes,
        "stickiness.app_cookie.cookie_name",
        String::new(),
    )?;
    if name.is_empty() {
        return Err(wrong("stickiness.app_cookie.cookie_name", ""));
    }
    let seconds = seconds("stickiness.app_cookie.duration_seconds")?;
    Ok(Stickiness::Application(name, seconds))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn attributes(pairs: &[(&str, &str)]) -> Attributes {
        let own = |(key, value): &(&str, &str)| ((*key).to_owned(), (*value).to_owned());
        pairs.iter().map(own).collect()
    }

    #[test]
    fn defaults_are_those_of_aws() {
        let balancer = BalancerSettings::read(&Attributes::new()).unwrap();
        assert_eq!(balancer.idle_timeout_ms, 60_000);
        assert!(balancer.http2 && !balancer.drop_invalid_headers);
        let group = GroupSettings::read(&Attributes::new()).unwrap();
        assert_eq!(group.deregistration_delay_ms, 300_000);
        assert_eq!(group.algorithm, Algorithm::RoundRobin);
        assert_eq!(group.stickiness, Stickiness::Off);
    }

    #[test]
    fn a_listener_sets_the_headers_of_responses() {
        let target = || {
            let mut headers = HeaderMap::new();
            headers.insert(SERVER, HeaderValue::from_static("nginx"));
            headers.append(X_FRAME_OPTIONS, HeaderValue::from_static("SAMEORIGIN"));
            headers.append(X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
            headers
        };
        let of = |pairs: &[(&str, &str)]| {
            let mut headers = target();
            let settings = ResponseHeaders::read(&attributes(pairs)).unwrap();
            settings.apply(&mut headers);
            headers
        };
        assert_eq!(of(&[]), target(), "nothing is said, nothing changes");
        let server = "routing.http.response.server.enabled";
        assert!(!of(&[(server, "false")]).contains_key(SERVER));
        let mut named = Vec::new();
        for (part, name) in SET {
            let key = format!("routing.http.response.{part}.header_value");
            let headers = of(&[(&key, "what is set")]);
            let values: Vec<_> = headers.get_all(&name).iter().collect();
            assert_eq!(values, ["what is set"], "{key}");
            named.push(name);
        }
        assert_eq!(named.len(), 10);
        let csp = "routing.http.response.content_security_policy.header_value";
        assert!(!of(&[(csp, "")]).contains_key(CONTENT_SECURITY_POLICY));
        ResponseHeaders::read(&attributes(&[(csp, "a\nb: c")])).unwrap_err();
        ResponseHeaders::read(&attributes(&[(server, "no")])).unwrap_err();
    }

    #[test]
    fn values_that_mean_nothing_are_refused() {
        BalancerSettings::read(&attributes(&[("idle_timeout.timeout_seconds", "x")])).unwrap_err();
        GroupSettings::read(&attributes(&[("load_balancing.algorithm.type", "x")])).unwrap_err();
        let nameless = [
            ("stickiness.enabled", "true"),
            ("stickiness.type", "app_cookie"),
        ];
        GroupSettings::read(&attributes(&nameless)).unwrap_err();
    }
}
