//! Sealed volumes: the control plane has their keys, and gives one to the host that a volume is attached on, for as long as it
//! is. Here a key goes from the answer to the program that has the volume open ([`wharf_sealed_file`]), and is kept nowhere.
//!
//! A volume is open while a task or pods may have it, or the instance that has it as a device runs. Once nothing has it, it is
//! shut, and with the program the key goes. When a program has ended and nothing has the volume any more, it is opened
//! anew; until then reads and writes fail.

#[cfg(test)]
mod tests;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    sync::Arc,
};

use bytes::Bytes;
use http::Method;
use parking_lot::Mutex;
use tokio::{
    task::{JoinSet, spawn_blocking},
    time::Instant,
};
use wharf_base::Chain;
use wharf_container::runtime::LoopDevice;
use wharf_planeproto::{
    snapshot::{self, CHUNK, SourceKey, What},
    volume::{Volume, Wanted},
};
use wharf_sealed_file::{Program, Shown, hide, is_sealed, open, state};
use wharf_sectors::{Cipher, resealed};

use super::{Told, Volumes, devices::is_wanted, restore::NotMade, tries::Tries};
use crate::client::{Api, CallError};

/// How far sealed volumes are.
#[derive(Default)]
pub struct Opening {
    program: Program,
    tries: Mutex<Tries>,
    /// Why one is not open that should be.
    why_not: Mutex<BTreeMap<String, String>>,
    /// Those that are being opened.
    under_way: Mutex<BTreeSet<String>>,
}

/// Volumes that are opened at a time. Each is opened by itself: one whose key the control plane is slow to give keeps no
/// other waiting.
const OPENED_AT_ONCE: usize = 32;

impl Opening {
    pub fn by(program: Program) -> Self {
        Self {
            program,
            ..Self::default()
        }
    }

    pub fn why_not(&self, id: &str) -> Option<String> {
        self.why_not.lock().get(id).cloned()
    }

    pub fn program(&self) -> Program {
        self.program.clone()
    }

    /// Whether it is being opened: its file stays until that is over.
    pub fn is_under_way(&self, id: &str) -> bool {
        self.under_way.lock().contains(id)
    }

    /// `None` while it cannot be begun to be opened.
    fn begin(self: &Arc<Self>, id: &str) -> Option<UnderWay> {
        let mut under_way = self.under_way.lock();
        let has_room = under_way.len() < OPENED_AT_ONCE && under_way.insert(id.to_owned());
        has_room.then(|| UnderWay {
            all: self.clone(),
            id: id.to_owned(),
        })
    }
}

/// A volume that is being opened, until this is dropped.
struct UnderWay {
    all: Arc<Opening>,
    id: String,
}

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.all.under_way.lock().remove(&self.id);
    }
}

/// What a volume, or the disk of an instance, is to be had of.
pub struct Keys(snapshot::Keys);

/// Changes what is sealed by one key into what is sealed by another.
pub struct Reseal {
    from: Option<Cipher>,
    to: Cipher,
}

impl Keys {
    /// What it opens by.
    pub fn own(&self) -> &[u8] {
        &self.0.own
    }

    /// `None` where nothing is to be changed.
    pub fn reseal(&self) -> io::Result<Option<Reseal>> {
        let cipher = |key: &[u8]| Cipher::new(key).map_err(io::Error::other);
        let from = match &self.0.source {
            SourceKey::Same => return Ok(None),
            SourceKey::Another(key) => Some(cipher(key)?),
            SourceKey::None => None,
        };
        let to = cipher(&self.0.own)?;
        Ok(Some(Reseal { from, to }))
    }
}

impl Reseal {
    pub fn chunk(&self, at: u32, mut bytes: Vec<u8>) -> Vec<u8> {
        resealed(
            self.from.as_ref(),
            &self.to,
            u64::from(at) * CHUNK,
            &mut bytes,
        );
        bytes
    }
}

/// Asks for the key of a volume that is attached on this host, or of an instance that is to run here: by account, region and
/// id.
pub async fn keys(api: &Api, (account, region, id): (&str, &str, &str)) -> Result<Keys, NotMade> {
    let path = snapshot::Path {
        account,
        region,
        id,
        what: What::Key,
    };
    let said = api.snapshot(Method::GET, &path, Bytes::new()).await;
    let said = said.map_err(|error| match error {
        // A refusal says why.
        CallError::Fault { status: 404, .. } => NotMade::Early(error),
        other => NotMade::Call(other),
    })?;
    let keys = serde_json::from_slice(&said).map_err(|_| NotMade::Damaged)?;
    Ok(Keys(keys))
}

/// By what a volume is asked for.
pub fn place_of(volume: &Volume) -> (&str, &str, &str) {
    (&volume.account, &volume.region, &volume.id)
}

impl Volumes {
    /// Whether its file is there, and open if it is sealed.
    pub(super) fn is_open(&self, id: &str) -> bool {
        let image = self.files.image(id);
        let told = self.told();
        let is_sealed = told.get(id).is_some_and(|it| it.sealed.is_some());
        image.exists() && (!is_sealed || matches!(state(&image), Ok(Shown::Yes)))
    }

