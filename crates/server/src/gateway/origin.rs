//! With `--iam off` nothing proves who calls, so whatever a browser sends for another site is
//! refused: an unsigned form POST from any web page could otherwise start containers.

use http::{HeaderMap, header};

use super::host;

/// Why a request is not taken without a signature.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Foreign(pub &'static str);

/// `own_hosts` are the names this gateway goes by, without port.
pub fn check(headers: &HeaderMap, own_hosts: &[String]) -> Result<(), Foreign> {
    let text = |name: header::HeaderName| {
        headers
            .get(name)
            .map(|value| value.to_str().unwrap_or("\u{0}"))
    };
    if text(header::ORIGIN).is_some_and(|origin| !is_own(strip_scheme(origin), own_hosts)) {
        return Err(Foreign("Origin"));
    }
    let site = headers.get("sec-fetch-site").map(|value| value.as_bytes());
    if site.is_some_and(|site| site != b"none" && site != b"same-origin") {
        return Err(Foreign("Sec-Fetch-Site"));
    }
    match text(header::HOST) {
        // No page can have a name of AWS's or of this machine lead here.
        Some(host) if is_own(host, own_hosts) || host::service(host).is_some() => Ok(()),
        _ => Err(Foreign("Host")),
    }
}

fn strip_scheme(origin: &str) -> &str {
    origin.split_once("://").map_or(origin, |(_, rest)| rest)
}

fn is_own(host: &str, own_hosts: &[String]) -> bool {
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|b| b.is_ascii_digit()) => name,
        _ => host,
    };
    own_hosts.iter().any(|own| own.eq_ignore_ascii_case(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn verdict(pairs: &[(&'static str, &str)]) -> Result<(), Foreign> {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.insert(*name, value.parse().unwrap());
        }
        check(
            &headers,
            &[
                "localhost".to_owned(),
                "127.0.0.1".to_owned(),
                "[::1]".to_owned(),
            ],
        )
    }

    #[test]
    fn tools_pass() {
        assert_eq!(verdict(&[("host", "localhost:4566")]), Ok(()));
        assert_eq!(verdict(&[("host", "127.0.0.1:4566")]), Ok(()));
        assert_eq!(verdict(&[("host", "[::1]:4566")]), Ok(()));
        assert_eq!(
            verdict(&[("host", "localhost:1"), ("origin", "http://localhost:1")]),
            Ok(())
        );
    }

    #[test]
    fn web_pages_do_not() {
        let own = ("host", "localhost:4566");
        assert_eq!(
            verdict(&[own, ("origin", "https://evil.example")]),
            Err(Foreign("Origin"))
        );
        assert_eq!(verdict(&[own, ("origin", "null")]), Err(Foreign("Origin")));
        assert_eq!(
            verdict(&[own, ("sec-fetch-site", "cross-site")]),
            Err(Foreign("Sec-Fetch-Site"))
        );
        assert_eq!(
            verdict(&[("host", "rebound.example")]),
            Err(Foreign("Host"))
        );
        assert_eq!(verdict(&[]), Err(Foreign("Host")));
    }
}
