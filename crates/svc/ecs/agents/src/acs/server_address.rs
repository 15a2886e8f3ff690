//! The server's address as one agent knows it, and what follows from it: where the agent connects,
//! where its tasks' images come from, where their logs go. Pure.

use std::net::IpAddr;

use wharf_base::ecr_host;

/// `https://10.0.0.1:4566` in its parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Parts<'a> {
    scheme: &'a str,
    /// Host and port as given.
    authority: &'a str,
    /// Without brackets.
    host: &'a str,
    port: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(endpoint: &'a str) -> Self {
        let (scheme, authority) = endpoint.split_once("://").unwrap_or(("http", endpoint));
        let authority = authority.trim_end_matches('/');
        let (host, port) = split(authority);
        Self {
            scheme,
            authority,
            host,
            port,
        }
    }

    fn is_loopback(&self) -> bool {
        let address = self.host.parse::<IpAddr>();
        self.host == "localhost" || address.is_ok_and(|address| address.is_loopback())
    }
}

/// Host, without brackets, and port.
fn split(authority: &str) -> (&str, Option<&str>) {
    if let Some((host, rest)) = authority
        .strip_prefix('[')
        .and_then(|rest| rest.split_once(']'))
    {
        return (host, rest.strip_prefix(':'));
    }
    match authority.rsplit_once(':') {
        Some((host, port)) => (host, Some(port)),
        None => (authority, None),
    }
}

/// Where an agent of another make connects that reached us under `endpoint`, if we listen on port 443
/// at `at_443` too.
///
/// Such an agent sends host and port of a URL as the TLS server name. No port belongs there, and our
/// side of the handshake refuses it: the URL must have none.
pub fn poll_endpoint(endpoint: &str, at_443: Option<IpAddr>) -> String {
    let given = Parts::of(endpoint);
    let unchanged = || endpoint.trim_end_matches('/').to_owned();
    let Some(listening) = at_443 else {
        return unchanged();
    };
    let there = match given.host.parse::<IpAddr>() {
        Ok(address) => address == listening || listening.is_unspecified(),
        // What a name means, the agent knows; of this machine's it is the one that is not loopback.
        Err(_) => !given.is_loopback() || listening.is_unspecified(),
    };
    if given.scheme != "https" || given.port.is_none() || !there {
        return unchanged();
    }
    match given.authority.rsplit_once(':') {
        Some((host, _)) => format!("https://{host}"),
        None => unchanged(),
    }
}

/// The server as one agent reaches it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ServerAddress {
    /// `https://10.0.0.1`
    endpoint: String,
    /// The same on the server's own machine: `http://127.0.0.1:4566`.
    home: String,
}

impl ServerAddress {
    /// Without a `given` one the agent is taken to be on the server's machine.
    pub fn new(given: &str, home: &str) -> Self {
        let given = if given.is_empty() { home } else { given };
        Self {
            endpoint: given.trim_end_matches('/').to_owned(),
            home: home.to_owned(),
        }
    }

    pub fn endpoint(&self) -> &str {
        &self.endpoint
    }

    /// Whether `host` of an image name is this server's registry, under any of its names.
    pub fn is_own_registry(&self, host: &str) -> bool {
        let (name, port) = split(host);
        let here = Parts::of(&self.endpoint);
        let ports = [Some("443"), here.port, Parts::of(&self.home).port];
        is_own_registry(host, &self.endpoint)
            || is_own_registry(host, &self.home)
            || (here.scheme == "https"
                && name == here.host
                && (port.is_none() || ports.contains(&port)))
    }

    /// An image of this server's registries for a task of `account` and `region`, named so that the agent's machine
    /// finds it; any other as it is.
    pub fn image(&self, image: &str, account: &str, region: &str) -> String {
        let Some((host, path)) = image.split_once('/') else {
            return image.to_owned();
        };
        let registry = ecr_host::registry(host);
        // All registries have one host here, and a machine may have images of several: those of others than the
        // task's have theirs in the path.
        let path = match registry {
            Some((of, at)) if (of, at) != (account, region) => {
                format!("{of}.dkr.ecr.{at}/{path}")
            }
            Some(_) => path.to_owned(),
            None if self.is_own_registry(host) => path.to_owned(),
            None => return image.to_owned(),
        };
        let here = Parts::of(&self.endpoint);
        if !(here.scheme == "http" && here.is_loopback()) {
            return format!("{}/{path}", here.authority);
        }
        // Docker speaks plain HTTP with names of loopback; of these, what was written stays.
        match (registry, here.port) {
            (Some(_), Some(port)) => format!("localhost:{port}/{path}"),
            _ => image.to_owned(),
        }
    }
}