    /// Begins to open what is to be open, and shuts what is not; whether something is still to come. What is begun goes on in
    /// `opening`.
    pub(super) async fn open_sealed(
        &self,
        api: &Api,
        told: &Told,
        opening: &mut JoinSet<()>,
    ) -> bool {
        let sealed: Vec<&Volume> = told.values().filter(|it| it.sealed.is_some()).collect();
        let ids: BTreeSet<&str> = sealed.iter().map(|it| it.id.as_str()).collect();
        self.sealed.tries.lock().keep(|id| ids.contains(id));
        self.sealed
            .why_not
            .lock()
            .retain(|id, _| ids.contains(id.as_str()));
        let mut pending = false;
        for volume in sealed {
            let id = volume.id.as_str();
            // Its file is made in this look, and it is opened in the next.
            pending |= is_wanted(volume) && !self.files.image(id).exists();
            if self.sealed.is_under_way(id) {
                pending = true;
                continue;
            }
            match self.is_to_be_open(volume) {
                true if self.is_open(id) => self.was_opened(id),
                true => {
                    pending = true;
                    let is_due = self.sealed.tries.lock().is_due(id, Instant::now());
                    let begun = is_due.then(|| self.sealed.begin(id)).flatten();
                    if let Some(under_way) = begun {
                        let (all, api, volume) = (self.clone(), api.clone(), volume.clone());
                        opening.spawn(async move {
                            // Where it has to be tried again, the next look does so.
                            if let Err(error) = all.open_one(&api, &volume).await {
                                all.was_not_opened(&volume.id, &error);
                            }
                            drop(under_way);
                        });
                    }
                }
                false => match self.shut(id).await {
                    Ok(()) => self.was_opened(id),
                    Err(error) => {
                        pending = true;
                        self.was_not_opened(id, &NotMade::Io(error));
                    }
                },
            }
        }
        pending
    }

    /// It is as it is to be.
    fn was_opened(&self, id: &str) {
        self.sealed.tries.lock().forget(id);
        self.sealed.why_not.lock().remove(id);
    }

    fn was_not_opened(&self, id: &str, error: &NotMade) {
        self.sealed.tries.lock().again(id, Instant::now());
        // A server that starts again is none of the volume's, nor is somebody who reads it.
        let passes = match error {
            NotMade::Call(error) => error.is_transient(),
            NotMade::Early(_) | NotMade::Over => true,
            NotMade::Io(error) => error.kind() == io::ErrorKind::ResourceBusy,
            NotMade::Damaged => false,
        };
        let why = format!("its key cannot be had: {}", Chain(error));
        let mut all = self.sealed.why_not.lock();
        if all.get(id) != Some(&why) {
            tracing::warn!(volume = id, %why, "failed to open a sealed volume; will retry");
        }
        if !passes {
            all.insert(id.to_owned(), why);
        }
    }

    /// Whether anybody may have it now.
    fn is_to_be_open(&self, volume: &Volume) -> bool {
        let runs = |instance: &str| {
            let running = self.guests().running();
            running.is_some_and(|all| all.contains_key(instance))
        };
        let device = volume.device.as_ref();
        is_wanted(volume)
            && self.files.image(&volume.id).exists()
            && device.is_none_or(|it| runs(&it.instance))
    }

    /// Opens it, unless somebody has it who lets go of it first.
    async fn open_one(&self, api: &Api, volume: &Volume) -> Result<(), NotMade> {
        let image = self.files.image(&volume.id);
        // Who has the one whose program ended lets go of it first.
        if !is_sealed(&image) || LoopDevice::over(&image)?.is_some() {
            return Ok(());
        }
        // What is read for a snapshot while its program ends comes below no device meanwhile.
        let Some(_taken) = self.try_take(&volume.id).await else {
            return Ok(());
        };
        let keys = keys(api, place_of(volume)).await?;
        // It may have been let go meanwhile.
        let told = self.told().get(&volume.id).cloned();
        if !told.is_some_and(|it| self.is_to_be_open(&it)) {
            return Ok(());
        }
        let program = self.sealed.program.clone();
        let opened = spawn_blocking(move || open(&program, &image, keys.own())).await;
        opened.map_err(io::Error::other)??;
        tracing::info!(volume = volume.id, "opened a sealed volume");
        Ok(())
    }

    async fn shut(&self, id: &str) -> io::Result<()> {
        let image = self.files.image(id);
        if !is_sealed(&image) || state(&image)? == Shown::No {
            return Ok(());
        }
        // Whoever mounts it has it, and looks by itself whether it may.
        let Some(_taken) = self.try_take(id).await else {
            return Ok(());
        };
        let is_gone = |it: &Volume| it.wanted == Wanted::Gone || !self.is_to_be_open(it);
        let is_shut = self.told().get(id).is_none_or(is_gone);
        if is_shut && LoopDevice::over(&image)?.is_none() {
            hide(&image)?;
        }
        Ok(())
    }
}
