//! Addresses of webhooks, read as upstream reads them: `https://host[:port][/path]`. Pure.

use std::net::Ipv6Addr;

use crate::field::quoted;

/// The port of `https`.
const PORT: u16 = 443;

/// Where a webhook is, by its configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl {
    /// A name or an address, without the brackets of IPv6.
    pub host: String,
    pub port: u16,
    /// Host and port as they were given.
    pub authority: String,
    pub path: String,
}

/// The parts of an address that is well formed, and may have parts that a webhook's must not.
#[derive(Debug, PartialEq, Eq)]
pub struct Parts<'a> {
    pub scheme: String,
    pub user: Option<&'a str>,
    pub authority: &'a str,
    pub path: &'a str,
    pub query: &'a str,
    pub fragment: &'a str,
}

/// A text that is no address, and why, as Go says it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("parse {}: {why}", quoted(.url))]
pub struct BadUrl {
    pub url: String,
    pub why: Wrong,
}

/// What is wrong with an address.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    #[error("net/url: invalid control character in URL")]
    Control,
    #[error("missing protocol scheme")]
    NoScheme,
    #[error("first path segment in URL cannot contain colon")]
    Colon,
    #[error("invalid URL escape {}", quoted(.0))]
    Escape(String),
    #[error("invalid character {} in path", quoted(.0))]
    InPath(String),
    #[error("missing ']' in host")]
    Unclosed,
    #[error("invalid host {}", quoted(.0))]
    Host(String),
    #[error("invalid character {} in host name", quoted(.0))]
    InHost(String),
    #[error("invalid port {} after host", quoted(.0))]
    Port(String),
}

impl WebhookUrl {
    /// `None` for one that a configuration may not have.
    pub fn parse(text: &str) -> Option<Self> {
        let it = parts(text).ok()?;
        let (host, port) = host_and_port(it.authority).ok()?;
        let is_plain = it.user.is_none() && it.query.is_empty() && it.fragment.is_empty();
        if it.scheme != "https" || host.is_empty() || !is_plain {
            return None;
        }
        let path = it.path.trim_end_matches('/');
        Some(Self {
            host: host.to_owned(),
            port,
            authority: it.authority.to_owned(),
            path: if path.is_empty() { "/" } else { path }.to_owned(),
        })
    }
}

/// # Errors
/// It is no address.
pub fn parts(text: &str) -> Result<Parts<'_>, BadUrl> {
    let failed = |why| {
        let url = text.to_owned();
        Err(BadUrl { url, why })
    };
    if text.chars().any(|it| it.is_ascii_control()) {
        return failed(Wrong::Control);
    }
    let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
    let (scheme, rest) = match rest.split_once(':') {
        Some(("", _)) => return failed(Wrong::NoScheme),
        Some((scheme, behind)) if is_scheme(scheme) => (scheme.to_ascii_lowercase(), behind),
        Some((segment, _)) if !segment.contains('/') => {
            return failed(Wrong::Colon);
        }
        _ => (String::new(), rest),
    };
    let (authority, path) = match rest.strip_prefix("//") {
        Some(behind) => behind.split_at(behind.find('/').unwrap_or(behind.len())),
        None => ("", rest),
    };
    let (user, authority) = match authority.rsplit_once('@') {
        Some((user, authority)) => (Some(user), authority),
        None => (None, authority),
    };
    if let Err(why) = host_and_port(authority) {
        return failed(why);
    }
    if let Some(escape) = bad_escape(path) {
        return failed(Wrong::Escape(escape.to_owned()));
    }
    // What a request's line cannot hold would have to be written otherwise than it was given.
    if let Some(odd) = path.chars().find(|it| !it.is_ascii_graphic()) {
        return failed(Wrong::InPath(odd.to_string()));
    }
    Ok(Parts {
        scheme,
        user,
        authority,
        path,
        query,
        fragment,
    })
}

fn is_scheme(text: &str) -> bool {
    let mut all = text.bytes();
    all.next().is_some_and(|it| it.is_ascii_alphabetic())
        && all.all(|it| it.is_ascii_alphanumeric() || b"+-.".contains(&it))
}

