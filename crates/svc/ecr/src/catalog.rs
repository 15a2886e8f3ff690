//! Repositories and what is in them: every rule, over the store and the blobs.

mod account_usage;
mod archive;
mod collect;
mod damage;
mod delete;
mod encryption;
mod gallery;
mod images;
mod inspected;
mod layers;
mod lifecycle;
mod pull_exclusions;
mod pull_through;
mod put_image;
mod registry_policy;
mod replication;
mod repositories;
mod scans;
mod settings;
mod signing;
mod templates;
mod usage;

use std::{
    path::PathBuf,
    sync::{Arc, OnceLock},
    time::Duration,
};

use tokio::sync::MutexGuard;
use wharf_base::{Arn, Clock, Opaque, Permit, SystemClock};
use wharf_blobs::{Blobs, Digest};
use wharf_delivery::Operations;
use wharf_records::{Record, Scope};
use wharf_seal::Keyring;
pub(crate) use wharf_service::Stored as Read;
use wharf_service::{Changes, Shares, Table, Turns, queue_of_accounts};
use wharf_store::Store;
use wharf_vended::Counters;
pub(crate) use wharf_wanted::MARKER;
use wharf_wanted::{Marker, WantedError, Wants, digest_of};
use wharf_wire::{Caller, CallerKind};

pub use account_usage::Receiving;
pub(crate) use archive::{Following, StorageClass};
pub use collect::GcReport;
pub(crate) use encryption::Granter;
pub use encryption::Keys as KmsKeys;
pub use gallery::{GALLERY, NewCatalogData};
pub use images::{ImageRef, Referrer, Stored, Tagged};
pub use inspected::Inspected;
pub use layers::LayerInfo;
pub(crate) use lifecycle::{Previewed, Taken};
use pull_through::Called;
pub(crate) use pull_through::NewRule;
pub use pull_through::{Brought, Due};
pub use put_image::{NewImage, Pushed};
pub(crate) use replication::Happened;
use replication::REGISTRIES_OF_ACCOUNT;
pub use replication::Reach;
pub use repositories::TAGS;
pub(crate) use repositories::{NewRepository, check_mutability};
pub(crate) use scans::{
    AGAIN_AT_ONCE, Ended, FoundIn, KeptFindings, MAX_FOUND, ScannedAgain, Shut, With, begun,
    counts, filters_of, frequency, lines, missing, repository_of, scannable,
};
pub(crate) use settings::Setting;
pub(crate) use signing::{PERMIT as SIGNING, expiry};
pub use templates::check_repository_policy;
pub(crate) use templates::{MadeFor, is_action};

use crate::{
    error::EcrError,
    fault::EcrFaults,
    records::{Contents, GALLERY_REGION, Keys, PUBLIC_SERVICE, Repository, SERVICE},
    scanning::{Informed, Inspector},
    upstream::Outside,
};

/// Records read at once in scans.
const SCAN_PAGE: usize = 500;
/// Deletions in one transaction, two keys each; the store takes 128 operations.
const DELETE_BATCH: usize = 60;
/// Previews of lifecycle policies at once, and of these, those of one account.
const PREVIEWS: usize = 4;
const PREVIEWS_OF_ACCOUNT: usize = 1;
/// ECR's quotas, of repositories of a registry and of images of a repository.
pub(crate) const MAX_REPOSITORIES: usize = 100_000;
pub(crate) const MAX_IMAGES: usize = 100_000;

