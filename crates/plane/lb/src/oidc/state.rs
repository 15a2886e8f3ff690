//! What a browser brings back from the provider: a state that was made here for this browser, and a code.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderValue};
use ring::digest::{SHA256, digest};
use subtle::ConstantTimeEq;

use super::{
    Refused,
    keys::{Purpose, SessionKeys, random},
    session::ATTRIBUTES,
};
use crate::cookies;

/// Ties a state to the browser that it was made for. Browsers take a name that begins so from this very host alone: no other host of the
/// same domain, which may be another tenant's load balancer, gives a browser a nonce of its own choice.
pub const COOKIE: &str = "__Host-AWSALBAuthNonce";
/// A user has so long to log in, as on AWS.
const LOGIN_SECONDS: u64 = 15 * 60;
/// Of the address that a user wanted to go to: it is part of the request to the provider, and providers bound those.
const MOST_TARGET: usize = 4096;
/// Of a sealed state: all that is in it in base 64.
const MOST_STATE: usize = 8192;
/// Codes are some dozen characters long; a signed one may have a few hundred.
const MOST_CODE: usize = 4096;

const NONCE: usize = 16;
/// A nonce is one of the logins that begin within [`LOGIN_SECONDS`], and the last of these has as long.
const NONCE_SECONDS: u64 = 2 * LOGIN_SECONDS;

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

/// What a browser goes to the provider with.
pub struct Begun {
    pub state: String,
    /// For the provider, which says it again in the token.
    pub nonce: String,
    /// Where the browser has no nonce yet.
    pub cookie: Option<HeaderValue>,
}

/// Why a login does not begin.
#[derive(Debug, PartialEq, Eq)]
pub enum NoLogin {
    TooLong,
    NoRandomness,
}

/// Begins a login. A browser that has a new nonce keeps it, so that several windows can log in at once.
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
    let (nonce, cookie) = match nonce_of(keys, headers, now, LOGIN_SECONDS) {
        Some(nonce) => (nonce, None),
        None => {
            let nonce = random().ok_or(NoLogin::NoRandomness)?;
            let kept = [&now.to_be_bytes()[..], &nonce].concat();
            let value = keys.seal(Purpose::Nonce, b"", &kept);
            let value = value.ok_or(NoLogin::NoRandomness)?;
            let line = cookies::line(COOKIE, &value, NONCE_SECONDS, ATTRIBUTES);
            (nonce, Some(line.ok_or(NoLogin::TooLong)?))
        }
    };
    let state = State {
        id,
        nonce,
        began: now,
        authority: authority.to_owned(),
        target: target.to_owned(),
    };
    Ok(Begun {
        state: keys
            .seal(Purpose::State, b"", &state.encode())
            .ok_or(NoLogin::NoRandomness)?,
        nonce: told_nonce(&nonce),
        cookie,
    })
}

/// Takes the nonce from a browser whose user has logged in: the states that it was made for are good for nothing more.
pub fn spent() -> Option<HeaderValue> {
    cookies::line(COOKIE, "", 0, ATTRIBUTES)
}

/// The nonce as the provider is told it: what it hears does not make the cookie.
pub fn told_nonce(nonce: &[u8]) -> String {
    let all = [b"wharf-lb oidc nonce ", nonce].concat();
    URL_SAFE_NO_PAD.encode(digest(&SHA256, &all))
}

/// The browser's nonce, at most so many seconds after it was made.
fn nonce_of(
    keys: &SessionKeys,
    headers: &HeaderMap,
    now: u64,
    seconds: u64,
) -> Option<[u8; NONCE]> {
    let value = cookies::only(headers, COOKIE)?;
    if value.len() > 256 {
        return None;
    }
    let kept = keys.open(Purpose::Nonce, b"", value)?;
    let (made, nonce) = kept.split_first_chunk::<8>()?;
    let is_in_time = now.saturating_sub(u64::from_be_bytes(*made)) <= seconds;
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
    /// Who gave it, if they said so (RFC 9207).
    pub issuer: Option<String>,
}

/// What a request at the callback's path brings. The state is believed if it was made here, for this browser, at this host, lately.
pub fn returned(
    keys: &SessionKeys,
    query: &str,
    headers: &HeaderMap,
    authority: &str,
    now: u64,
) -> Result<Returned, Refused> {
    let given = Given::read(query)?;
    let state = given.state(keys, authority, now)?;
    let refused = |why| Err(Refused::Unauthorized(why));
    let Some(nonce) = nonce_of(keys, headers, now, NONCE_SECONDS) else {
        return refused("the browser has no nonce");
    };
    if !bool::from(nonce.ct_eq(&state.nonce)) {
        return refused("the state is another browser's");
    }
    match (given.error, given.code) {
        (Some(error), _) if error == "access_denied" => refused("the provider denied access"),
        (Some(error), _) => Err(Refused::Provider(for_log(&error))),
        (None, Some(code)) if !code.is_empty() && code.len() <= MOST_CODE => Ok(Returned {
            state,
            code,
            issuer: given.iss,
        }),
        (None, _) => refused("there is no code"),
    }
}

/// The state that a request at the callback's path brings, made here for this host lately, whoever's browser it is. It leads somewhere, as
/// a link would, and lets nobody in.
pub fn leading(keys: &SessionKeys, query: &str, authority: &str, now: u64) -> Option<State> {
    Given::read(query).ok()?.state(keys, authority, now).ok()
}

#[derive(Default)]
struct Given {
    state: Option<String>,
    code: Option<String>,
    error: Option<String>,
    iss: Option<String>,
}

impl Given {
    fn read(query: &str) -> Result<Self, Refused> {
        let mut given = Self::default();
        for (key, value) in form_urlencoded::parse(query.as_bytes()) {
            let place = match &*key {
                "state" => &mut given.state,
                "code" => &mut given.code,
                "error" => &mut given.error,
                "iss" => &mut given.iss,
                _ => continue,
            };
            if place.replace(value.into_owned()).is_some() {
                return Err(Refused::Unauthorized("a parameter is there twice"));
            }
        }
        Ok(given)
    }

    fn state(&self, keys: &SessionKeys, authority: &str, now: u64) -> Result<State, Refused> {
        let refused = |why| Err(Refused::Unauthorized(why));
        let Some(state) = self.state.as_ref().filter(|it| it.len() <= MOST_STATE) else {
            return refused("there is no state");
        };
        let opened = keys.open(Purpose::State, b"", state);
        let Some(state) = opened.and_then(|it| State::decode(&it)) else {
            return refused("the state is not one of this listener");
        };
        if now.saturating_sub(state.began) > LOGIN_SECONDS {
            return refused("the login took too long");
        }
        match state.authority == authority {
            true => Ok(state),
            false => refused("the state is one of another host"),
        }
    }
}

/// A name of an error as it may stand in a log.
pub fn for_log(error: &str) -> String {
    let shown = error.chars().take(64);
    let plain = |it: char| match it.is_ascii_alphanumeric() || matches!(it, '_' | '-' | '.') {
        true => it,
        false => '?',
    };
    shown.map(plain).collect()
}
