//! Previews of lifecycle policies: begun as a record, worked out by who reads one first, and kept in memory for the pages
//! that follow.
//!
//! What is kept is which images the policy takes, and no more: what is shown of them is read for each page. A preview
//! that had to make room, or was kept by a server that ended, is worked out again.

use std::{collections::HashSet, sync::Arc, time::Duration};

use parking_lot::Mutex;
use wharf_api_ecr::types::ImageIdentifier;
use wharf_base::{Permit, Timestamp};
use wharf_blobs::Digest;

use super::{
    super::{Catalog, ImageRef, Open, Registry},
    missing, read, select,
};
use crate::{
    error::EcrError,
    lifecycle::Action,
    records::{Image, Preview, Repository},
};

/// How long a preview can be read.
const PREVIEW_LIFE: Duration = Duration::from_secs(24 * 3600);
/// Images of previews that are kept: those of the largest repository twice.
const MOST: usize = 200_000;
/// What each takes, at most.
const IMAGE_BYTES: usize = 100;
/// Previews that are kept of one account.
const MOST_OF_ACCOUNT: usize = 4;

/// An image that a policy would have expire or go into the archive.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    pub image: Digest,
    pub tagged: bool,
    pub priority: i32,
    pub action: Action,
}

/// A preview, and what it shows unless its time is over.
pub(crate) struct Previewed {
    pub open: Open,
    pub preview: Preview,
    /// In the order of digests, so that a page follows on another although images come and go.
    pub taken: Option<Arc<Vec<Taken>>>,
}

#[derive(Debug)]
struct Kept {
    account: String,
    repository: String,
    preview: Preview,
    taken: Arc<Vec<Taken>>,
}

impl Kept {
    /// How much of [`MOST`] it is. One of a long policy takes something too, though that takes no image.
    fn size(&self) -> usize {
        self.taken.len() + self.preview.text.len() / IMAGE_BYTES + 1
    }
}

/// Previews that were worked out, the oldest first.
#[derive(Debug, Default)]
pub(in crate::catalog) struct Worked(Mutex<Vec<Kept>>);

impl Worked {
    fn get(&self, repository: &str, preview: &Preview) -> Option<Arc<Vec<Taken>>> {
        let kept = self.0.lock();
        let found = kept.iter().find(|it| it.repository == repository);
        found
            .filter(|it| it.preview == *preview)
            .map(|it| it.taken.clone())
    }

    fn keep(&self, new: Kept) {
        let mut kept = self.0.lock();
        kept.retain(|it| it.repository != new.repository);
        let own: Vec<usize> = (0..kept.len())
            .filter(|at| kept[*at].account == new.account)
            .collect();
        if own.len() >= MOST_OF_ACCOUNT {
            kept.remove(own[0]);
        }
        kept.push(new);
        let mut size: usize = kept.iter().map(Kept::size).sum();
        while size > MOST && kept.len() > 1 {
            size -= kept.remove(0).size();
        }
    }
}

impl Catalog {
    /// Begins a preview of `text`, or of the repository's own policy; the text it is of.
    pub(crate) async fn start_preview(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        text: Option<&str>,
        now: Timestamp,
    ) -> Result<String, EcrError> {
        text.map(read).transpose()?;
        let mut shown = String::new();
        let begin = |repository: &mut Repository| {
            let own = repository.lifecycle.as_ref().map(|it| it.text.as_str());
            let text = text.or(own).ok_or_else(|| missing(registry, name))?;
            text.clone_into(&mut shown);
            repository.preview = Some(Preview {
                text: text.to_owned(),
                started_at: now,
            });
            Ok(())
        };
        self.update_repository(permit, registry, name, begin)
            .await?;
        Ok(shown)
    }

    /// What the preview that was last begun shows: the images that there were when it was first read, by the time at
    /// which it was begun.
    pub(crate) async fn preview(
        &self,
        registry: &Registry,
        name: &str,
        now: Timestamp,
    ) -> Result<Previewed, EcrError> {
        let open = self.open(registry, name).await?;
        let preview = open.repository.record.preview.clone();
        let preview = preview.ok_or_else(|| EcrError::PreviewNotFound {
            name: name.to_owned(),
            account: registry.account.clone(),
        })?;
        let taken = match now.since(preview.started_at) > PREVIEW_LIFE {
            true => None,
            false => Some(self.worked_out(&open, &preview).await?),
        };
        Ok(Previewed {
            open,
            preview,
            taken,
        })
    }

