//! The images of tasks, as this installation's registry knows them.

use std::sync::Arc;

use wharf_base::{Clock, ecr_host};
use wharf_records::admission::AdmissionRule;
use wharf_svc_ecr::{Catalog, EcrError, GALLERY, ImageRef, Registry};
use wharf_svc_ecs::{Admitted, NotAdmitted, Place, TaskImages};
use wharf_wire::{Fault, async_trait, fault::Chain};

use crate::admission::{
    Admission, Decisions, Image as Candidate, Inadmissible, Question, decide, signatures,
};

/// What is tagged where nothing is named.
const LATEST: &str = "latest";

/// Images of the registry over a catalog.
pub struct Images {
    pub catalog: Catalog,
    pub admission: Admission,
    pub decisions: Decisions,
    pub clock: Arc<dyn Clock>,
    /// Hosts with their ports under which images name this registry.
    pub hosts: Vec<String>,
}

/// What an image's name says of one of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    pub account: String,
    pub region: String,
    pub repository: String,
    pub digest: Option<String>,
}

/// An image of this installation.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Own {
    registry: Registry,
    name: String,
    reference: ImageRef,
}

/// Why an image does not start.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
enum NotStarted {
    /// One of another case or form, which might be taken for ECR's.
    #[error("its registry has no name that one of ECR has")]
    Registry,
    #[error("its signatures cannot be read")]
    Signatures,
    #[error(transparent)]
    Rules(#[from] Inadmissible),
}

#[async_trait]
impl TaskImages for Images {
    /// Of the account's own repositories: who may pull those of others, their policies say when it happens.
    async fn digest(&self, place: &Place, image: &str) -> Option<String> {
        let own = own(&self.hosts, place, image)?;
        if own.registry.account != place.account {
            return None;
        }
        match self.resolve(&own).await {
            Ok(digest) => digest,
            Err(EcrError::RepositoryNotFound { .. }) => None,
            Err(error) => {
                tracing::warn!(error = %Chain(&error), image, "failed to look a tag up; its first task will tell");
                None
            }
        }
    }

    async fn admit(
        &self,
        place: &Place,
        images: &[(String, String)],
    ) -> Result<Admitted, NotAdmitted> {
        let unread = |fault: Fault| {
            tracing::error!(%fault, account = place.account, "failed to read the rules of admission: nothing starts");
            NotAdmitted("The rules of admission cannot be read.".to_owned())
        };
        // First, so that a change after it is noticed.
        let last = self.admission.last_change(&place.account).await;
        let mut admitted = Admitted {
            rests_on: Some(last.map_err(unread)?),
            ..Admitted::default()
        };
        let rules = self.admission.rules(&place.account).await;
        let rules = rules.map_err(unread)?;
        if rules.is_empty() {
            return Ok(admitted);
        }
        for (container, image) in images {
            let digest = self.admitted(place, &rules, image).await;
            let digest = digest.map_err(|why| {
                NotAdmitted(format!(
                    "The image of the container '{container}' is not admitted: {image}: {why}."
                ))
            })?;
            if let Some(digest) = digest {
                admitted.pins.insert(container.clone(), digest);
            }
        }
        Ok(admitted)
    }
}

impl Images {
    /// What a name means in a place; `None` for images of other registries.
    pub fn named(&self, place: &Place, image: &str) -> Option<Named> {
        let own = own(&self.hosts, place, image)?;
        Some(Named {
            account: own.registry.account,
            region: own.registry.region,
            repository: own.name,
            digest: match own.reference {
                ImageRef::Digest(digest) => Some(digest.to_string()),
                ImageRef::Tag(_) => None,
            },
        })
    }

    /// The digest that an image may start as; `None` where any will do.
    async fn admitted(
        &self,
        place: &Place,
        rules: &[AdmissionRule],
        image: &str,
    ) -> Result<Option<String>, NotStarted> {
        let now = self.clock.now();
        let own = own(&self.hosts, place, image);
        let repository = own
            .as_ref()
            .map_or_else(|| elsewhere(image), |own| own.repository(place));
        if own.is_none() && is_almost_a_registry(&repository) {
            return Err(NotStarted::Registry);
        }
        let Some(own) = own.filter(|own| own.registry.account == place.account) else {
            let candidate = Candidate {
                repository: &repository,
                signed: None,
            };
            decide(rules, candidate, now).map_err(Inadmissible::from)?;
            return Ok(None);
        };
        let unread = |error: EcrError| {
            tracing::error!(error = %Chain(&error), image, "failed to look for an image's signatures: it does not start");
            NotStarted::Signatures
        };
        let (registry, name) = (&own.registry, &own.name);
        let found = match self.catalog.image(registry, name, &own.reference).await {
            Err(EcrError::RepositoryNotFound { .. }) | Ok(None) => None,
            Ok(Some(found)) => Some(found.digest),
            Err(error) => return Err(unread(error)),
        };
        let Some(digest) = found else {
            let candidate = Candidate {
                repository: &repository,
                signed: None,
            };
            decide(rules, candidate, now).map_err(Inadmissible::from)?;
            return Ok(None);
        };
        let signed = signatures(&self.catalog, registry, name, &digest).await;
        let asked = Question {
            account: place.account.clone(),
            repository,
            digest: digest.to_string(),
            signatures: signed.map_err(unread)?,
        };
        self.decisions.decide(rules, asked, now).await?;
        Ok(Some(digest.to_string()))
    }

