//! Carrying scans out: the layers of an image are read, what is in them is compared with what is known
//! to be wrong, and what was found is written down.
//!
//! | key | woken by | what is done |
//! | --- | --- | --- |
//! | a configuration's | its being put; a start | repositories that are scanned at other times are told of ([`frequencies`]); the images that it comes to cover get scans ([`enrol`]) |
//! | a scan's | its being begun, by a push or by a caller; a start | it is carried out, unless it is done |
//! | that of scans that a key shut | a scan's ending so; a start; some time, while KMS refuses the key | they are begun again ([`shut`]) |
//! | a scan's, once more | its change or end; a filter of Inspector's; a start | what it found is moved under the data key that counts ([`moving`]), then told of ([`telling`]) |
//! | that of the choice of a data key | its change, or that of a data key; a start | scans that are under another are woken; data keys of before go ([`moving`]) |
//!
//! A scan that a kill cut short is still one that was begun: it is carried out from its beginning.
//! Besides, the data is followed: when it changes, images are compared again ([`again`]). And when images were last in use
//! is written down ([`using`]).
//! Memory is that of [`WORKERS`] images being scanned and [`again::AT_ONCE`] being compared again at most,
//! each within `Config::scan_limits`.

mod again;
mod compare;
mod enrol;
mod frequencies;
mod held;
mod moving;
mod reading;
mod sbom;
mod shut;
mod telling;
mod using;

use std::sync::{Arc, LazyLock};

use parking_lot::Mutex;
use tokio_util::sync::CancellationToken;
use wharf_base::Permit;
use wharf_blobs::BlobError;
use wharf_reconcile::{Next, Queue, Shard, Takeover};
use wharf_records::{Record as _, Scope};
use wharf_scan::{Advisory, ScanError};
use wharf_scandb::{Data, DataError, FindError};
use wharf_service::{Look, Loops, Reach, Shares, feed};

use crate::{
    catalog::{Catalog, Ended, MAX_FOUND, Read, Registry, Shut, With, repository_of},
    error::EcrError,
    records::{
        Image, Keys, Rescan, SERVICE, Scan, ScanKey, ScanSealing, ScanStatus, Scanning, ShutScans,
        Told,
    },
};

pub(crate) use telling::Informed;
pub use telling::Inspector;
pub use using::UsedImage;

/// Images read at once.
const WORKERS: usize = 2;
/// A scan that was begun this often and did not end is given up: what is in the image may be why.
const MAX_ATTEMPTS: u32 = 3;
const PERMIT: Permit = Permit::for_controller("ecr-scans");
/// Whose filters suppress findings, and what kind of record they are.
const INSPECTOR: &str = "inspector2";
const FILTER: &str = "filter";
/// One reads at a time, for all accounts, what is published about a vulnerability: many packages have it, each on disk. Accounts
/// take turns.
static LOOKING_UP: LazyLock<Shares> = LazyLock::new(|| Shares::new(1, 1));

const GIVEN_UP: &str = "the scan was begun again and again and did not end";

/// The data that was last opened.
type Opened = Arc<Mutex<Option<Data>>>;