    async fn worked_out(
        &self,
        open: &Open,
        preview: &Preview,
    ) -> Result<Arc<Vec<Taken>>, EcrError> {
        let worked = &self.inner.worked;
        if let Some(kept) = worked.get(open.id(), preview) {
            return Ok(kept);
        }
        // All images of the repository are in memory for as long as this is.
        let _share = self.inner.previews.take(&open.registry.account).await;
        // Somebody else had it worked out meanwhile.
        if let Some(kept) = worked.get(open.id(), preview) {
            return Ok(kept);
        }
        let policy = read(&preview.text)?;
        let images = self.all_images(open).await?;
        let chosen = select(policy, &images, preview.started_at).await?;
        let taken = chosen.into_iter().map(|chosen| {
            let image = &images[chosen.image].record;
            Taken {
                image: image.digest,
                tagged: !image.tags.is_empty(),
                priority: chosen.priority,
                action: chosen.action,
            }
        });
        let mut taken: Vec<Taken> = taken.collect();
        taken.sort_by_key(|it| it.image);
        let taken = Arc::new(taken);
        worked.keep(Kept {
            account: open.registry.account.clone(),
            repository: open.id().to_owned(),
            preview: preview.clone(),
            taken: taken.clone(),
        });
        Ok(taken)
    }

    /// The images that a request names, each by its digest, one of its tags or both; `None` if it names any.
    pub(crate) async fn images_named(
        &self,
        open: &Open,
        ids: &[ImageIdentifier],
    ) -> Result<Option<HashSet<Digest>>, EcrError> {
        let mut named = HashSet::new();
        for id in ids {
            let digest = id.image_digest.as_deref().map(str::parse::<Digest>);
            let tagged = match &id.image_tag {
                Some(tag) => Some(self.tag(open, tag).await?),
                None => None,
            };
            match (digest, tagged) {
                (None, None) => return Ok(None),
                (Some(Ok(digest)), None) | (None, Some(Some(digest))) => {
                    named.insert(digest);
                }
                (Some(Ok(digest)), Some(tagged)) if tagged == Some(digest) => {
                    named.insert(digest);
                }
                _ => {}
            }
        }
        Ok(Some(named).filter(|_| !ids.is_empty()))
    }

    /// An image of a preview as it is now; `None` if it is gone.
    pub(crate) async fn previewed(
        &self,
        open: &Open,
        taken: &Taken,
    ) -> Result<Option<Image>, EcrError> {
        let found = self.find(open, &ImageRef::Digest(taken.image)).await?;
        Ok(found.map(|it| it.record))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kept(account: usize, repository: usize, images: usize) -> Kept {
        let one = Taken {
            image: Digest::of(b"x"),
            tagged: false,
            priority: 1,
            action: Action::Expire,
        };
        Kept {
            account: account.to_string(),
            repository: repository.to_string(),
            preview: of(0),
            taken: Arc::new(vec![one; images]),
        }
    }

    fn of(started_at: i64) -> Preview {
        Preview {
            text: String::new(),
            started_at: Timestamp(started_at),
        }
    }

    #[test]
    fn what_is_kept_is_bounded_and_of_one_preview() {
        let worked = Worked::default();
        let has = |repository: usize| worked.get(&repository.to_string(), &of(0)).is_some();
        worked.keep(kept(1, 0, 3));
        assert!(has(0));
        assert_eq!(worked.get("0", &of(1)), None);
        // An account makes room for itself first.
        for repository in 1..=MOST_OF_ACCOUNT {
            worked.keep(kept(2, repository, 1));
        }
        worked.keep(kept(2, MOST_OF_ACCOUNT, 1));
        assert!((0..=MOST_OF_ACCOUNT).all(has));
        worked.keep(kept(2, 9, 1));
        assert!(has(0) && !has(1) && has(2) && has(9));
        // One that is too large for others beside it is kept alone.
        worked.keep(kept(3, 10, MOST));
        assert!(has(10) && !has(0) && !has(9));
        let mut long = kept(4, 11, 0);
        long.preview.text = " ".repeat(MOST * IMAGE_BYTES);
        worked.keep(long);
        assert!(!has(10));
    }
}
