//! Repositories themselves: made, found, changed, deleted.

use std::collections::BTreeMap;

use wharf_base::{Permit, Timestamp, ids};
use wharf_datakeys::grants::Begun;
use wharf_service::tags::{Refused, Rules, Tags};
use wharf_service::{Outcome, transact};
use wharf_store::{Compare, Range};

use super::{Catalog, Granter, Read, Registry};
use crate::{
    error::EcrError,
    names::valid_repository_name,
    records::{CatalogData, DoomedRepository, Lifecycle, Repository, WantedEncryption},
};

/// What the caller chooses about a new repository.
pub(crate) struct NewRepository {
    pub name: String,
    pub tag_mutability: String,
    pub exclusion_filters: Vec<String>,
    pub scan_on_push: bool,
    /// With a key of KMS.
    pub encryption: Option<WantedEncryption>,
    /// As [`TAGS`] allows.
    pub tags: Tags,
    /// The resource policy's text.
    pub policy: Option<String>,
    /// The lifecycle policy's text.
    pub lifecycle: Option<String>,
}

impl NewRepository {
    /// One of that name where nobody chose anything.
    pub(crate) fn plain(name: &str) -> Self {
        Self {
            name: name.to_owned(),
            tag_mutability: "MUTABLE".to_owned(),
            exclusion_filters: Vec::new(),
            scan_on_push: false,
            encryption: None,
            tags: Tags::new(),
            policy: None,
            lifecycle: None,
        }
    }
}

impl Catalog {
    /// The address clients push to and pull from.
    pub fn repository_uri(&self, name: &str) -> String {
        format!("{}/{name}", self.config().host)
    }