impl Catalog {
    /// Carries scans out until `stop`.
    pub async fn scan(&self, stop: CancellationToken) {
        let (queue, catalog) = (self.scans().clone(), self.clone());
        let opened = Opened::default();
        let shard = Shard::new("/w1/c0/ecr/shard/scans");
        let held = shard.clone();
        let mut loops = Loops::new(SERVICE, stop);
        loops
            .hold(&shard, self.store(), PERMIT, Takeover::Replace)
            .await;
        let telling: Arc<Queue<String>> = Arc::default();
        let found = telling.clone();
        let changed = move |key: &str, _: Look| {
            match Scope::parse(key) {
                Some((_, Scan::KIND, _)) => {
                    queue.wake(key.to_owned());
                    found.wake(key.to_owned());
                }
                // The scan may be gone.
                Some((scope, Told::KIND, id)) => found.wake(Keys::of(scope).scan_by_id(&id)),
                Some((_, Scanning::KIND | ShutScans::KIND, _)) => queue.wake(key.to_owned()),
                Some((scope, ScanSealing::KIND, _)) => {
                    found.wake(key.to_owned());
                    // It may be another key, which can be used.
                    queue.wake(Keys::of(scope).shut_scans(None));
                }
                // It may never be finished.
                Some((scope, ScanKey::KIND, _)) => found.wake(Keys::of(scope).scan_sealing()),
                // What is enrolled depends on both.
                Some((scope, Rescan::KIND, _)) => queue.wake(Keys::of(scope).scanning()),
                _ => {}
            }
            Reach::One
        };
        let stop = loops.stop();
        loops.spawn(feed(self.store().clone(), SERVICE, stop.clone(), changed));
        let suppressed = telling.clone();
        let filtered = move |key: &str, _: Look| {
            if let Some((scope, FILTER, _)) = Scope::parse(key) {
                let scope = Scope::new(SERVICE, &scope.account, &scope.region);
                suppressed.wake(Keys::of(scope).all_scans());
            }
            Reach::One
        };
        let store = self.store().clone();
        loops.spawn(feed(store, INSPECTOR, stop.clone(), filtered));
        let follower = self.clone();
        let (data, of, ends) = (opened.clone(), shard.clone(), stop.clone());
        loops.spawn(async move { follower.follow_data(data, of, ends).await });
        let (follower, of, ends) = (self.clone(), shard.clone(), stop.clone());
        loops.spawn(async move { follower.follow_use(of, ends).await });
        let (teller, all, of) = (self.clone(), telling.clone(), shard.clone());
        let tell = move |key: String| {
            let (teller, all, of) = (teller.clone(), all.clone(), of.clone());
            async move { teller.look_at_found(&all, &of, &key).await }
        };
        loops.work(&telling, 1, tell);
        let work = move |key: String| {
            let (catalog, opened, held) = (catalog.clone(), opened.clone(), held.clone());
            let stop = stop.clone();
            async move { catalog.carry_out(&opened, &held, &stop, &key).await }
        };
        loops.work(self.scans(), WORKERS, work);
        loops.run().await;
    }

    /// One look at what a scan found, or at how all is kept that scans of a registry found.
    async fn look_at_found(
        &self,
        queue: &Queue<String>,
        shard: &Shard,
        key: &str,
    ) -> Result<Next, EcrError> {
        match Scope::parse(key) {
            Some((scope, ScanSealing::KIND, _)) => {
                let keys = Keys::of(scope);
                return self.settle_scan_keys(queue, shard, &keys).await;
            }
            Some((scope, Scan::KIND, id)) if !id.is_empty() => {
                self.move_found(shard, &Keys::of(scope), key).await?;
            }
            _ => {}
        }
        self.tell(queue, shard, key).await
    }

    async fn carry_out(
        &self,
        opened: &Opened,
        shard: &Shard,
        stop: &CancellationToken,
        key: &str,
    ) -> Result<Next, EcrError> {
        let Some((scope, kind, _)) = Scope::parse(key) else {
            return Ok(Next::Settled);
        };
        if kind == Scanning::KIND {
            self.tell_frequencies(shard, &Keys::of(scope.clone()))
                .await?;
            return self.enrol(shard, scope).await;
        }
        if kind == ShutScans::KIND {
            return self.look_at_shut(shard, &Keys::of(scope), key).await;
        }
        let Some(seen) = self.read::<Scan>(key).await? else {
            return Ok(Next::Settled);
        };
        if seen.record.status != ScanStatus::InProgress {
            return Ok(Next::Settled);
        }
        let registry = Registry::new(&scope.account, &scope.region);
        let image = Keys::of(scope).image(&repository_of(key), &seen.record.digest);
        // The scan goes with its image.
        let Some(image) = self.read::<Image>(&image).await? else {
            return Ok(Next::Settled);
        };
        // A server that lost the shard writes no more.
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        let begun = self.attempt_scan(&PERMIT, fence.clone(), &seen).await?;
        let Some(attempts) = begun else {
            return Ok(Next::Settled);
        };
        let carried = tokio::select! {
            carried = self.carry_on(opened, shard, &registry, attempts, &image, &seen) => carried,
            // The next server begins again.
            () = stop.cancelled() => {
                self.take_back_scan(&PERMIT, &seen).await?;
                return Ok(Next::Settled);
            }
        };
        if matches!(carried, Err(EcrError::Contention)) {
            self.take_back_scan(&PERMIT, &seen).await?;
        }
        carried.map(|()| Next::Settled)
    }

