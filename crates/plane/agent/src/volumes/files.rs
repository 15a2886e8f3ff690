//! The files of volumes: `<node>/ebs/<id>/disk.img`, sparse, as long as the volume is large.

use std::{
    collections::BTreeMap,
    fs, io,
    path::{Path, PathBuf},
};

use wharf_container::runtime::{LoopDevice, attached_files};
use wharf_durable::put_in_place;
use wharf_kubelet::disk_use::Room;
use wharf_planeproto::volume::{NO_CAPACITY, Volume, VolumeReport, VolumeState, Wanted};
use wharf_sealed_file::{Shown, below_devices, hide, is_sealed, seal, state};

use super::room::is_short;
use crate::machine::{PROMISED, room_for_disks};

/// Below the node's folder.
pub const FOLDER: &str = "ebs";
pub struct Files {
    dir: PathBuf,
}

impl Files {
    pub fn new(dir: PathBuf) -> Self {
        Self { dir }
    }

    pub fn folder(&self, id: &str) -> PathBuf {
        self.dir.join(id)
    }

    pub fn image(&self, id: &str) -> PathBuf {
        self.folder(id).join("disk.img")
    }

    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Makes and removes files; what there is then, and whether something waits for its end. Blocks.
    /// `stays`: a volume whose file must not be removed yet. Nothing is said of one that is being made of a snapshot.
    pub fn bring(
        &self,
        told: &BTreeMap<String, Volume>,
        stays: impl Fn(&str) -> bool,
    ) -> io::Result<(Vec<VolumeReport>, bool)> {
        fs::create_dir_all(&self.dir)?;
        let mounted = attached_files()?;
        let dir = fs::canonicalize(&self.dir)?;
        let (mut reports, mut pending) = (Vec::with_capacity(told.len()), false);
        for volume in told.values() {
            let image = dir.join(&volume.id).join("disk.img");
            let is_mounted = mounted.contains(&below_devices(&image));
            if volume.wanted == Wanted::Kept && self.awaits_restore(volume) {
                pending = true;
                continue;
            }
            let (state, reason) = match volume.wanted {
                Wanted::Kept => match self.keep(volume) {
                    // It is as large as it was, and nothing of it is lost.
                    Err(error) if image.exists() && error.kind() != io::ErrorKind::InvalidData => {
                        tracing::error!(volume = volume.id, %error, "failed to make a volume larger");
                        (VolumeState::Ready, Some(error.to_string()))
                    }
                    Ok(()) => (VolumeState::Ready, None),
                    Err(error) => (VolumeState::Failed, Some(error.to_string())),
                },
                Wanted::Gone if is_mounted => (VolumeState::Ready, None),
                Wanted::Gone if stays(&volume.id) => {
                    pending = true;
                    (VolumeState::Ready, None)
                }
                Wanted::Gone => match self.remove(&dir.join(&volume.id)) {
                    Ok(()) => (VolumeState::Gone, None),
                    Err(error) => (VolumeState::Failed, Some(error.to_string())),
                },
            };
            pending |= is_mounted && (volume.wanted == Wanted::Gone || !volume.attached);
            reports.push(VolumeReport {
                id: volume.id.clone(),
                bytes: fs::metadata(&image).map_or(0, |it| it.len()),
                state,
                reason,
                mounted: is_mounted,
                attached: volume.attached,
                placed: false,
            });
        }
        Ok((reports, pending))
    }

    fn keep(&self, volume: &Volume) -> io::Result<()> {
        let image = self.image(&volume.id);
        if image.try_exists()? {
            check_sealed(volume, &image)?;
            if fs::metadata(&image)?.len() < volume.bytes {
                self.check_promise(volume)?;
            }
            return grow(&image, volume.bytes);
        }
        if !volume.may_make {
            let text = "the file of the volume is missing on its host";
            return Err(io::Error::new(io::ErrorKind::NotFound, text));
        }
        let folder = self.dir.join(&volume.id);
        self.check_promise(volume)?;
        fs::create_dir_all(&folder)?;
        make_sealed(volume, &image)?;
        let fresh = folder.join("disk.new");
        let file = fs::File::create(&fresh)?;
        file.set_len(volume.bytes)?;
        put_in_place(&fresh, &image)?;
        self.sync(&folder)
    }

