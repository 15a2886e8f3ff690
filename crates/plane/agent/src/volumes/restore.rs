//! Volumes that are made of snapshots: their files are filled with what the control plane has before anything may have
//! them.

use std::{
    fs::{self, File},
    io,
    sync::Arc,
};

use bytes::Bytes;
use futures_util::{StreamExt as _, TryStreamExt as _, stream, stream::FuturesUnordered};
use http::Method;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use wharf_durable::put_in_place;
use wharf_planeproto::{
    snapshot::{Entry, MAX_PAGES, Path, Source, What, entries, hex_of, sum_of},
    volume::{Volume, Wanted},
};

use super::{
    Volumes, blocking,
    files::{Files, make_sealed},
    sealed::{self, Reseal},
    snapshots::{AT_ONCE, is, write_chunk},
    tries::Tries,
};
use crate::client::{Api, CallError};

/// Volumes that are made at a time: a large one keeps small ones waiting no longer than their own bytes take.
const MADE_AT_ONCE: usize = 3;

/// How far one is: `None` while it goes on, or why it did not get there yet.
pub type Progress = Option<String>;

#[derive(Debug, thiserror::Error)]
pub enum NotMade {
    #[error("{0}")]
    Call(#[from] CallError),
    /// A server that was just started may not know the host yet, or that the volume is attached.
    #[error("{0}")]
    Early(CallError),
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("what the control plane sent is not what the snapshot lists")]
    Damaged,
    #[error("it is wanted no more")]
    Over,
}

impl Volumes {
    /// Makes what is told of to be made, a few volumes at a time, until `shutdown`.
    pub(super) async fn make_of_snapshots(self, api: Api, shutdown: CancellationToken) {
        let mut news = self.told.subscribe();
        let (mut tries, mut under_way) = (Tries::default(), FuturesUnordered::new());
        loop {
            let (told, now) = (news.borrow_and_update().clone(), Instant::now());
            let told = told.unwrap_or_default();
            tries.keep(|id| told.contains_key(id));
            self.restoring.lock().retain(|id, _| told.contains_key(id));
            for volume in told.values().filter(|it| self.is_to_be_made(it)) {
                if under_way.len() == MADE_AT_ONCE {
                    break;
                }
                if tries.is_due(&volume.id, now) {
                    tries.begin(&volume.id);
                    // Why it failed before is no reason for who asks now.
                    self.restoring.lock().insert(volume.id.clone(), None);
                    let (all, api, volume) = (&self, &api, volume.clone());
                    under_way.push(async move {
                        let made = all.make(api, &volume).await;
                        (volume.id, made)
                    });
                }
            }
            tokio::select! {
                () = shutdown.cancelled() => return,
                changed = news.changed() => if changed.is_err() { return },
                Some((id, made)) = under_way.next() => match made {
                    Ok(()) => {
                        self.restoring.lock().remove(&id);
                        tries.forget(&id);
                    }
                    Err(error) => {
                        self.was_not_made(&id, &error);
                        tries.again(&id, Instant::now());
                    }
                },
                () = sleep_until(tries.next(now)) => {}
            }
        }
    }

    fn is_to_be_made(&self, volume: &Volume) -> bool {
        volume.wanted == Wanted::Kept && self.files.awaits_restore(volume)
    }

    /// Whether it will be made once others are.
    pub(super) fn has_its_turn_to_come(&self, id: &str) -> bool {
        let told = self.told();
        told.get(id).is_some_and(|it| self.is_to_be_made(it))
    }

    fn was_not_made(&self, id: &str, error: &NotMade) {
        // It may be wanted no more, and then nobody would remove what there is of it.
        self.files.drop_restore(id);
        tracing::warn!(volume = id, %error, "failed to make a volume of its snapshot; will retry");
        // A server that starts again is none of the volume's.
        let passes = match error {
            NotMade::Call(error) => error.is_transient(),
            NotMade::Early(_) | NotMade::Over => true,
            NotMade::Io(_) | NotMade::Damaged => false,
        };
        if !passes {
            let mut restoring = self.restoring.lock();
            restoring.insert(id.to_owned(), Some(error.to_string()));
        }
    }