    async fn carry_on(
        &self,
        opened: &Opened,
        shard: &Shard,
        registry: &Registry,
        attempts: u32,
        image: &Read<Image>,
        seen: &Read<Scan>,
    ) -> Result<(), EcrError> {
        loop {
            let fence = shard.fence().ok_or(EcrError::Contention)?;
            // What cannot be read is other data than any.
            let with = self.current_data().await.unwrap_or_default();
            let outcome = match attempts > MAX_ATTEMPTS {
                true => Ok(Ended::failed(GIVEN_UP.to_owned())),
                false => self.outcome(opened, registry, image, seen).await,
            };
            let mut ended = match outcome {
                Ok(ended) => ended,
                Err(EcrError::Contention) => return Err(EcrError::Contention),
                Err(error) if refused(&error).is_some() => {
                    tracing::warn!(
                        repository = seen.record.repository, image = %seen.record.digest, %error,
                        "the scan of an image failed, will retry once KMS lets the key be used"
                    );
                    Ended {
                        shut: refused(&error),
                        ..Ended::failed(shown(&error))
                    }
                }
                Err(error) if lasts(&error) || attempts >= MAX_ATTEMPTS => {
                    tracing::error!(
                        repository = seen.record.repository, image = %seen.record.digest, %error,
                        "the scan of an image failed, no further retry"
                    );
                    Ended::failed(shown(&error))
                }
                Err(error) => return Err(error),
            };
            ended.with = with;
            ended.tags.clone_from(&image.record.tags);
            if !ended.status.has_findings() {
                tracing::info!(
                    repository = seen.record.repository, image = %seen.record.digest,
                    status = ended.status.name(), why = ended.description,
                    "the scan of an image did not succeed"
                );
            }
            let now = self.wants().now();
            if self.end_scan(&PERMIT, fence, seen, ended, now).await? {
                return Ok(());
            }
        }
    }

    async fn outcome(
        &self,
        opened: &Opened,
        registry: &Registry,
        image: &Read<Image>,
        seen: &Read<Scan>,
    ) -> Result<Ended, EcrError> {
        let scan = &seen.record;
        let ended = |status, description: String, found| Ended {
            status,
            description,
            found,
            ..Ended::failed(String::new())
        };
        let data = self.data(opened).await?;
        let under = match scan.enhanced {
            true => self.sealing(&registry.keys()).await?.key,
            false => None,
        };
        // No layer is read for what cannot be written down.
        self.blobs_under(registry, under.as_deref()).await?;
        let open = self.open(registry, &scan.repository).await?;
        // One that was deleted and made anew meanwhile has another key.
        if open.keys.image(open.id(), &image.record.digest) != image.key {
            return Err(registry.missing(&scan.repository));
        }
        let layers = match self.layers(&open, &image.record).await? {
            Ok(layers) => layers,
            Err(artifact) => {
                let why = artifact.to_string();
                return Ok(ended(ScanStatus::UnsupportedImage, why, None));
            }
        };
        let inventory = match self.inventory(&open, layers).await? {
            Ok(inventory) => Arc::new(inventory),
            Err(error) => return Ok(ended(status_of(&error), error.to_string(), None)),
        };
        let asked = match compare::asked(&inventory, scan.enhanced) {
            Ok(asked) => asked,
            Err(why) => return Ok(ended(ScanStatus::UnsupportedImage, why.to_owned(), None)),
        };
        let known = data.as_ref().map(|it| it.what());
        let (status, said) = compare::verdict(&asked, known, scan.continuous);
        if status == ScanStatus::Failed {
            return Ok(ended(status, said, None));
        }
        if scan.enhanced {
            self.keep_sboms(registry, seen, image, &inventory).await?;
        }
        let (kept, first_found_at) = match scan.enhanced {
            true => match self.blobs_under(registry, scan.under.as_deref()).await {
                Ok(blobs) => {
                    let kept = self.kept_findings(&blobs, scan).await;
                    (kept, scan.first_found_at)
                }
                // Only when it was first seen is lost.
                Err(EcrError::Shut(_)) if scan.under != under => (None, None),
                Err(error) => return Err(error),
            },
            false => (None, None),
        };
        let (limits, enhanced) = (self.config().scan_limits.clone(), scan.enhanced);
        let now = self.wants().now();
        let found = blocking(move || {
            let before = compare::Before {
                first_found_at: first_found_at.filter(|_| kept.is_some()),
                lines: kept.as_deref().unwrap_or_default(),
            };
            compare::first(data.as_ref(), &inventory, enhanced, &before, &limits, now)
        });
        let found = match found.await? {
            Ok(found) => found,
            Err(FindError::Scan(error)) => {
                return Ok(ended(status_of(&error), error.to_string(), None));
            }
            Err(FindError::Data(error)) => return Err(data_error(error)),
        };
        if found.inventory.len().max(found.findings.len()) > MAX_FOUND {
            let error = ScanError::TooMuch(format!("{MAX_FOUND} bytes of findings or packages"));
            return Ok(ended(status_of(&error), error.to_string(), None));
        }
        Ok(ended(status, said, Some(found)))
    }