    /// Whether there is room on the node's disk beyond what is kept free there: where volumes are held back, none comes.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] if not.
    pub fn check_room(&self) -> io::Result<()> {
        match is_short(Room::of(&self.dir)?, false) {
            true => Err(no_capacity("the disk of the volume's host is full")),
            false => Ok(()),
        }
    }

    /// Whether a volume can be promised its bytes: no one more than the node's disk has, and all together, which are
    /// sparse files, no more than disks of instances.
    ///
    /// # Errors
    /// [`io::ErrorKind::StorageFull`] if not.
    pub fn check_promise(&self, volume: &Volume) -> io::Result<()> {
        let promised = room_for_disks(&self.dir)?;
        let most = promised / PROMISED;
        if volume.bytes > most {
            let text = format!(
                "the disk of the volume's host has no more than {} GiB",
                most >> 30
            );
            return Err(no_capacity(&text));
        }
        let others = self.promised_but(&volume.id)?;
        if others.saturating_add(volume.bytes) > promised {
            let text = format!(
                "volumes of {} GiB lie on its host already, as many as its disk is promised to",
                others >> 30
            );
            return Err(no_capacity(&text));
        }
        self.check_room()
    }

    /// Bytes of all volumes that are there, but of one.
    fn promised_but(&self, id: &str) -> io::Result<u64> {
        let mut promised = 0_u64;
        for entry in fs::read_dir(&self.dir)? {
            let entry = entry?;
            let image = entry.path().join("disk.img");
            if entry.file_name() != id
                && let Ok(file) = fs::metadata(image)
            {
                promised = promised.saturating_add(file.len());
            }
        }
        Ok(promised)
    }

    /// Once this is done, not even a loss of power brings any of it back: another host may have the volume then.
    fn remove(&self, folder: &Path) -> io::Result<()> {
        remove(folder)?;
        sync(&self.dir)
    }

    /// A folder of a volume, and the one that it is in.
    pub fn sync(&self, folder: &Path) -> io::Result<()> {
        sync(folder)?;
        sync(&self.dir)
    }
}

/// Before anything of it is there: from then on nobody takes it for one that is not sealed.
pub fn make_sealed(volume: &Volume, image: &Path) -> io::Result<()> {
    match volume.sealed {
        Some(_) => seal(image),
        None => check_sealed(volume, image),
    }
}

/// What is in the clear is never taken for what is sealed, nor the other way round.
fn check_sealed(volume: &Volume, image: &Path) -> io::Result<()> {
    match is_sealed(image) == volume.sealed.is_some() {
        true => Ok(()),
        false => {
            let text = "the file of the volume is sealed where it should not be, or is not where it should";
            Err(io::Error::new(io::ErrorKind::InvalidData, text))
        }
    }
}

fn no_capacity(why: &str) -> io::Error {
    let text = format!("{NO_CAPACITY}: {why}");
    io::Error::new(io::ErrorKind::StorageFull, text)
}

/// Makes a volume larger, also under who has it mounted; never smaller.
fn grow(image: &Path, bytes: u64) -> io::Result<()> {
    if fs::metadata(image)?.len() < bytes {
        let file = fs::OpenOptions::new().write(true).open(image)?;
        file.set_len(bytes)?;
        file.sync_all()?;
    }
    match LoopDevice::over(image)? {
        // One that reads and writes nothing any more grows when it is opened anew.
        Some(_) if is_sealed(image) && state(image)? == Shown::Broken => Ok(()),
        // It may have been killed between the two.
        Some(device) => device.grow(image),
        None => Ok(()),
    }
}

/// The file goes first: a folder without one is none.
fn remove(folder: &Path) -> io::Result<()> {
    hide(&folder.join("disk.img"))?;
    match fs::remove_dir_all(folder) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => Err(e),
        _ => Ok(()),
    }
}

fn sync(folder: &Path) -> io::Result<()> {
    fs::File::open(folder)?.sync_all()
}
