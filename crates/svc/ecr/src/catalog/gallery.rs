//! The public gallery: which account an alias stands for, and what it says of repositories.

use bytes::Bytes;
use wharf_base::{Permit, Timestamp, ids};
use wharf_blobs::Lease;
use wharf_records::encode;
use wharf_service::{tags::Tags, transact};
use wharf_store::Txn;

use super::{Catalog, Change, Granter, MARKER, NewRepository, Open, Read, Registry};
use crate::{
    error::EcrError,
    records::{Alias, CatalogData, Keys, Logo, LogoFormat, PublicRegistry, Repository, logo_owner},
};

/// What stands before the alias in addresses, behind the host.
pub const GALLERY: &str = "public.ecr.aws";
/// The quota of a logo, in bytes.
const MAX_LOGO: u64 = 512_000;

/// What the owner of a repository has the gallery say of it.
#[derive(Debug, Clone, Default)]
pub struct NewCatalogData {
    pub description: Option<String>,
    pub architectures: Vec<String>,
    pub operating_systems: Vec<String>,
    pub about_text: Option<String>,
    pub usage_text: Option<String>,
    /// A picture; empty for none.
    pub logo: Bytes,
}

impl Catalog {
    /// The public registry of an account. It gets its alias when it is first asked for.
    pub async fn public_registry(
        &self,
        permit: &Permit,
        registry: &Registry,
        now: Timestamp,
    ) -> Result<PublicRegistry, EcrError> {
        let key = registry.keys().public_registry();
        if let Some(found) = self.read(&key).await? {
            return Ok(found.record);
        }
        Ok(transact!(self.inner.table, permit, |tx| {
            match tx.find::<PublicRegistry>(&key).await? {
                Some(there) => there,
                None => {
                    let made = PublicRegistry {
                        alias: self.free_alias(&mut tx, &registry.account).await?,
                        created_at: now,
                        display_name: None,
                        unknown: Default::default(),
                    };
                    tx.put(&key, &made);
                    made
                }
            }
        }))
    }

    async fn free_alias(&self, tx: &mut Change<'_>, account: &str) -> Result<String, EcrError> {
        loop {
            let alias = ids::registry_alias();
            let key = Alias::key(&alias);
            if tx.find::<Alias>(&key).await?.is_none() {
                let account = account.to_owned();
                let unknown = Default::default();
                tx.put(key, &Alias { account, unknown });
                return Ok(alias);
            }
        }
    }

    /// The public registry that an alias stands for.
    pub async fn registry_of_alias(&self, alias: &str) -> Result<Option<Registry>, EcrError> {
        let found: Option<Read<Alias>> = self.read(&Alias::key(alias)).await?;
        Ok(found.map(|found| Registry::public(found.record.account)))
    }

    /// The name under which the gallery shows the registry.
    pub async fn name_registry(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: Option<String>,
        now: Timestamp,
    ) -> Result<PublicRegistry, EcrError> {
        self.public_registry(permit, registry, now).await?;
        let key = registry.keys().public_registry();
        let change = |it: &mut PublicRegistry| {
            it.display_name.clone_from(&name);
            Ok::<_, EcrError>(())
        };
        let changed = self.inner.table.change(permit, &key, change).await?;
        let (registry, ()) = changed.ok_or(EcrError::Contention)?;
        Ok(registry)
    }

    /// The address clients push to and pull from.
    pub fn public_uri(&self, alias: &str, name: Option<&str>) -> String {
        let registry = format!("{}/{GALLERY}/{alias}", self.config().host);
        name.map_or(registry.clone(), |name| format!("{registry}/{name}"))
    }

    /// Where anybody gets a repository's logo.
    pub fn logo_url(&self, alias: &str, name: &str) -> String {
        let config = self.config();
        let (scheme, host) = (&config.scheme, &config.host);
        format!("{scheme}://{host}/v2/{GALLERY}/{alias}/{name}/logo")
    }

    /// Makes a repository of a public registry, with what the gallery says of it.
    pub async fn create_public_repository(
        &self,
        permit: &Permit,
        registry: &Registry,
        (name, tags): (String, Tags),
        data: Option<NewCatalogData>,
        now: Timestamp,
    ) -> Result<(Repository, Option<CatalogData>), EcrError> {
        let (data, _lease) = match data {
            Some(data) => {
                let (data, lease) = self.keep_data(data).await?;
                (Some(data), lease)
            }
            None => (None, None),
        };
        let new = NewRepository {
            tags,
            ..NewRepository::plain(&name)
        };
        let made = self.create_with(permit, registry, new, Granter::Account, data.as_ref(), now);
        Ok((made.await?, data))
    }

