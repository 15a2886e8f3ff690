//! What a browser brings back from the provider: a state that was made here for this browser, and a code.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::{
    Refused,
    keys::{Purpose, SessionKeys, random},
    session,
};

/// Ties a state to the browser that it was made for.
const COOKIE: &str = "AWSALBAuthNonce";
/// A user has so long to log in, as on AWS.
const LOGIN_SECONDS: u64 = 15 * 60;
/// Of the address that a user wanted to go to: it is part of the request to the provider, and providers bound those.
const MOST_TARGET: usize = 4096;
/// Of a sealed state: all that is in it in base 64.
const MOST_STATE: usize = 8192;
/// Codes are some dozen characters long; a signed one may have a few hundred.
const MOST_CODE: usize = 4096;

const NONCE: usize = 16;

/// A login on its way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct State {
    /// Of the configuration under which it began.
    pub id: [u8; 16],
    pub nonce: [u8; NONCE],
    /// Seconds since 1970.
    pub began: u64,
    /// Host, and port if the browser named one.
    pub authority: String,
    /// Path and query.
    pub target: String,
}

/// A browser's nonce, and how it is kept there.
pub struct Begun {
    pub state: String,
    /// For the provider, which says it again in the token.
    pub nonce: String,
    pub cookie: HeaderValue,
}

/// Why a login does not begin.
#[derive(Debug, PartialEq, Eq)]
pub enum NoLogin {
    TooLong,
    NoRandomness,
}

/// Begins a login. A browser that has a nonce keeps it, so that several windows can log in at once.
pub fn begin(
    keys: &SessionKeys,
    headers: &HeaderMap,
    id: [u8; 16],
    (authority, target): (&str, &str),
    now: u64,
) -> Result<Begun, NoLogin> {
    if target.len() > MOST_TARGET || authority.len() > 256 {
        return Err(NoLogin::TooLong);
    }
    let nonce = match nonce_of(keys, headers, now) {
        Some(nonce) => nonce,
        None => random().ok_or(NoLogin::NoRandomness)?,
    };
    let state = State {
        id,
        nonce,
        began: now,
        authority: authority.to_owned(),
        target: target.to_owned(),
    };
    let mut kept = now.to_be_bytes().to_vec();
    kept.extend_from_slice(&nonce);
    let value = keys.seal(Purpose::Nonce, b"", &kept);
    let value = value.ok_or(NoLogin::NoRandomness)?;
    let line = session::set_cookie(COOKIE, &value, LOGIN_SECONDS);
    Ok(Begun {
        state: keys
            .seal(Purpose::State, b"", &state.encode())
            .ok_or(NoLogin::NoRandomness)?,
        nonce: told_nonce(&nonce),
        cookie: HeaderValue::from_str(&line).map_err(|_| NoLogin::TooLong)?,
    })
}

/// The nonce as the provider is told it: what it hears does not make the cookie.
pub fn told_nonce(nonce: &[u8]) -> String {
    let all = [b"wharf-lb oidc nonce ", nonce].concat();
    URL_SAFE_NO_PAD.encode(digest(&SHA256, &all))
}

fn nonce_of(keys: &SessionKeys, headers: &HeaderMap, now: u64) -> Option<[u8; NONCE]> {
    let value = session::only_cookie(headers, COOKIE)?;
    if value.len() > 256 {
        return None;
    }
    let kept = keys.open(Purpose::Nonce, b"", value)?;
    let (began, nonce) = kept.split_first_chunk::<8>()?;
    let is_in_time = now.saturating_sub(u64::from_be_bytes(*began)) <= LOGIN_SECONDS;
    nonce.try_into().ok().filter(|_| is_in_time)
}

impl State {
    fn encode(&self) -> Vec<u8> {
        let mut bytes = self.id.to_vec();
        bytes.extend_from_slice(&self.nonce);
        bytes.extend_from_slice(&self.began.to_be_bytes());
        bytes.extend_from_slice(self.authority.as_bytes());
        bytes.push(b'\n');
        bytes.extend_from_slice(self.target.as_bytes());
        bytes
    }

    /// What is in an opened state.
    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (id, rest) = bytes.split_first_chunk::<16>()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE>()?;
        let (began, rest) = rest.split_first_chunk::<8>()?;
        let (authority, target) = std::str::from_utf8(rest).ok()?.split_once('\n')?;
        Some(Self {
            id: *id,
            nonce: *nonce,
            began: u64::from_be_bytes(*began),
            authority: authority.to_owned(),
            target: target.to_owned(),
        })
    }

    /// Where the user wanted to go: on the host that the login began at.
    pub fn back(&self) -> String {
        format!("https://{}{}", self.authority, self.target)
    }
}

/// A user came back with a code.
#[derive(Debug, PartialEq, Eq)]
pub struct Returned {
    pub state: State,
    pub code: String,
}

/// What a request at the callback's path brings. The state is believed if it was made here, for this browser, at this host, lately.
pub fn returned(
    keys: &SessionKeys,
    query: &str,
    headers: &HeaderMap,
    authority: &str,
    now: u64,
) -> Result<Returned, Refused> {
    let mut given = Given::default();
    for (key, value) in form_urlencoded::parse(query.as_bytes()) {
        let place = match &*key {
            "state" => &mut given.state,
            "code" => &mut given.code,
            "error" => &mut given.error,
            _ => continue,
        };
        if place.replace(value.into_owned()).is_some() {
            return Err(Refused::Unauthorized("a parameter is there twice"));
        }
    }
    let refused = |why| Err(Refused::Unauthorized(why));
    let Some(state) = given.state.filter(|it| it.len() <= MOST_STATE) else {
        return refused("there is no state");
    };
    let opened = keys.open(Purpose::State, b"", &state);
    let Some(state) = opened.and_then(|it| State::decode(&it)) else {
        return refused("the state is not one of this listener");
    };
    let Some(nonce) = nonce_of(keys, headers, now) else {
        return refused("the browser has no nonce");
    };
    if !bool::from(nonce.ct_eq(&state.nonce)) {
        return refused("the state is another browser's");
    }
    if now.saturating_sub(state.began) > LOGIN_SECONDS {
        return refused("the login took too long");
    }
    if state.authority != authority {
        return refused("the state is one of another host");
    }
    match (given.error, given.code) {
        (Some(error), _) if error == "access_denied" => refused("the provider denied access"),
        (Some(error), _) => Err(Refused::Provider(told(&error))),
        (None, Some(code)) if !code.is_empty() && code.len() <= MOST_CODE => {
            Ok(Returned { state, code })
        }
        (None, _) => refused("there is no code"),
    }
}

#[derive(Default)]
struct Given {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
}

/// A name of an error as it may stand in a log.
pub fn told(error: &str) -> String {
    let shown = error.chars().take(64);
    let plain = |it: char| match it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.') {
        true => it,
        false => '?',
    };
    shown.map(plain).collect()
}
