//! Where an upstream registry is. Pure.

use http::uri::Authority;
use wharf_base::ecr_host;

use crate::catalog::Registry;

/// The name of upstreams that are registries of ECR themselves.
const SELF: &str = "ecr";
/// Longer addresses are none.
const MAX_URL: usize = 300;

/// An upstream registry that AWS knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Known {
    /// As `upstreamRegistry` names it.
    pub name: &'static str,
    /// Its host, or with `*.` in front the domain of its hosts.
    host: &'static str,
    /// It is not asked without a secret.
    pub needs_secret: bool,
}

const fn known(name: &'static str, host: &'static str, needs_secret: bool) -> Known {
    Known {
        name,
        host,
        needs_secret,
    }
}

const KNOWN: [Known; 8] = [
    known("ecr-public", "public.ecr.aws", false),
    known("quay", "quay.io", false),
    known("k8s", "registry.k8s.io", false),
    known("docker-hub", "registry-1.docker.io", true),
    known("github-container-registry", "ghcr.io", true),
    known("gitlab-container-registry", "registry.gitlab.com", true),
    known("azure-container-registry", "*.azurecr.io", true),
    known("chainguard", "cgr.dev", false),
];

impl Known {
    fn is_at(&self, host: &str) -> bool {
        match self.host.strip_prefix('*') {
            Some(domain) => host.strip_suffix(domain).is_some_and(|it| !it.is_empty()),
            None => host == self.host,
        }
    }
}

/// Scheme and host of a registry.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Address {
    secure: bool,
    /// Host and port, in lower case.
    authority: String,
}

impl Address {
    /// Reads `registry-1.docker.io`, `https://registry.example.com:5000` or, in the clear,
    /// `http://10.1.2.3:5000`. `None` for anything else: paths are for `upstreamRepositoryPrefix`.
    pub(crate) fn read(url: &str) -> Option<Self> {
        if url.len() > MAX_URL {
            return None;
        }
        let (secure, rest) = match (url.strip_prefix("https://"), url.strip_prefix("http://")) {
            (Some(rest), _) => (true, rest),
            (None, Some(rest)) => (false, rest),
            (None, None) => (true, url),
        };
        let authority: Authority = rest.strip_suffix('/').unwrap_or(rest).parse().ok()?;
        let plain = !authority.as_str().contains('@') && !authority.host().is_empty();
        plain.then(|| Self {
            secure,
            authority: authority.as_str().to_ascii_lowercase(),
        })
    }

    /// Host and port, as they are shown.
    pub(crate) fn host(&self) -> &str {
        &self.authority
    }

    pub(crate) fn secure(&self) -> bool {
        self.secure
    }

    /// The registry that AWS knows under this address. They speak TLS, at the usual port.
    pub(crate) fn known(&self) -> Option<Known> {
        if self.registry().is_some() {
            return Some(known(SELF, "", false));
        }
        let mut all = KNOWN.into_iter().filter(|_| self.secure);
        all.find(|it| it.is_at(&self.authority))
    }

    /// Whether it has the form of registries of ECR.
    pub(crate) fn is_ecr(&self) -> bool {
        ecr_host::is_like_a_registry(&self.authority)
    }

    /// The registry of this installation that it names: `<account>.dkr.ecr.<region>.amazonaws.com`.
    pub(crate) fn registry(&self) -> Option<Registry> {
        let named = ecr_host::registry(&self.authority).filter(|_| self.secure);
        named.map(|(account, region)| Registry::new(account, region))
    }

    pub(crate) fn url(&self, path: &str) -> String {
        let scheme = if self.secure { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn addresses() {
        for (url, expected) in [
            ("quay.io", Some("https://quay.io/v2/")),
            ("https://quay.io", Some("https://quay.io/v2/")),
            ("https://Quay.io/", Some("https://quay.io/v2/")),
            ("http://10.1.2.3:5000", Some("http://10.1.2.3:5000/v2/")),
            ("[::1]:5000", Some("https://[::1]:5000/v2/")),
            ("", None),
            ("https://", None),
            ("quay.io/path", None),
            ("https://me:secret@quay.io", None),
            ("ftp://quay.io", None),
            ("quay.io?x", None),
            ("a b", None),
        ] {
            let read = Address::read(url).map(|it| it.url("/v2/"));
            assert_eq!(read.as_deref(), expected, "{url}");
        }
        assert_eq!(Address::read(&"a".repeat(301)), None);
    }

    #[test]
    fn those_that_aws_knows() {
        let name = |url| Address::read(url).unwrap().known().map(|it| it.name);
        assert_eq!(name("registry-1.docker.io"), Some("docker-hub"));
        assert_eq!(name("ours.azurecr.io"), Some("azure-container-registry"));
        assert_eq!(name("https://public.ecr.aws"), Some("ecr-public"));
        for other in [
            ".azurecr.io",
            "azurecr.io",
            "http://quay.io",
            "quay.io:5000",
            "quay.io.example.com",
            "docker.io",
        ] {
            if let Some(address) = Address::read(other) {
                assert_eq!(address.known(), None, "{other}");
            }
        }
    }

    #[test]
    fn registries_of_the_installation() {
        let there = Some(Registry::new("123456789012", "eu-west-1"));
        for (url, expected) in [
            (
                "123456789012.dkr.ecr.eu-west-1.amazonaws.com",
                there.clone(),
            ),
            (
                "https://123456789012.dkr.ecr.eu-west-1.amazonaws.com/",
                there.clone(),
            ),
            ("123456789012.dkr-ecr.eu-west-1.on.aws", there),
            ("http://123456789012.dkr.ecr.eu-west-1.amazonaws.com", None),
            ("123456789012.dkr.ecr.eu-west-1.amazonaws.com:5000", None),
            ("12.dkr.ecr.eu-west-1.amazonaws.com", None),
            ("123456789012.dkr.ecr.a.b.amazonaws.com", None),
            ("123456789012.dkr.ecr.eu-west-1.example.com", None),
        ] {
            let address = Address::read(url).unwrap();
            assert!(address.is_ecr());
            assert_eq!(address.registry(), expected, "{url}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_an_address_or_none(url in "(https?://)?[a-z0-9.:@/\\[\\]-]{0,30}|.{0,30}") {
            if let Some(address) = Address::read(&url) {
                prop_assert!(!address.url("/").contains('@'));
                prop_assert!(!address.host().contains('/'));
            }
        }
    }
}