/// Whether `host` of an image name is the server's at `endpoint`, or that of its machine itself.
pub fn is_own_registry(host: &str, endpoint: &str) -> bool {
    let endpoint = Parts::of(endpoint);
    let loopback = |name: &str| {
        let own = endpoint.port.map(|port| format!("{name}:{port}"));
        own.is_some_and(|own| own == host)
    };
    host == endpoint.authority || loopback("localhost") || loopback("127.0.0.1")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOME: &str = "http://127.0.0.1:4566";
    const ACCOUNT: &str = "000000000000";

    #[test]
    fn agents_are_named_a_url_without_port_where_443_is_served() {
        let v4 = Some(IpAddr::from([10, 0, 0, 1]));
        let all = Some(IpAddr::from([0, 0, 0, 0]));
        let v6 = Some("fd00::1".parse().unwrap());
        for (endpoint, at_443, wanted) in [
            ("https://10.0.0.1:4566", v4, "https://10.0.0.1"),
            ("https://10.0.0.1:443", v4, "https://10.0.0.1"),
            ("https://10.0.0.1", v4, "https://10.0.0.1"),
            ("https://wharf.lan:4566", v4, "https://wharf.lan"),
            ("https://10.0.0.1:4566", all, "https://10.0.0.1"),
            ("https://[fd00::1]:4566", v6, "https://[fd00::1]"),
            ("https://[fd00::1]", v6, "https://[fd00::1]"),
            // Where 443 is not ours.
            ("https://10.0.0.1:4566", None, "https://10.0.0.1:4566"),
            ("https://127.0.0.1:4566", v4, "https://127.0.0.1:4566"),
            ("https://localhost:4566", v4, "https://localhost:4566"),
            ("https://10.0.0.9:4566", v4, "https://10.0.0.9:4566"),
            // Without TLS the port does no harm.
            ("http://127.0.0.1:4566", all, "http://127.0.0.1:4566"),
            ("http://10.0.0.1:4566/", v4, "http://10.0.0.1:4566"),
        ] {
            assert_eq!(poll_endpoint(endpoint, at_443), wanted, "{endpoint}");
        }
    }

    #[test]
    fn images_are_named_as_the_agents_machine_finds_them() {
        let remote = ServerAddress::new("https://10.0.0.1", HOME);
        let local = ServerAddress::new(HOME, HOME);
        let unknown = ServerAddress::new("", HOME);
        let ecr = "000000000000.dkr.ecr.us-east-1.amazonaws.com/a/b:1";
        let other = "111111111111.dkr.ecr.us-east-1.amazonaws.com/a/b:1";
        let far = "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn/a/b:1";
        let foreign = "000000000000.dkr.ecr.us-east-1.example.com/a/b:1";
        for (image, at_remote, at_local) in [
            (
                "localhost:4566/a/b:1",
                "10.0.0.1/a/b:1",
                "localhost:4566/a/b:1",
            ),
            (
                "127.0.0.1:4566/a@sha256:0",
                "10.0.0.1/a@sha256:0",
                "127.0.0.1:4566/a@sha256:0",
            ),
            (ecr, "10.0.0.1/a/b:1", "localhost:4566/a/b:1"),
            (
                other,
                "10.0.0.1/111111111111.dkr.ecr.us-east-1/a/b:1",
                "localhost:4566/111111111111.dkr.ecr.us-east-1/a/b:1",
            ),
            (
                far,
                "10.0.0.1/000000000000.dkr.ecr.cn-north-1/a/b:1",
                "localhost:4566/000000000000.dkr.ecr.cn-north-1/a/b:1",
            ),
            (foreign, foreign, foreign),
            ("10.0.0.1/a", "10.0.0.1/a", "10.0.0.1/a"),
            ("10.0.0.1:4566/a", "10.0.0.1/a", "10.0.0.1:4566/a"),
            ("10.0.0.1:443/a", "10.0.0.1/a", "10.0.0.1:443/a"),
            ("10.0.0.1:5000/a", "10.0.0.1:5000/a", "10.0.0.1:5000/a"),
            ("localhost:5000/a", "localhost:5000/a", "localhost:5000/a"),
            (
                "docker.io/library/busybox",
                "docker.io/library/busybox",
                "docker.io/library/busybox",
            ),
            ("busybox", "busybox", "busybox"),
            ("", "", ""),
        ] {
            assert_eq!(remote.image(image, ACCOUNT, "us-east-1"), at_remote);
            assert_eq!(local.image(image, ACCOUNT, "us-east-1"), at_local);
            assert_eq!(unknown.image(image, ACCOUNT, "us-east-1"), at_local);
        }
        assert_eq!(remote.endpoint(), "https://10.0.0.1");
        assert_eq!(unknown.endpoint(), HOME);
    }

    #[test]
    fn the_own_registry_goes_by_several_names() {
        let remote = ServerAddress::new("https://10.0.0.1:4566", HOME);
        for host in [
            "10.0.0.1:4566",
            "10.0.0.1",
            "localhost:4566",
            "127.0.0.1:4566",
        ] {
            assert!(remote.is_own_registry(host), "{host}");
        }
        for host in [
            "10.0.0.1:80",
            "10.0.0.2:4566",
            "localhost",
            "localhost:80",
            "",
        ] {
            assert!(!remote.is_own_registry(host), "{host}");
        }
    }
}
