//! Addresses of OpenID Connect providers, which principals and tokens are named by. Pure.

/// How an issuer begins.
const SCHEME: &str = "https://";

/// The name that a provider of this address is kept and shown by: the address without its scheme.
/// None for what is no address of a provider.
pub fn name_of(url: &str) -> Option<String> {
    let name = url.strip_prefix(SCHEME)?;
    let (authority, path) = match name.split_once('/') {
        Some((authority, path)) => (authority, Some(path)),
        None => (name, None),
    };
    let (host, port) = match authority.split_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    };
    let is_host = !host.is_empty()
        && host
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-.".contains(&b));
    let is_port = port.is_none_or(|port| port.parse::<u16>().is_ok_and(|it| it > 0));
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~/%+=@:,".contains(&b);
    let is_path = path.is_none_or(|path| path.bytes().all(plain)) && !name.contains("//");
    (is_host && is_port && is_path).then(|| name.trim_end_matches('/').to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        let name = |url| name_of(url);
        assert_eq!(
            name("https://oidc.example.com/id/A1"),
            Some("oidc.example.com/id/A1".to_owned())
        );
        assert_eq!(
            name("https://git.lan:8443/"),
            Some("git.lan:8443".to_owned())
        );
        for url in [
            "",
            "https://",
            "http://oidc.example.com",
            "https:///path",
            "https://user@host",
            "https://host:0",
            "https://host:x",
            "https://host/a?b",
            "https://host/a#b",
            "https://host/a b",
            "https://host//a",
        ] {
            assert_eq!(name(url), None, "{url}");
        }
    }
}
