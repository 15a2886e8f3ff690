//! Which images the pods of a cluster start: the rules of admission of the account whose cluster it is, as for its tasks.

use std::sync::Arc;

use wharf_kube_api::{AdmittedImages, NotAdmitted, PodImages};
use wharf_service::Place;
use wharf_store::Compare;
use wharf_svc_ecs::{TaskImages, untagged};
use wharf_wire::async_trait;

/// Rules of one account.
pub struct OfAccount {
    pub images: Arc<dyn TaskImages>,
    /// The cluster's.
    pub place: Place,
}

#[async_trait]
impl PodImages for OfAccount {
    async fn admit(&self, images: &[(String, String)]) -> Result<AdmittedImages, NotAdmitted> {
        let place = wharf_svc_ecs::Place {
            account: self.place.account.clone(),
            region: self.place.region.clone(),
        };
        let admitted = self.images.admit(&place, images).await;
        let admitted = admitted.map_err(|why| NotAdmitted(why.into()))?;
        let settled = |(container, image): &(String, String)| {
            let pin = admitted.pins.get(container)?;
            Some((container.clone(), pinned(image, pin)))
        };
        let rests_on = admitted.rests_on.as_ref();
        Ok(AdmittedImages {
            settled: images.iter().filter_map(settled).collect(),
            rests_on: rests_on.map(|(key, revision)| Compare::mod_revision(key, *revision)),
        })
    }
}

/// The image of that digest, under the name it was given: kubelets do not all take a tag beside a digest.
fn pinned(image: &str, digest: &str) -> String {
    match image.contains('@') {
        true => untagged(image),
        false => untagged(&format!("{image}@{digest}")),
    }
}

#[cfg(test)]
mod tests {
    use super::pinned;

    #[test]
    fn a_name_with_a_digest_has_no_tag() {
        for (image, expected) in [
            ("localhost:4566/app", "localhost:4566/app@sha256:00"),
            ("localhost:4566/app:1", "localhost:4566/app@sha256:00"),
            (
                "localhost:4566/app:1@sha256:11",
                "localhost:4566/app@sha256:11",
            ),
            ("app@sha256:11", "app@sha256:11"),
        ] {
            assert_eq!(pinned(image, "sha256:00"), expected);
        }
    }
}
