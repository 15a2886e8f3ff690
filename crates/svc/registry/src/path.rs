//! Paths of the API. Repository names contain slashes, so paths are read from their end.

use std::borrow::Cow;

use percent_encoding::percent_decode_str;
use wharf_svc_ecr::Registry;

use crate::auth;

/// What a path names. References and digests are not checked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Route {
    Base,
    Catalog,
    Tags {
        name: String,
    },
    Manifest {
        name: String,
        reference: String,
    },
    Blob {
        name: String,
        digest: String,
    },
    Uploads {
        name: String,
    },
    Upload {
        name: String,
        id: String,
    },
    Referrers {
        name: String,
        digest: String,
    },
    /// A picture that goes with a repository of the public gallery; not of the OCI API.
    Logo {
        name: String,
    },
}

/// What stands before the repository in `/v2/<account>.dkr.ecr.<region>/app/…`, and the path without it. So agents that
/// are told nothing of this server name images of registries that are not their task's: all have one host.
pub(crate) fn registry(path: &str) -> Option<(Registry, String)> {
    let (name, rest) = path.strip_prefix("/v2/")?.split_once('/')?;
    Some((auth::registry_name(name)?, format!("/v2/{rest}")))
}

/// Whether it is [`Route::Base`].
pub(crate) fn is_base(path: &str) -> bool {
    matches!(path, "/v2" | "/v2/")
}

/// `None` for paths that are not of this API.
pub(crate) fn parse(path: &str) -> Option<Route> {
    if is_base(path) {
        return Some(Route::Base);
    }
    let rest = path.strip_prefix("/v2/")?;
    if rest == "_catalog" {
        return Some(Route::Catalog);
    }
    let parts: Vec<Cow<'_, str>> = rest
        .split('/')
        .map(|part| percent_decode_str(part).decode_utf8().ok())
        .collect::<Option<_>>()?;
    let parts: Vec<&str> = parts.iter().map(|part| &**part).collect();
    let named = |name: &[&str]| {
        let name = name.join("/");
        wharf_svc_ecr::valid_repository_name(&name).then_some(name)
    };
    Some(match parts.as_slice() {
        [name @ .., "blobs", "uploads"] | [name @ .., "blobs", "uploads", ""] => {
            Route::Uploads { name: named(name)? }
        }
        [name @ .., "blobs", "uploads", id] => Route::Upload {
            name: named(name)?,
            id: (*id).to_owned(),
        },
        [name @ .., "blobs", digest] => Route::Blob {
            name: named(name)?,
            digest: (*digest).to_owned(),
        },
        [name @ .., "manifests", reference] => Route::Manifest {
            name: named(name)?,
            reference: (*reference).to_owned(),
        },
        [name @ .., "tags", "list"] => Route::Tags { name: named(name)? },
        [name @ .., "referrers", digest] => Route::Referrers {
            name: named(name)?,
            digest: (*digest).to_owned(),
        },
        [name @ .., "logo"] => Route::Logo { name: named(name)? },
        _ => return None,
    })
}

/// The value of a parameter of the query.
pub(crate) fn parameter(query: Option<&str>, name: &str) -> Option<String> {
    parameters(query, name).next()
}

/// The values of a parameter that may be given several times.
pub(crate) fn parameters(query: Option<&str>, name: &str) -> impl Iterator<Item = String> {
    form_urlencoded::parse(query.unwrap_or_default().as_bytes())
        .filter(move |(key, _)| key == name)
        .map(|(_, value)| value.into_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn check(path: &str, expected: Option<Route>) {
        assert_eq!(parse(path), expected, "{path}");
    }

    #[test]
    fn paths() {
        let name = || "team/app".to_owned();
        check("/v2", Some(Route::Base));
        check("/v2/", Some(Route::Base));
        check("/v2/_catalog", Some(Route::Catalog));
        check("/v2/team/app/tags/list", Some(Route::Tags { name: name() }));
        let reference = "v1".to_owned();
        check(
            "/v2/team/app/manifests/v1",
            Some(Route::Manifest {
                name: name(),
                reference,
            }),
        );
        let digest = "sha256:00".to_owned();
        check(
            "/v2/team/app/blobs/sha256%3A00",
            Some(Route::Blob {
                name: name(),
                digest,
            }),
        );
        check(
            "/v2/team/app/blobs/uploads/",
            Some(Route::Uploads { name: name() }),
        );
        check(
            "/v2/team/app/blobs/uploads",
            Some(Route::Uploads { name: name() }),
        );
        let id = "1-2".to_owned();
        check(
            "/v2/team/app/blobs/uploads/1-2",
            Some(Route::Upload { name: name(), id }),
        );
        let digest = "sha256:00".to_owned();
        check(
            "/v2/team/app/referrers/sha256:00",
            Some(Route::Referrers {
                name: name(),
                digest,
            }),
        );
    }

    proptest! {
        #[test]
        fn hostile_paths_name_at_most_valid_repositories(path in "(/v2)?[/a-z0-9%:._-]{0,60}|.{0,60}") {
            let name = match parse(&path) {
                None | Some(Route::Base | Route::Catalog) => return Ok(()),
                Some(Route::Tags { name } | Route::Uploads { name } | Route::Upload { name, .. }
                    | Route::Manifest { name, .. } | Route::Blob { name, .. }
                    | Route::Referrers { name, .. } | Route::Logo { name }) => name,
            };
            prop_assert!(wharf_svc_ecr::valid_repository_name(&name));
        }
    }

    #[test]
    fn a_registry_may_stand_before_the_repository() {
        let there = Registry::new("123456789012", "eu-west-1");
        for (path, expected) in [
            (
                "/v2/123456789012.dkr.ecr.eu-west-1/team/app/tags/list",
                Some("/v2/team/app/tags/list"),
            ),
            ("/v2/123456789012.dkr.ecr.eu-west-1", None),
            ("/v2/12.dkr.ecr.eu-west-1/app/tags/list", None),
            ("/v2/123456789012.dkr.ecr./app/tags/list", None),
            ("/v2/123456789012.dkr.ecr.a.b/app/tags/list", None),
            ("/v2/team/app/tags/list", None),
            ("/v2/", None),
        ] {
            let expected = expected.map(|it| (there.clone(), it.to_owned()));
            assert_eq!(registry(path), expected, "{path}");
        }
    }

    #[test]
    fn a_repository_may_have_a_logo() {
        let name = "team/app".to_owned();
        check("/v2/team/app/logo", Some(Route::Logo { name }));
        check("/v2/logo", None);
    }

    #[test]
    fn names_may_look_like_parts_of_the_api() {
        let (name, reference) = ("blobs/uploads/tags".to_owned(), "list".to_owned());
        check(
            "/v2/blobs/uploads/tags/manifests/list",
            Some(Route::Manifest { name, reference }),
        );
        let name = "manifests/v1".to_owned();
        check("/v2/manifests/v1/tags/list", Some(Route::Tags { name }));
    }

    #[test]
    fn other_paths() {
        for path in [
            "",
            "/",
            "/v1/",
            "/v22/",
            "/v2/app",
            "/v2/../manifests/v1",
            "/v2/manifests/v1",
            "/v2/A/manifests/v1",
            "/v2/a%2Fb%2F../manifests/v1",
            "/v2/ab//manifests/v1",
            "/v2/ab/manifests/%ff",
        ] {
            check(path, None);
        }
    }
}