    async fn make(&self, api: &Api, volume: &Volume) -> Result<(), NotMade> {
        // Nothing is said to be removed before this is over: what it makes would be there all the same.
        let _taken = self.take_for_itself(&volume.id).await;
        if !self.has_its_turn_to_come(&volume.id) {
            return Err(NotMade::Over);
        }
        let (files, of) = (self.files.clone(), volume.clone());
        let file = Arc::new(blocking(move || files.begin_restore(&of)).await?);
        let reseal = match volume.sealed {
            Some(_) => {
                let keys = sealed::keys(api, sealed::place_of(volume)).await?;
                keys.reseal()?.map(Arc::new)
            }
            None => None,
        };
        let target = Target {
            account: &volume.account,
            region: &volume.region,
            id: &volume.id,
            file,
            files: &self.files,
            reseal,
        };
        fill(api, &target).await?;
        let (files, id) = (self.files.clone(), volume.id.clone());
        blocking(move || files.end_restore(&id)).await?;
        Ok(())
    }
}

/// What is filled with the chunks of the snapshot that it is made of: a volume, or the disk of an instance.
pub struct Target<'a> {
    pub account: &'a str,
    pub region: &'a str,
    pub id: &'a str,
    pub file: Arc<File>,
    /// Who knows how much room there is.
    pub files: &'a Arc<Files>,
    /// What is sealed in another way than it is to be.
    pub reseal: Option<Arc<Reseal>>,
}

/// Writes all that the snapshot lists.
pub async fn fill(api: &Api, target: &Target<'_>) -> Result<(), NotMade> {
    let source = fetch(api, target, What::Source).await?;
    let source: Source = serde_json::from_slice(&source).map_err(|_| NotMade::Damaged)?;
    if source.pages.len() > MAX_PAGES {
        return Err(NotMade::Damaged);
    }
    for name in &source.pages {
        let wanted = sum_of(name).ok_or(NotMade::Damaged)?;
        let page = fetch(api, target, What::Bytes(name)).await?;
        let listed = Some(page).filter(|it| is(it, &wanted));
        let listed = listed.and_then(|it| entries(&it)).ok_or(NotMade::Damaged)?;
        stream::iter(listed.into_iter().map(Ok::<_, NotMade>))
            .try_for_each_concurrent(AT_ONCE, |entry| fill_chunk(api, target, entry))
            .await?;
    }
    Ok(())
}

async fn fill_chunk(api: &Api, target: &Target<'_>, entry: Entry) -> Result<(), NotMade> {
    let name = hex_of(&entry.sum);
    let bytes = fetch(api, target, What::Bytes(&name)).await?;
    let (file, files) = (target.file.clone(), target.files.clone());
    let reseal = target.reseal.clone();
    blocking(move || {
        if !is(&bytes, &entry.sum) {
            return Ok(false);
        }
        // Others fill the disk meanwhile.
        files.check_room()?;
        let bytes = match reseal {
            Some(reseal) => reseal.chunk(entry.at, bytes.to_vec()),
            None => bytes.to_vec(),
        };
        write_chunk(&file, entry.at, &bytes)?;
        Ok(true)
    })
    .await?
    .then_some(())
    .ok_or(NotMade::Damaged)
}

async fn fetch(api: &Api, target: &Target<'_>, what: What<'_>) -> Result<Bytes, CallError> {
    let path = Path {
        account: target.account,
        region: target.region,
        id: target.id,
        what,
    };
    api.snapshot(Method::GET, &path, Bytes::new()).await
}

impl Files {
    /// Whether its file is still to be made of a snapshot.
    pub fn awaits_restore(&self, volume: &Volume) -> bool {
        volume.restore && !self.image(&volume.id).exists()
    }

    /// The file as it is filled, empty.
    fn begin_restore(&self, volume: &Volume) -> io::Result<File> {
        self.check_promise(volume)?;
        let folder = self.folder(&volume.id);
        fs::create_dir_all(&folder)?;
        make_sealed(volume, &self.image(&volume.id))?;
        let file = File::create(folder.join("disk.new"))?;
        file.set_len(volume.bytes)?;
        Ok(file)
    }

    /// What is left of one that failed. Its folder stays if there is more in it.
    fn drop_restore(&self, id: &str) {
        let folder = self.folder(id);
        let _ = fs::remove_file(folder.join("disk.new"));
        if !self.image(id).exists() {
            // What says that it is sealed.
            let _ = fs::remove_file(wharf_sealed_file::shown(&self.image(id)));
        }
        let _ = fs::remove_dir(folder);
    }

    /// Only now it is the volume's.
    fn end_restore(&self, id: &str) -> io::Result<()> {
        let folder = self.folder(id);
        put_in_place(&folder.join("disk.new"), &self.image(id))?;
        self.sync(&folder)
    }
}
