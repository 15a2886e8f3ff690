//! Which repositories hold a blob that the disk lost.

use std::collections::BTreeSet;

use wharf_blobs::Digest;
use wharf_store::Range;

use super::{Catalog, GALLERY, Read, SCAN_PAGE};
use crate::{
    error::EcrError,
    records::{Keys, PUBLIC_SERVICE, Repository},
};

/// More are not named.
const MOST: usize = 20;

impl Catalog {
    /// Some of them, as `<account>/<region>/<name>`; public ones have the gallery for a region. Looks at all repositories: for what should never happen.
    pub async fn repositories_with(&self, digest: &Digest) -> Result<Vec<String>, EcrError> {
        let prefix = wharf_wanted::owners(digest);
        let owners = Range::prefix(&prefix).limit(SCAN_PAGE).keys_only();
        let owners = self.store().range(owners).await?.entries;
        let ids: BTreeSet<&str> = owners
            .iter()
            .filter_map(|owner| owner.key.strip_prefix(&prefix)?.split('.').next())
            .collect();
        let mut found = Vec::new();
        if ids.is_empty() {
            return Ok(found);
        }
        for scope in self.all_scopes().await? {
            let place = match scope.service == PUBLIC_SERVICE {
                true => format!("{}/{GALLERY}", scope.account),
                false => format!("{}/{}", scope.account, scope.region),
            };
            let keys = Keys::of(scope);
            let mut after = None;
            loop {
                let (repositories, more): (Vec<Read<Repository>>, _) =
                    self.page(keys.repositories(), after, SCAN_PAGE).await?;
                after = repositories.last().map(|read| read.key.clone());
                let holding = repositories
                    .into_iter()
                    .filter(|read| ids.contains(read.record.id.as_str()));
                found.extend(holding.map(|read| format!("{place}/{}", read.record.name)));
                if found.len() >= MOST {
                    found.truncate(MOST);
                    return Ok(found);
                }
                if !more {
                    break;
                }
            }
        }
        Ok(found)
    }
}
