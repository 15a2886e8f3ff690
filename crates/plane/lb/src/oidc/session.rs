//! Sessions: what is known of a user, sealed into cookies. One cookie holds at most 4 KiB, so a session may have several.

use http::{HeaderMap, HeaderValue};

use super::{LoginRule, Refused, keys::Purpose};
use crate::{cookies, proxy::head::HEADER_LINE};

/// Of one cookie's value. With a name of at most 130 bytes it stays below the 4096 that browsers take.
const SHARD: usize = 3900;
/// Left for all other cookies in a request's line: one that is longer is refused, whatever it asks for.
const OTHER_COOKIES: usize = 1024;
/// For this host alone, over TLS alone and out of reach of scripts.
pub const ATTRIBUTES: &str = "; Secure; HttpOnly; SameSite=Lax";
/// Cookies of a session, as on AWS.
const MOST_SHARDS: usize = 4;
/// What user info endpoint and access token may have together, as on AWS.
const MOST_CLAIMS: usize = 11 * 1024;

/// A user who was authenticated.
#[derive(Clone, PartialEq, Eq)]
pub struct Session {
    /// Seconds since 1970, as all times here.
    pub began: u64,
    /// When the access token expires, if that was said.
    pub expires: Option<u64>,
    pub access_token: String,
    pub refresh_token: Option<String>,
    /// Who it is, as the provider knows them.
    pub subject: String,
    /// What the user info endpoint said: an object of JSON.
    pub claims: String,
}

impl std::fmt::Debug for Session {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Session")
            .field("began", &self.began)
            .field("expires", &self.expires)
            .finish_non_exhaustive()
    }
}

impl Session {
    /// Whether it may hold no longer.
    pub fn is_over(&self, session_seconds: u64, now: u64) -> bool {
        now.saturating_sub(self.began) >= session_seconds
    }

    /// Whether the provider has to be asked before it counts on.
    pub fn is_stale(&self, now: u64) -> bool {
        self.refresh_token.is_some() && self.expires.is_some_and(|it| it <= now)
    }

    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = self.began.to_be_bytes().to_vec();
        bytes.extend_from_slice(&self.expires.unwrap_or(u64::MAX).to_be_bytes());
        let refresh = self.refresh_token.as_deref().unwrap_or_default();
        for text in [&self.access_token, refresh, &self.subject, &self.claims] {
            // All of them are bounded far below.
            bytes.extend_from_slice(&(text.len() as u32).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }

    pub fn decode(bytes: &[u8]) -> Option<Self> {
        let (began, rest) = bytes.split_first_chunk::<8>()?;
        let (expires, mut rest) = rest.split_first_chunk::<8>()?;
        let mut next = || {
            let (length, after) = rest.split_first_chunk::<4>()?;
            let length = usize::try_from(u32::from_be_bytes(*length)).ok()?;
            let (text, after) = after.split_at_checked(length)?;
            rest = after;
            String::from_utf8(text.to_vec()).ok()
        };
        let (access_token, refresh, subject, claims) = (next()?, next()?, next()?, next()?);
        let expires = u64::from_be_bytes(*expires);
        rest.is_empty().then(|| Self {
            began: u64::from_be_bytes(*began),
            expires: (expires != u64::MAX).then_some(expires),
            access_token,
            refresh_token: (!refresh.is_empty()).then_some(refresh),
            subject,
            claims,
        })
    }
}

impl LoginRule {
    /// The session that a browser has by its cookies: one that is good for this rule and not over. The sealed text names it.
    pub fn session(&self, headers: &HeaderMap, now: u64) -> Option<(Session, String)> {
        let sealed = gathered(headers, &self.settings.cookie)?;
        let opened = self
            .keys
            .open(Purpose::Session, &self.session_scope, &sealed)?;
        let session = Session::decode(&opened)?;
        let is_over = session.is_over(self.settings.session_seconds, now);
        (!is_over).then_some((session, sealed))
    }

    /// `Set-Cookie` lines that give a browser the session, and take what is left of a longer one.
    pub fn keep(
        &self,
        session: &Session,
        headers: &HeaderMap,
        now: u64,
    ) -> Result<Vec<HeaderValue>, Refused> {
        if session.claims.len() + session.access_token.len() > MOST_CLAIMS {
            return Err(Refused::TooMuch);
        }
        let sealed = self
            .keys
            .seal(Purpose::Session, &self.session_scope, &session.encode())
            .ok_or_else(|| Refused::Failed("the session cannot be sealed".to_owned()))?;
        let shards: Vec<&str> = sealed
            .as_bytes()
            .chunks(SHARD)
            .filter_map(|it| std::str::from_utf8(it).ok())
            .collect();
        // As browsers send them: `name-0=value; `
        let line = shards.len() * (self.settings.cookie.len() + 5) + sealed.len();
        if shards.len() > MOST_SHARDS || line > HEADER_LINE - OTHER_COOKIES {
            return Err(Refused::TooMuch);
        }
        let until = session.began.saturating_add(self.settings.session_seconds);
        let seconds = until.saturating_sub(now);
        let mut lines = Vec::new();
        for number in 0..MOST_SHARDS {
            let name = format!("{}-{number}", self.settings.cookie);
            match shards.get(number) {
                Some(shard) => lines.push(cookies::line(&name, shard, seconds, ATTRIBUTES)),
                None if cookies::has(headers, &name) => {
                    lines.push(cookies::line(&name, "", 0, ATTRIBUTES));
                }
                None => {}
            }
        }
        let lines: Option<_> = lines.into_iter().collect();
        lines.ok_or_else(|| Refused::Failed("the session's cookie cannot be written".to_owned()))
    }
}

/// The value that the cookies `name-0`, `name-1` … hold together.
fn gathered(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut shards: [Option<&str>; MOST_SHARDS] = [None; MOST_SHARDS];
    for (key, value) in cookies::all(headers) {
        let number = key.strip_prefix(name).and_then(|it| it.strip_prefix('-'));
        let number = number.filter(|it| it.len() == 1);
        let Some(number) = number.and_then(|it| it.parse::<usize>().ok()) else {
            continue;
        };
        let place = shards.get_mut(number)?;
        if value.len() > SHARD || place.replace(value).is_some() {
            return None;
        }
    }
    let count = shards.iter().take_while(|it| it.is_some()).count();
    let is_whole = count > 0 && shards[count..].iter().all(Option::is_none);
    is_whole.then(|| shards.into_iter().flatten().collect())
}