fn host_and_port(authority: &str) -> Result<(&str, u16), Wrong> {
    let (host, port) = match authority.strip_prefix('[') {
        Some(behind) => {
            let (host, port) = behind.split_once(']').ok_or(Wrong::Unclosed)?;
            if host.parse::<Ipv6Addr>().is_err() {
                return Err(Wrong::Host(host.to_owned()));
            }
            (host, port)
        }
        None => {
            let (host, port) = authority.split_at(authority.find(':').unwrap_or(authority.len()));
            let is_odd = |it: &char| !(it.is_ascii_alphanumeric() || "-._~".contains(*it));
            if let Some(odd) = host.chars().find(is_odd) {
                return Err(Wrong::InHost(odd.to_string()));
            }
            (host, port)
        }
    };
    let invalid = || Wrong::Port(port.to_owned());
    let number = match port.strip_prefix(':') {
        None if port.is_empty() => PORT,
        Some("") => PORT,
        Some(digits) if digits.bytes().all(|it| it.is_ascii_digit()) => {
            let number = digits.parse().ok().filter(|it| *it > 0);
            number.ok_or_else(invalid)?
        }
        _ => return Err(invalid()),
    };
    Ok((host, number))
}

/// A percent sign that two digits do not follow, with what does.
fn bad_escape(path: &str) -> Option<&str> {
    let mut rest = path;
    while let Some(at) = rest.find('%') {
        let from = rest.get(at..).unwrap_or_default();
        let digits = from.bytes().skip(1).take(2).filter(u8::is_ascii_hexdigit);
        if digits.count() < 2 {
            let end = from.char_indices().nth(3).map_or(from.len(), |it| it.0);
            return from.get(..end);
        }
        rest = from.get(3..).unwrap_or_default();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_a_webhook_is() {
        for (url, host, port, path) in [
            ("https://h.example.com", "h.example.com", 443, "/"),
            ("https://h.example.com/", "h.example.com", 443, "/"),
            ("HTTPS://10.0.0.7:8443/a/b/", "10.0.0.7", 8443, "/a/b"),
            ("https://[fd00::1]:1/a%20b", "fd00::1", 1, "/a%20b"),
            ("https://[fd00::1]", "fd00::1", 443, "/"),
            ("https://h:/a", "h", 443, "/a"),
        ] {
            let it = WebhookUrl::parse(url).expect(url);
            let found = (it.host.as_str(), it.port, it.path.as_str());
            assert_eq!(found, (host, port, path), "{url}");
        }
        let it = WebhookUrl::parse("https://[fd00::1]:1/").unwrap();
        assert_eq!(it.authority, "[fd00::1]:1");
    }

    #[test]
    fn what_no_webhook_has() {
        for url in [
            "",
            "h",
            "https:",
            "https://",
            "https:///a",
            "http://h",
            "https://me@h",
            "https://@h",
            "https://h?q",
            "https://h#f",
            "https://h:0",
            "https://h:65536",
            "https://h:x",
            "https://h:+1",
            "https://[fd00::1",
            "https://[h]",
            "https://[fd00::1]x",
            "https://a b",
            "https://h/%zz",
            "https://h/a b",
            "https://h/a\r\nb: c",
            "https://h\\@evil",
            "https://\u{1F600}",
        ] {
            assert_eq!(WebhookUrl::parse(url), None, "{url}");
        }
    }

    #[test]
    fn why_it_is_none_is_told_as_go_does() {
        for (url, why) in [
            (
                "https://h:x/",
                r#"parse "https://h:x/": invalid port ":x" after host"#,
            ),
            (
                "https://a b/",
                r#"parse "https://a b/": invalid character " " in host name"#,
            ),
            (
                "https://h/%zz%",
                r#"parse "https://h/%zz%": invalid URL escape "%zz""#,
            ),
            (":h", r#"parse ":h": missing protocol scheme"#),
            (
                "1h:2",
                r#"parse "1h:2": first path segment in URL cannot contain colon"#,
            ),
        ] {
            assert_eq!(parts(url).unwrap_err().to_string(), why);
        }
        let it = parts("https://h/%\u{e9}");
        assert!(matches!(it.unwrap_err().why, Wrong::Escape(_)));
    }
}