    pub async fn repository(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Repository, EcrError> {
        Ok(self.open(registry, name).await?.repository.record)
    }

    /// Up to `limit` repositories in the order of their names, behind `after`; and whether there
    /// are more.
    pub async fn repositories(
        &self,
        registry: &Registry,
        after: Option<&str>,
        limit: usize,
    ) -> Result<(Vec<Repository>, bool), EcrError> {
        let keys = registry.keys();
        let after = after.map(|name| keys.repository(name));
        let (found, more) = self.page(keys.repositories(), after, limit).await?;
        Ok((
            found
                .into_iter()
                .map(|read: Read<Repository>| read.record)
                .collect(),
            more,
        ))
    }

    pub(crate) async fn create_repository(
        &self,
        permit: &Permit,
        registry: &Registry,
        new: NewRepository,
        granter: Granter<'_>,
        now: Timestamp,
    ) -> Result<Repository, EcrError> {
        self.create_with(permit, registry, new, granter, None, now)
            .await
    }

    /// The same, with what the public gallery says of it.
    pub(crate) async fn create_with(
        &self,
        permit: &Permit,
        registry: &Registry,
        new: NewRepository,
        granter: Granter<'_>,
        data: Option<&CatalogData>,
        now: Timestamp,
    ) -> Result<Repository, EcrError> {
        if !valid_repository_name(&new.name) {
            return Err(EcrError::invalid(
                "repositoryName",
                "must be a valid repository name",
            ));
        }
        check_mutability(&new.tag_mutability, &new.exclusion_filters)?;
        let mut repository = Repository {
            id: ids::hex16(),
            name: new.name,
            created_at: now,
            tag_mutability: new.tag_mutability,
            exclusion_filters: new.exclusion_filters,
            scan_on_push: new.scan_on_push,
            encryption: None,
            tags: new.tags,
            policy: new.policy,
            lifecycle: new.lifecycle.map(|text| Lifecycle {
                text,
                set_at: now,
                evaluated_at: None,
            }),
            preview: None,
            unknown: BTreeMap::new(),
        };
        let mut begun = None;
        if let Some(wanted) = &new.encryption {
            // Nothing is granted for one that is there or too many. KMS is not asked in a turn: others wait for it.
            self.require_new(registry, &repository.name).await?;
            let made = self.encrypt(granter, registry, &repository.name, wanted);
            let (encryption, pending) = made.await?;
            repository.encryption = Some(encryption);
            begun = Some(pending);
        }
        let begun = begun.as_ref();
        let written = self.put_repository(permit, registry, &repository, data, begun);
        let written = written.await;
        if let (Err(_), Some(begun)) = (&written, begun) {
            self.let_go(&begun.at).await;
        }
        written.map(|()| repository)
    }

    async fn require_new(&self, registry: &Registry, name: &str) -> Result<(), EcrError> {
        let keys = registry.keys();
        self.require_repositories(registry, &keys, name).await?;
        match self.store().get(&keys.repository(name)).await? {
            Some(_) => Err(exists(registry, name)),
            None => Ok(()),
        }
    }

    /// `begun`: what its grant was pending by.
    async fn put_repository(
        &self,
        permit: &Permit,
        registry: &Registry,
        repository: &Repository,
        data: Option<&CatalogData>,
        begun: Option<&Begun>,
    ) -> Result<(), EcrError> {
        // One after the other, so that a crowd does not pass the quota together.
        let _turn = self.turn(registry, "").await;
        let (keys, name) = (registry.keys(), &repository.name);
        self.require_repositories(registry, &keys, name).await?;
        let key = keys.repository(name);
        let mut changes = self.table().begin();
        changes.when(Compare::absent(&key));
        if let Some(data) = data {
            changes.join(self.saying(&keys, &repository.id, data).await?);
        }
        if let Some(begun) = begun {
            changes.join(begun.ended());
        }
        changes.put(&key, repository);
        match changes.commit(permit).await? {
            Outcome::Written(_) => Ok(()),
            Outcome::Lost(at) if at == key => Err(exists(registry, name)),
            // Another process may have been about to remove its logo, or this took too long.
            Outcome::Lost(_) => Err(EcrError::Contention),
        }
    }

    /// Reads, changes and writes the repository until nobody came between.
    pub async fn update_repository(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        change: impl FnMut(&mut Repository) -> Result<(), EcrError>,
    ) -> Result<Repository, EcrError> {
        let _turn = self.turn(registry, name).await;
        let key = registry.keys().repository(name);
        let changed = self.inner.table.change(permit, &key, change).await?;
        let (repository, ()) = changed.ok_or_else(|| registry.missing(name))?;
        Ok(repository)
    }

    /// Takes the repository away under its name; with `force` also when it holds images. What is
    /// in it goes by its id right after, or by the collector if this is cut short.
    pub async fn delete_repository(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        force: bool,
    ) -> Result<Repository, EcrError> {
        let turn = self.turn(registry, name).await;
        let open = transact!(self.inner.table, permit, |tx| {
            let open = self.open_in(&mut tx, registry, name).await?;
            let images = Range::prefix(open.keys.images(open.id()))
                .limit(1)
                .keys_only();
            if !force && !self.store().range(images).await?.entries.is_empty() {
                let (name, account) = (open.name(), open.account());
                return Err(EcrError::RepositoryNotEmpty { name, account });
            }
            tx.delete(&open.repository.key);
            tx.put(
                open.keys.doomed(open.id()),
                &DoomedRepository::of(&open.repository.record),
            );
            open
        });
        // What is left is nobody else's.
        drop(turn);
        let doomed = DoomedRepository::of(&open.repository.record);
        self.remove_contents(permit, &open.keys, open.id(), &doomed)
            .await?;
        Ok(open.repository.record)
    }
}

fn exists(registry: &Registry, name: &str) -> EcrError {
    EcrError::RepositoryExists {
        name: name.to_owned(),
        account: registry.account.clone(),
    }
}

/// Filters are required with `…_WITH_EXCLUSION` and forbidden otherwise.
pub(crate) fn check_mutability(mutability: &str, filters: &[String]) -> Result<(), EcrError> {
    const FILTERS: &str = "imageTagMutabilityExclusionFilters";
    let excluding = mutability.ends_with("_WITH_EXCLUSION");
    if excluding && filters.is_empty() {
        return Err(EcrError::invalid(
            FILTERS,
            format!("required with {mutability}"),
        ));
    }
    if !excluding && !filters.is_empty() {
        return Err(EcrError::invalid(
            FILTERS,
            format!("not allowed with {mutability}"),
        ));
    }
    if filters.iter().any(|filter| filter.matches('*').count() > 2) {
        return Err(EcrError::invalid(
            FILTERS,
            "a filter has at most two wildcards",
        ));
    }
    Ok(())
}

/// What tags of repositories must be.
pub const TAGS: Rules<EcrError> = Rules::usual(refused);

fn refused(why: Refused<'_>) -> EcrError {
    EcrError::InvalidTagParameter(match why {
        Refused::TooMany => return EcrError::TooManyTags(TAGS.most),
        Refused::Key(_) => format!("Tag keys have 1 to {} characters", TAGS.longest_key),
        Refused::Reserved(_) => "Tag keys that start with aws: are reserved".to_owned(),
        Refused::Twice(key) => format!("The tag key {key} is given twice"),
        Refused::Value(_) => format!("Tag values have at most {} characters", TAGS.longest_value),
    })
}
