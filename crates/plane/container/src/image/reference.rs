//! Names of images, by Docker's rules.

use std::fmt;

use super::digest::Digest;

/// A text that names no image.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("invalid reference format: {0:?}")]
pub struct BadReference(String);

impl BadReference {
    /// Texts come from outside: of a long one the beginning.
    pub(super) fn of(text: &str) -> Self {
        Self(text.chars().take(200).collect())
    }
}

/// `[host[:port]/]path[:tag][@digest]` with everything filled in: `nginx` is
/// `docker.io/library/nginx:latest`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Reference {
    host: String,
    repository: String,
    tag: Option<String>,
    digest: Option<Digest>,
}

impl Reference {
    const MAX_BYTES: usize = 1024;

    pub fn parse(text: &str) -> Result<Self, BadReference> {
        let bad = || BadReference::of(text);
        if text.len() > Self::MAX_BYTES {
            return Err(bad());
        }
        let (rest, digest) = match text.split_once('@') {
            Some((rest, digest)) => (
                rest,
                Some(Digest::try_from(digest.to_owned()).map_err(|_| bad())?),
            ),
            None => (text, None),
        };
        // A colon behind the last slash is a tag, one before it a port.
        let (name, tag) = match rest.rsplit_once(':') {
            Some((name, tag)) if !tag.contains('/') => (name, Some(tag)),
            _ => (rest, None),
        };
        let (host, path) = match name.split_once('/') {
            Some((first, path)) if first.contains(['.', ':']) || first == "localhost" => {
                (first, path.to_owned())
            }
            Some(_) => ("docker.io", name.to_owned()),
            None => ("docker.io", format!("library/{name}")),
        };
        if !is_host(host) || !path.split('/').all(is_component) || !tag.is_none_or(is_tag) {
            return Err(bad());
        }
        let tag = tag
            .map(str::to_owned)
            .or_else(|| digest.is_none().then(|| "latest".to_owned()));
        Ok(Self {
            host: host.to_owned(),
            repository: path,
            tag,
            digest,
        })
    }

    /// With its port, as written.
    pub fn host(&self) -> &str {
        &self.host
    }

    pub fn repository(&self) -> &str {
        &self.repository
    }

    pub fn tag(&self) -> Option<&str> {
        self.tag.as_deref()
    }

    pub fn digest(&self) -> Option<&Digest> {
        self.digest.as_ref()
    }

    /// The image of that digest in the same repository.
    #[must_use]
    pub fn at(&self, digest: Digest) -> Self {
        Self {
            digest: Some(digest),
            tag: None,
            ..self.clone()
        }
    }

    /// What the registry is asked for: the digest if there is one, else the tag.
    pub(crate) fn wanted(&self) -> &str {
        self.digest
            .as_ref()
            .map(Digest::as_str)
            .or(self.tag.as_deref())
            .unwrap_or("latest")
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{}/{}", self.host, self.repository)?;
        if let Some(tag) = &self.tag {
            write!(out, ":{tag}")?;
        }
        match &self.digest {
            Some(digest) => write!(out, "@{digest}"),
            None => Ok(()),
        }
    }
}

fn is_host(host: &str) -> bool {
    let (name, port) = host.rsplit_once(':').unwrap_or((host, "1"));
    let name_fits = name.starts_with(|first: char| first.is_ascii_alphanumeric())
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-'));
    name_fits && port.parse::<u16>().is_ok()
}

fn is_component(part: &str) -> bool {
    let ends = |b: Option<u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    ends(part.bytes().next())
        && ends(part.bytes().last())
        && part.bytes().all(|b| {
            b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'.' | b'_' | b'-')
        })
}

fn is_tag(tag: &str) -> bool {
    (1..=128).contains(&tag.len())
        && !tag.starts_with(['.', '-'])
        && tag
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_filled_in() {
        let digest = format!("sha256:{}", "a".repeat(64));
        let other = format!("sha512:{}", "a".repeat(128));
        for (text, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("me/app:1", "docker.io/me/app:1"),
            ("localhost/app", "localhost/app:latest"),
            (
                "localhost:4566/team/app:v1.2",
                "localhost:4566/team/app:v1.2",
            ),
            ("127.0.0.1:80/app", "127.0.0.1:80/app:latest"),
            (
                &format!("public.ecr.aws/x/y@{digest}"),
                &format!("public.ecr.aws/x/y@{digest}"),
            ),
            (&format!("h.io/y:t@{digest}"), &format!("h.io/y:t@{digest}")),
            (&format!("h.io/y@{other}"), &format!("h.io/y@{other}")),
        ] {
            assert_eq!(Reference::parse(text).unwrap().to_string(), full);
        }
    }

    #[test]
    fn nonsense_is_refused() {
        for text in [
            "",
            "Upper",
            "a//b",
            "x:",
            "x:.t",
            "x@sha256:12",
            "../x",
            "a/../b",
            "h:99999/x",
            "a b",
            "x@md5:1",
            "-x",
        ] {
            assert!(Reference::parse(text).is_err(), "{text}");
        }
    }
}