    /// The digest of an image that is here. What is to be asked for upstream first is not.
    async fn resolve(&self, own: &Own) -> Result<Option<String>, EcrError> {
        let (registry, name, reference) = (&own.registry, &own.name, &own.reference);
        let now = self.clock.now();
        let due = self.catalog.due_upstream(registry, name, reference, now);
        if due.await?.is_some() {
            return Ok(None);
        }
        let found = self.catalog.image(registry, name, reference).await?;
        Ok(found.map(|image| image.digest.to_string()))
    }
}

impl Own {
    /// As rules of an account name it: with its registry where that is another account's, and where its name could
    /// be that of a repository elsewhere.
    fn repository(&self, place: &Place) -> String {
        let first = self.name.split('/').next().unwrap_or_default();
        match self.registry.account == place.account && !is_host(first) {
            true => self.name.clone(),
            false => format!(
                "{}.dkr.ecr.{}.amazonaws.com/{}",
                self.registry.account, self.registry.region, self.name
            ),
        }
    }
}

/// An image of another registry as rules name it: with its host, without tag and digest.
fn elsewhere(image: &str) -> String {
    let named = image.split_once('@').map_or(image, |(named, _)| named);
    let path = named.rfind('/').map_or(0, |at| at + 1);
    let end = named[path..].find(':').map_or(named.len(), |at| path + at);
    let named = &named[..end];
    match named.split_once('/') {
        Some((host, _)) if is_host(host) => named.to_owned(),
        Some(_) => format!("docker.io/{named}"),
        None => format!("docker.io/library/{named}"),
    }
}

/// A host that others might take for a registry of wharf's, as one with capital letters, is nobody's.
fn is_almost_a_registry(repository: &str) -> bool {
    let host = repository.split('/').next().unwrap_or_default();
    ecr_host::is_like_a_registry(host) && registry(host).is_none()
}

/// Whether the first part of an image's name says where it is.
fn is_host(name: &str) -> bool {
    name.contains(['.', ':']) || name == "localhost"
}

/// What an image's name leads to in this installation, for a task of `place`.
fn own(hosts: &[String], place: &Place, image: &str) -> Option<Own> {
    let (host, path) = image.split_once('/')?;
    let (registry, path) = match registry(host) {
        Some(registry) => (registry, path),
        None if hosts.iter().any(|own| own == host) => match path.split_once('/') {
            // All registries have one host: that of another account or region is in the path.
            Some((first, rest)) if in_path(first).is_some() => (in_path(first)?, rest),
            // The public gallery is none of the account's: the first task tells.
            Some((GALLERY, _)) => return None,
            _ => (Registry::new(&place.account, &place.region), path),
        },
        None => return None,
    };
    let (name, reference) = match path.split_once('@') {
        Some((named, digest)) => {
            let name = named.split_once(':').map_or(named, |(name, _)| name);
            (name, ImageRef::Digest(digest.parse().ok()?))
        }
        None => {
            let (name, tag) = path.split_once(':').unwrap_or((path, LATEST));
            (name, ImageRef::Tag(tag.to_owned()))
        }
    };
    let name = wharf_svc_ecr::valid_repository_name(name).then(|| name.to_owned())?;
    Some(Own {
        registry,
        name,
        reference,
    })
}

/// `<account>.dkr.ecr.<region>.amazonaws.com` and the like
fn registry(host: &str) -> Option<Registry> {
    let (account, region) = ecr_host::registry(host)?;
    Some(Registry::new(account, region))
}

/// `<account>.dkr.ecr.<region>`
fn in_path(name: &str) -> Option<Registry> {
    let (account, region) = name.split_once(".dkr.ecr.")?;
    let is_account = account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit());
    let in_region = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-';
    let is_region = !region.is_empty() && region.bytes().all(in_region);
    (is_account && is_region).then(|| Registry::new(account, region))
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";

