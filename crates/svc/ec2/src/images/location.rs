//! An image's location: an image of an ECR repository, as a client of the registry would name it.

use wharf_base::{arn::partition_of, regions::domain_of};

/// Longer ones name no image.
const MAX_LOCATION: usize = 512;

/// `ACCOUNT.dkr.ecr.REGION.amazonaws.com/REPOSITORY`, then `:TAG`, `@DIGEST` or both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub repository: &'a str,
    pub tag: Option<&'a str>,
    pub digest: Option<&'a str>,
}

impl<'a> Location<'a> {
    pub fn parse(text: &'a str) -> Option<Self> {
        if text.len() > MAX_LOCATION {
            return None;
        }
        let (host, path) = text.split_once('/')?;
        let (account, host) = host.split_once(".dkr.ecr.")?;
        let digits = account.len() == 12 && account.bytes().all(|it| it.is_ascii_digit());
        let region = host.split('.').next().unwrap_or_default();
        let region = host.strip_suffix(domain_of(partition_of(region)))?;
        let region = region.strip_suffix('.').filter(|it| is_region(it))?;
        let (path, digest) = match path.split_once('@') {
            Some((path, digest)) => (path, Some(digest)),
            None => (path, None),
        };
        // A repository has no colon in its name.
        let (repository, tag) = match path.split_once(':') {
            Some((repository, tag)) => (repository, Some(tag)),
            None => (path, None),
        };
        let given = |part: Option<&str>| part.is_none_or(|it| !it.is_empty());
        let fits = digits && !repository.is_empty() && given(tag) && given(digest);
        fits.then_some(Self {
            account,
            region,
            repository,
            // As for clients of registries.
            tag: tag.or(digest.is_none().then_some("latest")),
            digest,
        })
    }
}

fn is_region(text: &str) -> bool {
    let known = |it: u8| it.is_ascii_lowercase() || it.is_ascii_digit() || it == b'-';
    !text.is_empty() && text.bytes().all(known)
}

/// Any text as a location.
#[doc(hidden)]
pub fn fuzz(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Some(found) = Location::parse(&text) {
        assert!(found.tag.is_some() || found.digest.is_some());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations() {
        let host = "000000000000.dkr.ecr.us-east-1.amazonaws.com";
        for (rest, repository, tag, digest) in [
            ("app", "app", Some("latest"), None),
            ("app:v1", "app", Some("v1"), None),
            ("team/app:v1", "team/app", Some("v1"), None),
            ("app@sha256:abc", "app", None, Some("sha256:abc")),
            ("app:v1@sha256:abc", "app", Some("v1"), Some("sha256:abc")),
        ] {
            let text = format!("{host}/{rest}");
            let found = Location::parse(&text).unwrap();
            assert_eq!((found.account, found.region), ("000000000000", "us-east-1"));
            assert_eq!(found.repository, repository, "{rest}");
            assert_eq!((found.tag, found.digest), (tag, digest), "{rest}");
        }
        let china = "000000000000.dkr.ecr.cn-north-1.amazonaws.com.cn/app";
        assert_eq!(Location::parse(china).unwrap().region, "cn-north-1");
    }

    #[test]
    fn what_is_none() {
        let long = format!(
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/{}",
            "a".repeat(600)
        );
        for text in [
            "",
            "app:v1",
            "bucket/manifest.xml",
            "docker.io/library/alpine",
            "00000000000.dkr.ecr.us-east-1.amazonaws.com/app",
            "00000000000x.dkr.ecr.us-east-1.amazonaws.com/app",
            "000000000000.dkr.ecr.us-east-1.example.com/app",
            "000000000000.dkr.ecr..amazonaws.com/app",
            "000000000000.dkr.ecr.amazonaws.com/app",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/app:",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/app@",
            "000000000000.dkr.ecr.us-east-1.amazonaws.com/:v1",
            &long,
        ] {
            assert_eq!(Location::parse(text), None, "{text}");
        }
    }
}