/// Settings, read once by the composition root.
#[derive(Debug, Clone)]
pub struct Config {
    /// Host and port that clients name in image references: `localhost:4566`.
    pub host: String,
    /// `http` or `https`, for addresses with a scheme.
    pub scheme: String,
    /// The largest layer, in bytes: ECR's quota is 52,000 MiB.
    pub max_layer_bytes: u64,
    /// What one repository may hold, in bytes of layers, configurations and manifests. Unlimited
    /// unless said otherwise, as with ECR.
    pub repository_bytes: u64,
    /// What the registries of one account may hold together, of the same. Unlimited unless said otherwise.
    pub account_bytes: u64,
    /// The account that `account_bytes` says nothing about.
    pub boundless_account: Option<String>,
    /// How many repositories a registry has at most, and images a repository: ECR's quotas.
    pub max_repositories: usize,
    pub max_images: usize,
    /// What the age of bytes is told by.
    pub clock: Arc<dyn Clock>,
    /// How long bytes nobody refers to are kept: longer than any push between finding a layer
    /// there and putting the manifest that needs it.
    pub unused_life: Duration,
    /// How long an upload may rest.
    pub upload_idle_life: Duration,
    /// Where what is published about vulnerabilities is kept, if it is.
    pub scan_data: Option<PathBuf>,
    /// How much of an image is read for its packages.
    pub scan_limits: wharf_scan::Limits,
    /// The way to upstream registries; without it nothing is pulled through.
    pub outside: Option<Outside>,
    /// The way to KMS; without it no repository is under a key.
    pub keys: Option<KmsKeys>,
    /// Pulls are counted here, for CloudWatch.
    pub counters: Counters,
}

impl Config {
    pub fn new(host: impl Into<String>) -> Self {
        Self {
            host: host.into(),
            scheme: "http".to_owned(),
            max_layer_bytes: 52_000 << 20,
            repository_bytes: u64::MAX,
            account_bytes: u64::MAX,
            boundless_account: None,
            max_repositories: MAX_REPOSITORIES,
            max_images: MAX_IMAGES,
            clock: Arc::new(SystemClock),
            unused_life: Duration::from_secs(6 * 3600),
            upload_idle_life: Duration::from_secs(3600),
            scan_data: None,
            scan_limits: wharf_scan::Limits::default(),
            outside: None,
            keys: None,
            counters: Counters::default(),
        }
    }
}

/// A registry of one account; its id is the account's. There is one in each region, and the public
/// one, which shares nothing with that of its region but the bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Registry {
    pub account: String,
    pub region: String,
    /// Anybody pulls from it.
    pub public: bool,
}

impl Registry {
    /// The private one of a region.
    pub fn new(account: impl Into<String>, region: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            region: region.into(),
            public: false,
        }
    }

    /// The account's part of the public gallery.
    pub fn public(account: impl Into<String>) -> Self {
        Self {
            account: account.into(),
            region: GALLERY_REGION.to_owned(),
            public: true,
        }
    }

    /// Of ARNs, actions and keys of records.
    pub fn service(&self) -> &'static str {
        match self.public {
            true => PUBLIC_SERVICE,
            false => SERVICE,
        }
    }

    /// Whether it is root of the account itself, which no policy of a repository shuts out of that policy.
    pub fn is_of_root(&self, caller: &Caller) -> bool {
        caller.kind == CallerKind::Account && caller.account == self.account
    }

    pub fn repository_arn(&self, name: &str) -> String {
        // There is one gallery for all regions.
        let region = if self.public { "" } else { &self.region };
        let resource = format!("repository/{name}");
        Arn::new(self.service(), region, &self.account, resource).to_string()
    }

    pub(crate) fn keys(&self) -> Keys {
        Keys::of(Scope::new(self.service(), &self.account, &self.region))
    }

    /// There is no repository of that name.
    pub fn missing(&self, name: &str) -> EcrError {
        EcrError::RepositoryNotFound {
            name: name.to_owned(),
            account: self.account.clone(),
        }
    }
}

/// Cheap to clone.
#[derive(Debug, Clone)]
pub struct Catalog {
    inner: Opaque<Inner>,
}