    /// What the gallery says of a repository, if anything.
    pub async fn catalog_data(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Option<CatalogData>, EcrError> {
        let open = self.open(registry, name).await?;
        let found = self.read(&open.keys.catalog_data(open.id())).await?;
        Ok(found.map(|found| found.record))
    }

    /// Has the gallery say this of a repository, instead of what it said before.
    pub async fn put_catalog_data(
        &self,
        permit: &Permit,
        registry: &Registry,
        name: &str,
        data: NewCatalogData,
    ) -> Result<CatalogData, EcrError> {
        self.open(registry, name).await?;
        let (data, _lease) = self.keep_data(data).await?;
        let _turn = self.turn(registry, name).await;
        transact!(self.inner.table, permit, |tx| {
            let open = self.open(registry, name).await?;
            tx.when(open.repository.still_there());
            self.say(&mut tx, &open, &data).await?;
        });
        Ok(data)
    }

    /// A repository's logo, and its media type.
    pub async fn logo(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Option<(Vec<u8>, &'static str)>, EcrError> {
        let data = self.catalog_data(registry, name).await?;
        let Some(logo) = data.and_then(|data| data.logo) else {
            return Ok(None);
        };
        let bytes = self.blobs().get(&logo.digest, MAX_LOGO).await?;
        let bytes = bytes.ok_or(EcrError::BytesMissing(logo.digest))?;
        Ok(Some((bytes, logo.format.media_type())))
    }

    /// The data as it is recorded. Hold the lease until it is.
    async fn keep_data(
        &self,
        new: NewCatalogData,
    ) -> Result<(CatalogData, Option<Lease>), EcrError> {
        let (logo, lease) = match new.logo {
            none if none.is_empty() => (None, None),
            bytes => {
                let format = LogoFormat::of(&bytes).ok_or_else(|| {
                    EcrError::invalid("logoImageBlob", "must be a PNG or JPEG image")
                })?;
                let (blob, lease) = self.blobs().put(bytes).await?;
                let digest = blob.digest;
                (Some(Logo { digest, format }), Some(lease))
            }
        };
        let data = CatalogData {
            description: new.description,
            architectures: new.architectures,
            operating_systems: new.operating_systems,
            about_text: new.about_text,
            usage_text: new.usage_text,
            logo,
            unknown: Default::default(),
        };
        Ok((data, lease))
    }

    /// Adds to a change what the gallery says of a repository from then on.
    async fn say(
        &self,
        tx: &mut Change<'_>,
        open: &Open,
        data: &CatalogData,
    ) -> Result<(), EcrError> {
        let key = open.keys.catalog_data(open.id());
        let before: Option<CatalogData> = tx.find(&key).await?;
        if let Some(former) = before.and_then(|it| it.logo) {
            tx.delete(logo_owner(&former.digest, open.id()));
        }
        tx.join(self.saying(&open.keys, open.id(), data).await?);
        Ok(())
    }

    /// The writes that have the gallery say it, and under which condition.
    pub(super) async fn saying(
        &self,
        keys: &Keys,
        repository: &str,
        data: &CatalogData,
    ) -> Result<Txn, EcrError> {
        let txn = Txn::new().put(keys.catalog_data(repository), encode(data));
        let Some(logo) = data.logo else {
            return Ok(txn);
        };
        let relied = self.wants().rely(&logo.digest, true).await?;
        let stays = relied.ok_or(EcrError::Contention)?.stays;
        let owner = logo_owner(&logo.digest, repository);
        Ok(txn.when(stays).put(owner, encode(&MARKER)))
    }

    /// Removes what the gallery says of a repository that is gone.
    pub(super) async fn unsay(
        &self,
        permit: &Permit,
        keys: &Keys,
        repository: &str,
    ) -> Result<(), EcrError> {
        let key = keys.catalog_data(repository);
        transact!(self.inner.table, permit, |tx| {
            let Some(data) = tx.find::<CatalogData>(&key).await? else {
                return Ok(());
            };
            if let Some(logo) = data.logo {
                tx.delete(logo_owner(&logo.digest, repository));
            }
            tx.delete(&key);
        });
        Ok(())
    }
}
