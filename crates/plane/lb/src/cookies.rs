//! Cookies, as they are read and written here.

use std::{
    str,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use http::{
    HeaderMap, HeaderValue,
    header::{COOKIE, SET_COOKIE},
};

/// Names and values of the cookies that the client sent. Browsers send what others put into theirs as it is: a pair that is no text is left
/// out, and keeps no other from being read.
pub fn all(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(COOKIE).into_iter();
    lines
        .flat_map(|line| line.as_bytes().split(|it| *it == b';'))
        .filter_map(|pair| str::from_utf8(pair).ok()?.trim().split_once('='))
}

/// The value of a cookie that the client sent, the first of its name.
pub fn first<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    all(headers)
        .find(|(key, _)| *key == name)
        .map(|(_, value)| value.trim_matches('"'))
}

/// The value of a cookie that is there once. Two of a name are of different hosts or paths, and which one is whose nobody can say.
pub fn only<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    let mut found = all(headers).filter(|(key, _)| *key == name);
    let (_, value) = found.next()?;
    found.next().is_none().then_some(value)
}

pub fn has(headers: &HeaderMap, name: &str) -> bool {
    all(headers).any(|(key, _)| key == name)
}

/// Whether a response sets a cookie of this name.
pub fn sets(headers: &HeaderMap, name: &str) -> bool {
    let lines = headers.get_all(SET_COOKIE).into_iter();
    lines
        .filter_map(|line| line.as_bytes().split(|it| *it == b'=').next())
        .any(|key| key.trim_ascii() == name.as_bytes())
}

/// A line `Set-Cookie` for this host alone; `further` are attributes (`; Secure`). 0 seconds take the cookie away.
pub fn line(name: &str, value: &str, seconds: u64, further: &str) -> Option<HeaderValue> {
    let until = match seconds {
        0 => UNIX_EPOCH,
        _ => SystemTime::now() + Duration::from_secs(seconds),
    };
    let until = httpdate::fmt_http_date(until);
    HeaderValue::from_str(&format!("{name}={value}; Expires={until}; Path=/{further}")).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[&[u8]]) -> HeaderMap {
        let pair = |line: &&[u8]| (COOKIE, HeaderValue::from_bytes(line).unwrap());
        lines.iter().map(pair).collect()
    }

    #[test]
    fn cookies_are_found_among_others() {
        let headers = headers(&[b"a=1; AWSALBCORS=x", b"b=2;AWSALB=\"y\"; c; b=3"]);
        assert_eq!(first(&headers, "AWSALB"), Some("y"));
        assert_eq!(first(&headers, "AWSALBCORS"), Some("x"));
        assert_eq!(
            (first(&headers, "b"), only(&headers, "b")),
            (Some("2"), None)
        );
        assert_eq!(only(&headers, "a"), Some("1"));
        assert!(has(&headers, "b") && !has(&headers, "c"));
    }

    #[test]
    fn a_cookie_that_is_no_ascii_hides_no_other() {
        let headers = headers(&[
            b"name=Zo\xc3\xab; AWSELBAuthSessionCookie-0=s; n=\xff; AWSALB=t",
            b"\xfe=1",
        ]);
        assert_eq!(first(&headers, "AWSELBAuthSessionCookie-0"), Some("s"));
        assert_eq!(first(&headers, "AWSALB"), Some("t"));
        assert_eq!(first(&headers, "name"), Some("Zo\u{eb}"));
        assert!(!has(&headers, "n"));
    }

    #[test]
    fn what_a_response_sets() {
        let line = HeaderValue::from_bytes(b"app=\xc3\xab; Path=/").unwrap();
        let headers = HeaderMap::from_iter([(SET_COOKIE, line)]);
        assert!(sets(&headers, "app") && !sets(&headers, "ap"));
    }

    proptest! {
        #[test]
        fn no_line_confuses(line in prop::collection::vec(0x20_u8..=0xff, 0..60)) {
            if let Ok(line) = HeaderValue::from_bytes(&line) {
                let headers = HeaderMap::from_iter([(COOKIE, line)]);
                let _ = (only(&headers, "a"), first(&headers, "AWSALB"));
            }
        }
    }
}