#[derive(Debug)]
struct Inner {
    table: Table<EcrFaults>,
    wants: Wants,
    keyring: Keyring,
    config: Config,
    /// Which layer uploads have had a part too small to be followed by another. Only the API's
    /// uploads in parts are in here; forgotten on a restart, which then lets such a layer pass.
    parts: layers::PartSizes,
    reservations: Arc<usage::Reservations>,
    accounts: account_usage::Accounts,
    /// Changes of one repository in this process go one after the other, so that a crowd does not
    /// spend its attempts on each other. Only for speed: what keeps changes apart is the
    /// comparison in each transaction.
    turns: Turns,
    /// Previews of lifecycle policies that are worked out: each has all images of a repository in memory.
    previews: Shares,
    /// Those that were.
    worked: lifecycle::Worked,
    /// Registries whose images are on their way to others of this installation.
    replicating: Shares,
    /// The same to those of other installations.
    replicating_elsewhere: Shares,
    /// Raised when there is something to do for who keeps images up.
    work: tokio::sync::Notify,
    restored: tokio::sync::Notify,
    /// Scans that are under way.
    scans: Arc<wharf_reconcile::Queue<String>>,
    /// Raised when something is owed to a destination of replication.
    owing: tokio::sync::Notify,
    /// What is on its way from upstream registries.
    coming: pull_through::Coming,
    /// Which images of indexes machines run.
    choices: crate::platforms::Known,
    operations: OnceLock<Called>,
    inspector: OnceLock<Informed>,
    gate: OnceLock<signing::Gate>,
    /// Signatures to be made.
    signatures: Arc<wharf_reconcile::Queue<String>>,
}

/// A repository as found, for who does several things with it in one request: its record is read once for all of them.
#[derive(Debug, Clone)]
pub struct Open {
    pub(crate) registry: Registry,
    pub(crate) keys: Keys,
    pub(crate) repository: Read<Repository>,
}

impl Open {
    pub(crate) fn id(&self) -> &str {
        &self.repository.record.id
    }

    pub(crate) fn name(&self) -> String {
        self.repository.record.name.clone()
    }

    pub(crate) fn account(&self) -> String {
        self.registry.account.clone()
    }

    /// Whether its blobs are under a key of KMS.
    pub(crate) fn is_locked(&self) -> bool {
        self.repository.record.encryption.is_some()
    }
}

impl Catalog {
    pub fn new(store: Store, blobs: Blobs, keyring: Keyring, config: Config) -> Self {
        let parts = layers::PartSizes::default();
        let wants = Wants {
            store: store.clone(),
            blobs,
            clock: config.clock.clone(),
            unused_life: config.unused_life,
        };
        Self {
            inner: Opaque::new(Inner {
                table: Table::new(store),
                wants,
                keyring,
                config,
                parts,
                reservations: Arc::default(),
                accounts: Default::default(),
                turns: Turns::default(),
                previews: Shares::new(PREVIEWS, PREVIEWS_OF_ACCOUNT),
                worked: Default::default(),
                replicating: Shares::new(Reach::Here.at_once(), REGISTRIES_OF_ACCOUNT),
                replicating_elsewhere: Shares::new(
                    Reach::Elsewhere.at_once(),
                    REGISTRIES_OF_ACCOUNT,
                ),
                work: tokio::sync::Notify::new(),
                restored: tokio::sync::Notify::new(),
                scans: queue_of_accounts(),
                owing: tokio::sync::Notify::new(),
                coming: Default::default(),
                choices: Default::default(),
                operations: OnceLock::new(),
                inspector: OnceLock::new(),
                gate: OnceLock::new(),
                signatures: queue_of_accounts(),
            }),
        }
    }

    /// Once all operations of the installation are there: they say what the role of a rule may do.
    pub fn calling(&self, operations: Arc<dyn Operations>) {
        let _ = self.inner.operations.set(Called(operations));
    }

    /// Once Inspector is there: without it findings are not told of.
    pub fn informing(&self, inspector: Arc<dyn Inspector>) {
        let _ = self.inner.inspector.set(Informed(inspector));
    }

    pub(crate) fn inspector(&self) -> Option<Informed> {
        self.inner.inspector.get().cloned()
    }

    pub fn config(&self) -> &Config {
        &self.inner.config
    }

    pub fn keyring(&self) -> &Keyring {
        &self.inner.keyring
    }

