//! The images of containers: to which digest a name leads, and whether tasks may start it.
//!
//! All tasks of a deployment run the same images although tags move: a revision records the digest of each
//! container's image, and its tasks are told to pull that. A container whose `versionConsistency` is
//! `disabled` is left to its tag.

use std::collections::BTreeMap;

use wharf_api_ecs::{ContainerDefinition, TaskDefinition};
use wharf_records::ecs::RevisionImage;
use wharf_store::Revision;
use wharf_wire::async_trait;

use crate::{
    definition::{containers, name},
    names::Place,
};

/// Digests by the names of containers.
pub type Pins = BTreeMap<String, String>;

/// What is known of images, as ECS asks for it.
#[async_trait]
pub trait TaskImages: Send + Sync {
    /// The digest that the name has now, if the control plane can tell: of a registry that is the task's
    /// own. Where it cannot, the first task that pulled it tells.
    async fn digest(&self, place: &Place, image: &str) -> Option<String>;

    /// Whether a task of `place` may start these images, by the names of its containers.
    ///
    /// # Errors
    /// One of them may not, or nobody can tell: nothing starts then.
    async fn admit(
        &self,
        place: &Place,
        images: &[(String, String)],
    ) -> Result<Admitted, NotAdmitted>;
}

/// That images may start.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Admitted {
    /// As which digests: none where the account admits every image.
    pub pins: Pins,
    pub rests_on: Option<RestsOn>,
}

/// A key that changes with the rules a decision was made by, and the revision that it had then (0: none). A task is written only while it
/// is so.
pub type RestsOn = (String, Revision);

/// Why no task is started, as people read it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct NotAdmitted(pub String);

/// Where there is no registry to ask: tasks run what their definitions name.
#[derive(Debug, Clone, Copy, Default)]
pub struct AsNamed;

#[async_trait]
impl TaskImages for AsNamed {
    async fn digest(&self, _: &Place, _: &str) -> Option<String> {
        None
    }

    async fn admit(&self, _: &Place, _: &[(String, String)]) -> Result<Admitted, NotAdmitted> {
        Ok(Admitted::default())
    }
}

/// The images of a definition as a revision begins with them.
pub async fn of_revision(
    known: &dyn TaskImages,
    place: &Place,
    definition: &TaskDefinition,
) -> Vec<RevisionImage> {
    let mut found = Vec::new();
    for container in containers(definition) {
        let image = container.image.clone().unwrap_or_default();
        let digest = match named_digest(&image) {
            Some(digest) => Some(digest.to_owned()),
            None if is_consistent(container) => known.digest(place, &image).await,
            None => None,
        };
        found.push(RevisionImage {
            container: name(container).to_owned(),
            image,
            digest,
            moving: !is_consistent(container),
        });
    }
    found
}

/// What tasks of a revision are told to pull instead of what their names lead to.
pub fn pins(images: &[RevisionImage]) -> Pins {
    let pin = |image: &RevisionImage| Some((image.container.clone(), image.digest.clone()?));
    images
        .iter()
        .filter(|it| !it.moving)
        .filter_map(pin)
        .collect()
}

/// The images of a definition, by container, with the digests that are settled.
pub fn wanted(definition: &TaskDefinition, pins: &Pins) -> Vec<(String, String)> {
    let one = |container: &ContainerDefinition| {
        let image = container.image.as_deref().unwrap_or_default();
        let pin = pins.get(name(container)).map(String::as_str);
        (name(container).to_owned(), at(image, pin))
    };
    containers(definition).iter().map(one).collect()
}

/// The image of that digest, under the name it was given.
pub fn at(image: &str, digest: Option<&str>) -> String {
    match digest {
        Some(digest) if named_digest(image).is_none() => format!("{image}@{digest}"),
        _ => image.to_owned(),
    }
}

/// Without the tag where there is a digest: not all that pull take both.
pub fn untagged(image: &str) -> String {
    let Some((named, digest)) = image.split_once('@') else {
        return image.to_owned();
    };
    // A colon before the last slash belongs to the host.
    let path = named.rfind('/').map_or(0, |at| at + 1);
    let end = named[path..].find(':').map_or(named.len(), |at| path + at);
    format!("{}@{digest}", &named[..end])
}

/// The digest that a name itself has.
pub fn named_digest(image: &str) -> Option<&str> {
    image.split_once('@').map(|(_, digest)| digest)
}

fn is_consistent(container: &ContainerDefinition) -> bool {
    container.version_consistency.as_deref() != Some("disabled")
}

#[cfg(test)]
mod tests {
    use super::*;

    const DIGEST: &str = "sha256:00";

    #[test]
    fn a_digest_joins_a_name_that_has_none() {
        for (image, digest, expected) in [
            ("app", None, "app"),
            ("app:1", Some(DIGEST), "app:1@sha256:00"),
            ("h:1/app", Some(DIGEST), "h:1/app@sha256:00"),
            ("app@sha256:11", Some(DIGEST), "app@sha256:11"),
        ] {
            assert_eq!(at(image, digest), expected, "{image}");
        }
    }

    #[test]
    fn a_tag_goes_where_a_digest_says_more() {
        for (image, expected) in [
            ("h:1/a/app:1@sha256:00", "h:1/a/app@sha256:00"),
            ("h:1/app@sha256:00", "h:1/app@sha256:00"),
            ("app:1@sha256:00", "app@sha256:00"),
            ("h:1/app:1", "h:1/app:1"),
            ("", ""),
        ] {
            assert_eq!(untagged(image), expected, "{image}");
        }
    }

    #[test]
    fn what_may_move_is_no_pin() {
        let image = |container: &str, digest: Option<&str>, moving| RevisionImage {
            container: container.to_owned(),
            image: "app".to_owned(),
            digest: digest.map(str::to_owned),
            moving,
        };
        let images = [
            image("a", Some(DIGEST), false),
            image("b", None, false),
            image("c", Some("sha256:11"), true),
        ];
        let expected = Pins::from([("a".to_owned(), DIGEST.to_owned())]);
        assert_eq!(pins(&images), expected);
    }
}
