//! What a registry's scanning configuration means for the images that are there: those that it comes to
//! cover are scanned, those that it covers no more are not compared again.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_reconcile::{Next, Shard};
use wharf_records::Scope;
use wharf_service::transact;

use super::PERMIT;
use crate::{
    catalog::{Catalog, Read, Registry, begun, frequency, scannable},
    error::EcrError,
    records::{Frequency, Image, Keys, Repository, Rescan, Scan, ScanStatus, Status},
};

/// Older images are not enrolled, as in AWS.
const RECENT: Duration = Duration::from_secs(30 * 24 * 3600);
const PAGE: usize = 200;
const EXPIRED: &str =
    "The image was neither pushed nor pulled for as long as the registry compares images again.";
const UNUSED: &str =
    "The image was neither pushed nor in use for as long as the registry compares images again.";
/// How often it is looked for images that are compared again no more.
const EXPIRY: Duration = Duration::from_secs(3600);

/// What the configuration says of a repository.
#[derive(Clone, Copy)]
struct Wanted<'a> {
    enhanced: bool,
    frequency: Frequency,
    rescan: &'a Rescan,
}

impl Catalog {
    /// Brings the images of a registry in line with its configuration. Done again, it changes nothing.
    pub(super) async fn enrol(&self, shard: &Shard, scope: Scope) -> Result<Next, EcrError> {
        let registry = Registry::new(&scope.account, &scope.region);
        let scanning = self.scanning(&registry).await?;
        let keys = Keys::of(scope);
        let rescan = self.rescan(&registry).await?;
        if scanning.enhanced && rescan.by_use {
            // What is in use is not to expire for want of somebody who wrote that down.
            self.note_use(shard, &keys).await?;
        }
        let mut after = None;
        loop {
            let page = self.page(keys.repositories(), after, PAGE).await?;
            let (found, more): (Vec<Read<Repository>>, _) = page;
            after = found.last().map(|it| it.key.clone());
            for repository in found {
                let wanted = Wanted {
                    enhanced: scanning.enhanced,
                    frequency: frequency(&scanning, &repository.record),
                    rescan: &rescan,
                };
                self.enrol_in(shard, &keys, &repository.record, wanted)
                    .await?;
            }
            if !more {
                // Images come and go out of it as time passes.
                return Ok(match scanning.enhanced && rescan.pushed_days.is_some() {
                    true => Next::After(EXPIRY),
                    false => Next::Settled,
                });
            }
        }
    }

    async fn enrol_in(
        &self,
        shard: &Shard,
        keys: &Keys,
        repository: &Repository,
        wanted: Wanted<'_>,
    ) -> Result<(), EcrError> {
        let mut after = None;
        loop {
            let page = self.page(keys.images(&repository.id), after, PAGE).await?;
            let (images, more): (Vec<Read<Image>>, _) = page;
            after = images.last().map(|it| it.key.clone());
            for image in images {
                let key = keys.scan(&repository.id, &image.record.digest);
                let before = self.read::<Scan>(&key).await?.map(|it| it.record);
                let now = self.wants().now();
                let name = &repository.name;
                if change(name, &image.record, before.as_ref(), wanted, now).is_some() {
                    self.enrol_one(shard, &key, name, &image.key, wanted)
                        .await?;
                }
            }
            if !more {
                return Ok(());
            }
        }
    }

    async fn enrol_one(
        &self,
        shard: &Shard,
        key: &str,
        name: &str,
        image: &str,
        wanted: Wanted<'_>,
    ) -> Result<(), EcrError> {
        let fence = shard.fence().ok_or(EcrError::Contention)?;
        transact!(self.table(), &PERMIT, |tx| {
            tx.fence(fence.clone());
            // One that was deleted meanwhile gets none.
            let Some(image) = tx.find::<Image>(image).await? else {
                return Ok(());
            };
            let before = tx.find::<Scan>(key).await?;
            let now = self.wants().now();
            if let Some(scan) = change(name, &image, before.as_ref(), wanted, now) {
                tx.put(key, &scan);
            }
        });
        Ok(())
    }
}

/// The scan that the image is to have instead, if it is another one.
fn change(
    name: &str,
    image: &Image,
    before: Option<&Scan>,
    wanted: Wanted<'_>,
    now: Timestamp,
) -> Option<Scan> {
    let follows = wanted.enhanced && wanted.frequency == Frequency::Continuous;
    let expired = !wanted.rescan.covers(image, now);
    let continuous = follows && !expired;
    let covered = continuous || wanted.enhanced && wanted.frequency == Frequency::OnPush;
    let was_expired = before.is_some_and(|scan| scan.status == ScanStatus::Expired);
    let recent = was_expired || now.since(image.pushed_at) < RECENT;
    let active = image.status == Status::Active && recent;
    use ScanStatus::{Active, Complete, Expired, Failed, Pending};
    match before {
        Some(scan) if scan.enhanced && follows && expired && scan.status != Expired => {
            let ended = matches!(scan.status, Active | Pending | Complete);
            (ended || scan.continuous).then(|| Scan {
                continuous: false,
                status: if ended { Expired } else { scan.status },
                description: match ended {
                    true if wanted.rescan.by_use => UNUSED.to_owned(),
                    true => EXPIRED.to_owned(),
                    false => scan.description.clone(),
                },
                ..scan.clone()
            })
        }
        Some(scan) if scan.continuous && !continuous => Some(Scan {
            continuous: false,
            status: match scan.status {
                Active => Complete,
                Pending => Failed,
                other => other,
            },
            ..scan.clone()
        }),
        Some(scan) if scan.enhanced && scan.continuous == continuous => None,
        _ if covered && active && scannable(image) => {
            Some(begun(before.cloned(), name, image, true, continuous, now))
        }
        _ => None,
    }
}