    fn check(image: &str, expected: Option<(&str, &str, &str, &str)>) {
        let place = Place {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let hosts = ["localhost:4566".to_owned()];
        let expected = expected.map(|(account, region, name, reference)| Own {
            registry: Registry::new(account, region),
            name: name.to_owned(),
            reference: match reference.parse() {
                Ok(digest) => ImageRef::Digest(digest),
                Err(_) => ImageRef::Tag(reference.to_owned()),
            },
        });
        assert_eq!(own(&hosts, &place, image), expected, "{image}");
    }

    #[test]
    fn what_looks_like_a_registry_is_one_or_nobodys() {
        let far = "111111111111.dkr.ecr.eu-west-1.amazonaws.com";
        assert!(!is_almost_a_registry(&elsewhere(&format!("{far}/app:1"))));
        assert!(!is_almost_a_registry(&elsewhere("quay.io/a.dkr.ecr.b/app")));
        for bad in [
            "111111111111.dkr.ecr.EU-WEST-1.amazonaws.com",
            "111111111111.DKR.ecr.eu-west-1.amazonaws.com",
            "111111111111.dkr.ecr.eu-west-1.localhost:4566",
            "1.dkr.ecr.eu-west-1.amazonaws.com",
            "111111111111.dkr-ecr.eu-west-1.example.com",
        ] {
            let repository = elsewhere(&format!("{bad}/app:1"));
            assert!(is_almost_a_registry(&repository), "{bad}");
        }
    }

    #[test]
    fn names_of_this_registry_lead_to_its_repositories() {
        let (home, other) = ("000000000000", "111111111111");
        let far = "111111111111.dkr.ecr.eu-west-1";
        check(
            "localhost:4566/a/app",
            Some((home, "us-east-1", "a/app", "latest")),
        );
        check(
            "localhost:4566/app:1",
            Some((home, "us-east-1", "app", "1")),
        );
        let pinned = format!("localhost:4566/app:1@{DIGEST}");
        check(&pinned, Some((home, "us-east-1", "app", DIGEST)));
        let there = format!("{far}.amazonaws.com/app:1");
        check(&there, Some((other, "eu-west-1", "app", "1")));
        let in_path = format!("localhost:4566/{far}/app:1");
        check(&in_path, Some((other, "eu-west-1", "app", "1")));
        let china = format!("{home}.dkr.ecr.cn-north-1.amazonaws.com.cn/app");
        check(&china, Some((home, "cn-north-1", "app", "latest")));
        let both = format!("{other}.dkr-ecr.eu-west-1.on.aws/app:1");
        check(&both, Some((other, "eu-west-1", "app", "1")));
    }

    /// A rule about images elsewhere is not met by a repository of the account that is called like one of them.
    #[test]
    fn no_repository_is_named_like_one_elsewhere() {
        let place = Place {
            account: "000000000000".to_owned(),
            region: "us-east-1".to_owned(),
        };
        let named = |account: &str, name: &str| {
            let own = Own {
                registry: Registry::new(account, "us-east-1"),
                name: name.to_owned(),
                reference: ImageRef::Tag("1".to_owned()),
            };
            own.repository(&place)
        };
        let (home, other) = (&*place.account, "111111111111");
        assert_eq!(named(home, "app"), "app");
        assert_eq!(named(home, "team/app.io"), "team/app.io");
        for (account, name) in [
            (home, "docker.io/library/redis"),
            (home, "localhost/app"),
            (home, "111111111111.dkr.ecr.us-east-1.amazonaws.com/app"),
            (other, "app"),
        ] {
            let expected = format!("{account}.dkr.ecr.us-east-1.amazonaws.com/{name}");
            assert_eq!(named(account, name), expected);
        }
    }

    #[test]
    fn images_elsewhere_are_named_with_their_hosts() {
        for (image, named) in [
            ("redis", "docker.io/library/redis"),
            ("redis:7", "docker.io/library/redis"),
            ("bitnami/redis:7@sha256:00", "docker.io/bitnami/redis"),
            ("quay.io/a/b:1", "quay.io/a/b"),
            ("localhost:5000/a:1", "localhost:5000/a"),
            ("localhost/a", "localhost/a"),
            ("", "docker.io/library/"),
        ] {
            assert_eq!(elsewhere(image), named, "{image}");
        }
    }

    #[test]
    fn other_names_do_not() {
        for image in [
            "",
            "app",
            "nginx:1",
            "localhost:80/app",
            "localhost:4566",
            "localhost:4566/",
            "localhost:4566/A:1",
            "localhost:4566/app@sha256:12",
            "localhost:4566/../app",
            "localhost:4566/public.ecr.aws/a1b2c3d4/app:1",
            "111111111111.dkr.ecr.eu-west-1.example.com/app",
            "1.dkr.ecr.eu-west-1.amazonaws.com/app",
            "docker.io/library/app:1",
        ] {
            check(image, None);
        }
    }
}
