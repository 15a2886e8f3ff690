//! Which images tasks and pods run, and when one last did: shown with findings and coverage.

use std::{collections::BTreeMap, sync::Arc, time::Duration};

use wharf_api_inspector2::{AwsEcrContainerImageDetails, Finding};
use wharf_base::Timestamp;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::service::Inspector2Service;

/// For so long what was counted is shown: all tasks and pods would be looked at for each page of a list otherwise.
const FRESH: Duration = Duration::from_secs(3);
/// Places whose counts are kept; more than are asked for at a time.
const MOST_KEPT: usize = 64;

/// How an image is in use.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Used {
    /// Tasks and pods that run it.
    pub count: i64,
    /// When one last did; now, while one does.
    pub last: Timestamp,
}

/// The images of a place that tasks and pods run, or ran of late, by repository and digest.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InUse(BTreeMap<String, BTreeMap<String, Used>>);

impl InUse {
    /// An image is in use like that, besides what was said of it before.
    pub fn join(&mut self, repository: &str, digest: &str, more: Used) {
        let images = self.0.entry(repository.to_owned()).or_default();
        let used = images.entry(digest.to_owned()).or_default();
        used.count += more.count;
        used.last = used.last.max(more.last);
    }

    pub fn of(&self, repository: &str, digest: &str) -> Option<Used> {
        self.0.get(repository)?.get(digest).copied()
    }

    /// By repository and digest.
    pub fn each(&self) -> impl Iterator<Item = (&str, &str, Used)> {
        self.0.iter().flat_map(|(repository, images)| {
            let images = images.iter();
            images.map(move |(digest, used)| (repository.as_str(), digest.as_str(), *used))
        })
    }

    /// How often an image is in use, and when it last was: now, or as it was written down.
    pub(crate) fn shown(
        &self,
        repository: &str,
        digest: &str,
        written_down: Option<Timestamp>,
    ) -> (i64, Option<Timestamp>) {
        let used = self.of(repository, digest);
        let last = used.map(|it| it.last).max(written_down);
        (used.map_or(0, |it| it.count), last)
    }

    /// The finding with what is known of the use of its image.
    pub(crate) fn told(&self, mut finding: Finding) -> Finding {
        if let Some(image) = image_of(&mut finding) {
            let repository = image.repository_name.as_deref().unwrap_or_default();
            let digest = image.image_hash.as_deref().unwrap_or_default();
            let (count, last) = self.shown(repository, digest, image.last_in_use_at);
            (image.in_use_count, image.last_in_use_at) = (Some(count), last);
        }
        finding
    }
}

fn image_of(finding: &mut Finding) -> Option<&mut AwsEcrContainerImageDetails> {
    let resource = finding.resources.as_mut()?.first_mut()?;
    resource.details.as_mut()?.aws_ecr_container_image.as_mut()
}

/// Counts of places, and when they were counted.
pub(crate) type Kept = BTreeMap<Place, (Timestamp, Arc<InUse>)>;

impl Inspector2Service {
    /// The images of the place that are in use, as it was some moments ago.
    pub async fn in_use(&self, place: &Place) -> Result<Arc<InUse>, Fault> {
        if let Some(kept) = self.counted(place) {
            return Ok(kept);
        }
        // Whoever comes meanwhile waits for this count, instead of looking at all tasks and pods as well.
        let turn = (&place.account, &place.region);
        let _turn = self.counting.take(turn).await;
        if let Some(kept) = self.counted(place) {
            return Ok(kept);
        }
        let now = self.now();
        let counted = Arc::new(self.clusters.in_use(place).await?);
        let mut kept = self.in_use.lock();
        if kept.len() >= MOST_KEPT {
            kept.clear();
        }
        kept.insert(place.clone(), (now, counted.clone()));
        Ok(counted)
    }

    fn counted(&self, place: &Place) -> Option<Arc<InUse>> {
        let now = self.now();
        let kept = self.in_use.lock();
        let (at, counted) = kept.get(place)?;
        let is_fresh = now >= *at && now.since(*at) < FRESH;
        is_fresh.then(|| counted.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_are_counted_by_repository_and_digest() {
        let used = |count, last| Used {
            count,
            last: Timestamp(last),
        };
        let mut in_use = InUse::default();
        in_use.join("app", "a", used(1, 9));
        in_use.join("app", "a", used(1, 9));
        in_use.join("app", "a", used(0, 5));
        in_use.join("app", "b", used(0, 4));
        in_use.join("web", "a", used(0, 3));
        let all: Vec<_> = in_use.each().collect();
        let expected = [
            ("app", "a", used(2, 9)),
            ("app", "b", used(0, 4)),
            ("web", "a", used(0, 3)),
        ];
        assert_eq!(all, expected);
        for (digest, written, shown) in [
            ("a", None, (2, Some(9))),
            ("a", Some(8), (2, Some(9))),
            ("b", Some(8), (0, Some(8))),
            ("c", Some(8), (0, Some(8))),
            ("c", None, (0, None)),
        ] {
            let (count, last) = in_use.shown("app", digest, written.map(Timestamp));
            assert_eq!((count, last.map(|it| it.0)), shown, "{digest} {written:?}");
        }
    }
}
