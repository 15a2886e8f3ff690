//! Cookies that bind a client to a target (AWSALB, AWSALBAPP-0) or to a group (AWSALBTG).
//!
//! A cookie's value is sealed: it says nothing to the client and cannot be made up by one to reach
//! a target of its choice. The key follows from the ARN, so that cookies outlive this process and
//! hold on every host; who knows the ARN could make one up, which gains nothing but a choice
//! among targets that are in rotation anyway.

use std::sync::Arc;

use http::HeaderValue;
use ring::{
    aead::{CHACHA20_POLY1305, LessSafeKey, UnboundKey},
    digest::{SHA256, digest},
};

use crate::{clock, cookies, sealing};

/// Longest value looked at; ours have about 120 characters.
const MOST: usize = 1024;

/// Seals and opens cookies of one group or listener.
#[derive(Clone)]
pub struct CookieKey(Arc<LessSafeKey>);

impl std::fmt::Debug for CookieKey {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("CookieKey")
    }
}

impl CookieKey {
    pub fn derive(purpose: &str, arn: &str) -> Self {
        let secret = digest(
            &SHA256,
            format!("wharf-lb cookie {purpose} {arn}").as_bytes(),
        );
        let key = UnboundKey::new(&CHACHA20_POLY1305, secret.as_ref());
        Self(Arc::new(LessSafeKey::new(
            key.expect("a SHA-256 digest has the length of a key"),
        )))
    }

    /// A cookie's value that names `what` for so many seconds.
    pub fn seal(&self, what: &str, seconds: u64) -> String {
        let expires = clock::unix_seconds().saturating_add(seconds);
        let mut text = expires.to_be_bytes().to_vec();
        text.extend_from_slice(what.as_bytes());
        let sealed = sealing::seal(&self.0, b"", text);
        sealed.expect("a few bytes are within the cipher's limit")
    }

    /// What an own cookie names that has not expired.
    pub fn open(&self, value: &str) -> Option<String> {
        if value.len() > MOST {
            return None;
        }
        let mut bytes = sealing::decode(value)?;
        let text = sealing::open(&self.0, b"", &mut bytes)?;
        let (expires, what) = text.split_first_chunk::<8>()?;
        if u64::from_be_bytes(*expires) < clock::unix_seconds() {
            return None;
        }
        String::from_utf8(what.to_vec()).ok()
    }
}

/// `Set-Cookie` for a name, as AWS writes it, and its twin for requests from other sites.
pub fn set_cookies(
    name: &str,
    twin: Option<&str>,
    value: &str,
    seconds: u64,
    secure: bool,
) -> Vec<HeaderValue> {
    let mut lines = vec![cookies::line(name, value, seconds, "")];
    if let Some(twin) = twin {
        let further = match secure {
            true => "; SameSite=None; Secure",
            false => "; SameSite=None",
        };
        lines.push(cookies::line(twin, value, seconds, further));
    }
    lines.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_cookie_opens_only_with_its_key_and_in_time() {
        let key = CookieKey::derive("group", "arn:a");
        let value = key.seal("10.0.0.1:80", 60);
        assert_eq!(key.open(&value).as_deref(), Some("10.0.0.1:80"));
        assert_eq!(
            CookieKey::derive("group", "arn:a").open(&value).as_deref(),
            Some("10.0.0.1:80"),
            "after a restart"
        );
        assert_eq!(CookieKey::derive("group", "arn:b").open(&value), None);
        let mut bent = value.clone();
        bent.replace_range(20..21, if &value[20..21] == "A" { "B" } else { "A" });
        assert_eq!(key.open(&bent), None);
    }

    proptest! {
        #[test]
        fn no_value_confuses(value in "[ -~]{0,60}") {
            let key = CookieKey::derive("group", "arn:a");
            prop_assert_eq!(key.open(&value), None);
        }
    }
}
