//! What the API gives of repositories that are filled from an upstream registry: brought first, if it is not
//! here, for callers who may have it brought. A tag that is here is given as it is; pulls compare it.

use std::sync::Arc;

use futures_util::future::try_join_all;
use wharf_api_ecr::types::ImageIdentifier;
use wharf_base::Timestamp;
use wharf_blobs::Digest;
use wharf_wire::{Call, Check};

use super::read_image_id;
use crate::{
    catalog::{Brought, Catalog, Due, ImageRef, Registry},
    error::EcrError,
    identifier::Failure,
    upstream::UpstreamError,
};

/// What lets a caller have images brought.
const IMPORT: &str = "ecr:BatchImportUpstreamImage";
/// Images that one request brings at once.
pub(crate) const AT_ONCE: usize = 8;

/// What an upstream registry has to do with an image that is asked for.
pub(crate) enum Upstream {
    /// What is here is all there is to say.
    Nothing,
    Brought(Arc<Brought>),
    Failed(Failure),
}

/// What is asked beside the operation's own action, for images that would have to be brought.
pub(crate) async fn checks_of_images(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    ids: &[ImageIdentifier],
    now: Timestamp,
) -> Result<Vec<Check>, EcrError> {
    for reference in ids.iter().filter_map(asked_for) {
        let Some(due) = due(catalog, registry, name, &reference, now).await? else {
            continue;
        };
        let mut checks = vec![catalog.check(IMPORT, registry, name).await?];
        if due.makes {
            checks.push(catalog.check_creation(registry, name).await?);
        }
        return Ok(checks);
    }
    Ok(Vec::new())
}

/// The same for a layer.
pub(crate) async fn checks_of_layer(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    digest: &str,
) -> Result<Vec<Check>, EcrError> {
    let Ok(digest) = digest.parse::<Digest>() else {
        return Ok(Vec::new());
    };
    match is_due(catalog, registry, name, &digest).await? {
        true => Ok(vec![catalog.check(IMPORT, registry, name).await?]),
        false => Ok(Vec::new()),
    }
}

/// The image that may be brought for an id. A digest beside a tag is compared with what is here.
fn asked_for(id: &ImageIdentifier) -> Option<ImageRef> {
    match read_image_id(id) {
        Ok((reference, None)) => Some(reference),
        _ => None,
    }
}

/// What there is to bring, if nothing of the image is here.
async fn due(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    reference: &ImageRef,
    now: Timestamp,
) -> Result<Option<Due>, EcrError> {
    let due = catalog.due_upstream(registry, name, reference, now).await?;
    Ok(due.filter(|due| !due.cached))
}

async fn is_due(
    catalog: &Catalog,
    registry: &Registry,
    name: &str,
    digest: &Digest,
) -> Result<bool, EcrError> {
    match catalog.is_layer_due(registry, name, digest).await {
        Err(EcrError::RepositoryNotFound { .. }) => Ok(false),
        due => due,
    }
}

/// One request for images of a repository.
pub(crate) struct Images<'a> {
    pub catalog: &'a Catalog,
    pub call: &'a Call,
    pub registry: &'a Registry,
    pub name: &'a str,
    /// Why the upstream registry is not asked for more.
    pub down: Option<Failure>,
}

impl Images<'_> {
    /// Brings those that are not here.
    pub(crate) async fn bring(
        &mut self,
        ids: &[ImageIdentifier],
    ) -> Result<Vec<Upstream>, EcrError> {
        let all = try_join_all(ids.iter().map(|id| self.one(id))).await?;
        let down = all.iter().find_map(|it| match it {
            Upstream::Failed(failure) if failure.code.starts_with("Upstream") => Some(failure),
            _ => None,
        });
        self.down = self.down.take().or_else(|| down.cloned());
        Ok(all)
    }

    async fn one(&self, id: &ImageIdentifier) -> Result<Upstream, EcrError> {
        let (catalog, registry, name) = (self.catalog, self.registry, self.name);
        let Some(reference) = asked_for(id) else {
            return Ok(Upstream::Nothing);
        };
        if let Some(coming) = catalog.coming_image(registry, name, &reference) {
            return Ok(Upstream::Brought(coming));
        }
        let Some(due) = due(catalog, registry, name, &reference, self.call.now).await? else {
            return Ok(Upstream::Nothing);
        };
        if let Some(down) = &self.down {
            return Ok(Upstream::Failed(down.clone()));
        }
        let brought = catalog.bring_image(self.call, registry, name, &reference, due);
        match brought.await {
            Ok(Some(brought)) => Ok(Upstream::Brought(brought)),
            Ok(None) => Ok(Upstream::Nothing),
            Err(error) => match failure(&error) {
                Some(failed) => Ok(failed),
                None => Err(error),
            },
        }
    }
}

/// How an image that could not be brought is answered, if the others of the request can be given all the same.
fn failure(error: &EcrError) -> Option<Upstream> {
    let code = match error.told() {
        EcrError::Upstream(UpstreamError::NotFound(_)) => return Some(Upstream::Nothing),
        EcrError::Secret(_) => return None,
        // Too many are on their way.
        EcrError::Contention => "UpstreamTooManyRequests",
        other => other.upstream_code()?,
    };
    let reason = error.told().to_string();
    Some(Upstream::Failed(Failure::new(code, reason)))
}

/// Brings a layer that is not here, if there is a rule to bring it by.
pub(crate) async fn layer(
    catalog: &Catalog,
    call: &Call,
    registry: &Registry,
    name: &str,
    digest: &Digest,
) -> Result<(), EcrError> {
    if !is_due(catalog, registry, name, digest).await? {
        return Ok(());
    }
    let brought = catalog.bring_layer(call, registry, name, digest).await;
    brought.or_else(|error| match error.told() {
        // What is not here is said in its own words.
        EcrError::Upstream(UpstreamError::NotFound(_)) => Ok(()),
        EcrError::Upstream(why) => Err(EcrError::UpstreamLayer(why.to_string())),
        _ => Err(error),
    })
}
