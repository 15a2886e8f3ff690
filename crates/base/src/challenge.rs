//! How a registry wants to be told who asks: `WWW-Authenticate` of its 401. Pure.

use std::collections::HashMap;

/// Longer headers are not read.
const MAX_HEADER: usize = 4096;

/// What a registry asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Challenge {
    /// The login itself.
    Basic,
    /// A token, which is to be had at `realm`.
    Bearer {
        realm: String,
        service: Option<String>,
        scope: Option<String>,
    },
}

impl Challenge {
    /// Of the headers of one answer: a token where one will do.
    pub fn read<'a>(headers: impl Iterator<Item = &'a str>) -> Option<Self> {
        let mut basic = None;
        for header in headers.filter(|it| it.len() <= MAX_HEADER) {
            let (scheme, rest) = header.trim().split_once(' ').unwrap_or((header.trim(), ""));
            if scheme.eq_ignore_ascii_case("basic") {
                basic = Some(Self::Basic);
            }
            if !scheme.eq_ignore_ascii_case("bearer") {
                continue;
            }
            let mut all = parameters(rest);
            if let Some(realm) = all.remove("realm") {
                let (service, scope) = (all.remove("service"), all.remove("scope"));
                return Some(Self::Bearer {
                    realm,
                    service,
                    scope,
                });
            }
        }
        basic
    }

    /// The address that gives a token for pulls from a repository.
    pub fn token_url(&self, repository: &str) -> Option<String> {
        let Self::Bearer {
            realm,
            service,
            scope,
        } = self
        else {
            return None;
        };
        let mut query = form_urlencoded::Serializer::new(String::new());
        if let Some(service) = service {
            query.append_pair("service", service);
        }
        let usual = format!("repository:{repository}:pull");
        query.append_pair("scope", scope.as_ref().unwrap_or(&usual));
        let joint = if realm.contains('?') { '&' } else { '?' };
        Some(format!("{realm}{joint}{}", query.finish()))
    }
}

/// `a="x,y",b=z`: names in lower case.
fn parameters(mut text: &str) -> HashMap<String, String> {
    let mut all = HashMap::new();
    while let Some((name, rest)) = text.split_once('=') {
        let name = name.trim_matches([' ', ',']).to_ascii_lowercase();
        let (value, rest) = match rest.strip_prefix('"') {
            Some(quoted) => quoted.split_once('"').unwrap_or((quoted, "")),
            None => rest.split_once(',').unwrap_or((rest, "")),
        };
        all.entry(name).or_insert_with(|| value.trim().to_owned());
        text = rest;
    }
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn read(header: &str) -> Option<Challenge> {
        Challenge::read([header].into_iter())
    }

    #[test]
    fn challenges() {
        let hub = r#"Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:a/b:pull,push""#;
        let bearer = read(hub).unwrap();
        assert_eq!(
            bearer.token_url("a/b").as_deref(),
            Some(
                "https://auth.docker.io/token?service=registry.docker.io&scope=repository%3Aa%2Fb%3Apull%2Cpush"
            )
        );
        let bare = read("bearer realm=https://x/?a=b").unwrap();
        assert_eq!(
            bare.token_url("a/b").as_deref(),
            Some("https://x/?a=b&scope=repository%3Aa%2Fb%3Apull")
        );
        assert_eq!(read("Basic realm=\"x\""), Some(Challenge::Basic));
        assert_eq!(Challenge::Basic.token_url("a"), None);
        for none in ["", "Bearer", "Bearer service=\"x\"", "Digest realm=\"x\""] {
            assert_eq!(read(none), None, "{none}");
        }
        let both = Challenge::read(["Basic realm=\"x\"", hub].into_iter());
        assert_eq!(both, Some(bearer));
    }

    proptest! {
        #[test]
        fn any_header_is_read_without_a_panic(header in "(Bearer |Basic )?[a-z=\", é]{0,40}|.{0,40}") {
            let _ = read(&header);
        }
    }
}