    pub fn blobs(&self) -> &Blobs {
        &self.inner.wants.blobs
    }

    /// Who needs which blob.
    pub fn wants(&self) -> &Wants {
        &self.inner.wants
    }

    /// Carries out removals that a killed process began. For the start of the only process that
    /// serves these blobs.
    pub async fn finish_removals(&self, permit: &Permit) -> Result<usize, WantedError> {
        self.wants().finish_removals(permit).await
    }

    pub(crate) fn scans(&self) -> &Arc<wharf_reconcile::Queue<String>> {
        &self.inner.scans
    }

    pub(crate) fn signatures_queue(&self) -> &Arc<wharf_reconcile::Queue<String>> {
        &self.inner.signatures
    }

    pub(crate) fn table(&self) -> &Table<EcrFaults> {
        &self.inner.table
    }

    pub(crate) fn store(&self) -> &Store {
        self.inner.table.store()
    }

    pub(crate) async fn read<T: Record>(&self, key: &str) -> Result<Option<Read<T>>, EcrError> {
        Ok(self.inner.table.read(key).await?)
    }

    /// Up to `limit` records behind the key `after`, and whether there are more.
    pub(crate) async fn page<T: Record>(
        &self,
        prefix: String,
        after: Option<String>,
        limit: usize,
    ) -> Result<(Vec<Read<T>>, bool), EcrError> {
        let found = self.inner.table.page(&prefix, after, limit, |_| true);
        let found = found.await?;
        Ok((found.records, found.more))
    }

    /// The digests at the end of all markers below a prefix.
    pub(crate) async fn marked(&self, prefix: String) -> Result<Vec<Digest>, EcrError> {
        let (mut all, mut after) = (Vec::new(), None);
        loop {
            let (found, more): (Vec<Read<Marker>>, _) =
                self.page(prefix.clone(), after, SCAN_PAGE).await?;
            after = found.last().map(|read| read.key.clone());
            all.extend(found.iter().filter_map(|read| digest_of(&read.key)));
            if !more {
                return Ok(all);
            }
        }
    }

    pub(crate) async fn open(&self, registry: &Registry, name: &str) -> Result<Open, EcrError> {
        let found = self.find_repository(registry, name).await?;
        found.ok_or_else(|| registry.missing(name))
    }

    /// The repository as it is now, if it is there.
    pub async fn find_repository(
        &self,
        registry: &Registry,
        name: &str,
    ) -> Result<Option<Open>, EcrError> {
        let keys = registry.keys();
        let found = self.read(&keys.repository(name)).await?;
        Ok(found.map(|repository| Open {
            registry: registry.clone(),
            keys,
            repository,
        }))
    }

    /// Waits until no other change of the repository is under way in this process.
    pub(crate) async fn turn(&self, registry: &Registry, name: &str) -> MutexGuard<'_, ()> {
        self.inner.turns.take((registry, name)).await
    }

    /// Opens the repository for a change of its images and tags: nothing else changes them
    /// meanwhile, and the repository stays as it is read here.
    pub(crate) async fn open_in(
        &self,
        tx: &mut Change<'_>,
        registry: &Registry,
        name: &str,
    ) -> Result<Open, EcrError> {
        let open = self.open(registry, name).await?;
        tx.when(open.repository.unchanged());
        self.raise(tx, &open.keys, open.id()).await?;
        Ok(open)
    }

    /// Keeps other changes of the repository's images and tags from happening at the same time. For
    /// who has its id; the others open it.
    pub(crate) async fn raise(
        &self,
        tx: &mut Change<'_>,
        keys: &Keys,
        repository: &str,
    ) -> Result<(), EcrError> {
        let key = keys.contents(repository);
        let mut contents: Contents = tx.find(&key).await?.unwrap_or_default();
        contents.changes = contents.changes.wrapping_add(1);
        tx.put(key, &contents);
        Ok(())
    }
}

/// One try of a change.
pub(crate) type Change<'a> = Changes<'a, EcrFaults>;