    /// The data that counts now; `None` if there is none.
    async fn data(&self, opened: &Opened) -> Result<Option<Data>, EcrError> {
        let Some(dir) = self.config().scan_data.clone() else {
            return Ok(None);
        };
        let opened = opened.clone();
        let read = move || -> Result<Option<Data>, DataError> {
            let current = Data::current(&dir)?;
            let mut kept = opened.lock();
            let same = kept
                .as_ref()
                .is_some_and(|it| Some(it.what()) == current.as_ref());
            if !same {
                *kept = Data::open(&dir)?;
            }
            Ok(kept.clone())
        };
        blocking(read).await?.map_err(data_error)
    }
}

impl Catalog {
    /// What is published about a vulnerability, by its name. An account asks.
    pub async fn known_of(&self, account: &str, name: &str) -> Result<Vec<Advisory>, EcrError> {
        let Some(dir) = self.config().scan_data.clone() else {
            return Ok(Vec::new());
        };
        let name = name.to_owned();
        let turn = LOOKING_UP.take(account).await;
        let read = move || -> Result<Vec<Advisory>, EcrError> {
            // It goes on when nobody waits for it any more.
            let _turn = turn;
            let Some(data) = Data::open(&dir).map_err(data_error)? else {
                return Ok(Vec::new());
            };
            let found = data.about(&name);
            found.map_err(|error| EcrError::ScanData(error.to_string()))
        };
        blocking(read).await?
    }
}

impl Ended {
    fn failed(why: String) -> Self {
        Self {
            status: ScanStatus::Failed,
            description: why,
            tags: Vec::new(),
            found: None,
            with: With::default(),
            shut: None,
        }
    }
}

/// Whether it will be the same at the next try.
fn lasts(error: &EcrError) -> bool {
    matches!(
        error,
        EcrError::ScanData(_)
            | EcrError::ScanBroke(_)
            | EcrError::BytesMissing(_)
            | EcrError::Manifest(_)
            | EcrError::Blob(BlobError::Damaged { .. } | BlobError::DigestMismatch { .. })
    )
}

/// Whose key KMS refuses, if that is what is wrong.
fn refused(error: &EcrError) -> Option<Shut> {
    match error {
        EcrError::Shut(_) => Some(Shut::Findings),
        EcrError::Kms(fault) => fault.lasts().then_some(Shut::Repository),
        _ => None,
    }
}

/// Without what is of nobody's business but the operator's, which was logged.
fn shown(error: &EcrError) -> String {
    match error {
        EcrError::ScanData(_) => "the vulnerability data cannot be read".to_owned(),
        EcrError::BytesMissing(_)
        | EcrError::Manifest(_)
        | EcrError::Kms(_)
        | EcrError::Shut(_) => error.to_string(),
        EcrError::Blob(BlobError::Damaged { .. } | BlobError::DigestMismatch { .. }) => {
            "the bytes of the image are damaged".to_owned()
        }
        _ => "an error on the server's side, which was logged".to_owned(),
    }
}

fn status_of(error: &ScanError) -> ScanStatus {
    match error {
        ScanError::TooMuch(_) => ScanStatus::ImageSizeExceeded,
        ScanError::Unsupported(_) => ScanStatus::UnsupportedImage,
        ScanError::Damaged(..) | ScanError::TooSlow(_) => ScanStatus::Failed,
    }
}

/// Runs what takes a while off the async threads.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, EcrError> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|lost| match lost.is_cancelled() {
        // The server stops, and the next one begins again.
        true => EcrError::Contention,
        false => EcrError::ScanBroke(lost.to_string()),
    })
}

fn data_error(error: impl std::error::Error) -> EcrError {
    EcrError::ScanData(error.to_string())
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use super::*;

    #[tokio::test]
    async fn an_account_that_looks_up_much_keeps_no_others_waiting() {
        let first = LOOKING_UP.take("busy").await;
        let mut further = pin!(LOOKING_UP.take("busy"));
        let mut other = pin!(LOOKING_UP.take("other"));
        tokio::select! {
            biased;
            _ = &mut further => panic!("two at once"),
            _ = &mut other => panic!("two at once"),
            () = tokio::task::yield_now() => {}
        }
        drop(first);
        let other = other.await;
        tokio::select! {
            biased;
            _ = &mut further => panic!("two at once"),
            () = tokio::task::yield_now() => {}
        }
        drop(other);
        further.await;
    }
}
