//! Several disks as they are at one moment, whoever writes to them.
//!
//! Whose they are stands still while each comes to a stand in its own way ([`super::still`]): a file that no device is over
//! is locked, a file system is frozen, a device is flushed. What is frozen is read when its instance goes on, and so is what
//! could be cloned; other devices are read while it stands still. One disk alone needs nobody to stand still. Blocks.

use std::{fs::File, io, path::Path, time::Instant};

use wharf_container::runtime::{Held, LoopDevice, PauseSwitch, Writes, hold_unattached};

use super::still::{
    Clone, FROZEN_FOR, PAUSED_FOR, SETTLES, Still, Until, changed, check_kept, settled, unheld,
};
use crate::volumes::{
    freeze::{Freezer, Frozen, is_in_use},
    pause::pause,
};

/// One of them.
pub struct Disk<'a> {
    pub image: &'a Path,
    /// In a folder of the same file system.
    pub clone: &'a Path,
    /// As for [`Still::by_file`].
    pub by_file: bool,
}

/// How one came to a stand.
enum Stood<'a> {
    /// No device comes over it.
    Held(Held),
    Frozen(#[expect(dead_code, reason = "it is thawed when this goes")] Frozen),
    Device(LoopDevice, Writes),
    /// The emulator that has the file stands still.
    Kept,
    Cloned(Clone<'a>),
}

/// Has `read` read all of them, by their place in the list, as they were at one moment.
///
/// # Errors
/// Those of `read`; one does not come to a stand within bounds.
pub fn read(
    disks: &[Disk<'_>],
    freezer: &Freezer,
    switch: Option<PauseSwitch>,
    mut read: impl FnMut(usize, &File, Until) -> io::Result<()>,
) -> io::Result<()> {
    if let [disk] = disks {
        let still = Still {
            image: disk.image,
            clone: disk.clone,
            freezer,
            switch,
            by_file: disk.by_file,
        };
        return still.read(|file, until| read(0, file, until));
    }
    let writer = match switch {
        // Most of what is to be written is, while nobody stands still.
        Some(switch) if disks.iter().any(|it| is_used(it)) => {
            for disk in disks {
                write_out(disk, freezer)?;
            }
            Some(pause(switch)?)
        }
        _ => None,
    };
    let paused_until = Instant::now() + PAUSED_FOR;
    let mut all = disks
        .iter()
        .map(|disk| stand(disk, freezer, writer.is_some()))
        .collect::<io::Result<Vec<_>>>()?;
    // From here on all are of one moment.
    for (disk, stood) in disks.iter().zip(&mut all) {
        if !matches!(stood, Stood::Held(_))
            && let Some(clone) = super::still::cloned(disk.image, disk.clone)?
        {
            check(disk, stood)?;
            *stood = Stood::Cloned(clone);
        }
    }
    for (at, (disk, stood)) in disks.iter().zip(&all).enumerate() {
        if matches!(stood, Stood::Device(..) | Stood::Kept) {
            read(at, &File::open(disk.image)?, Some(paused_until))?;
            check(disk, stood)?;
        }
    }
    if let Some(paused) = &writer {
        paused.check()?;
    }
    drop(writer);
    let frozen_until = Instant::now() + FROZEN_FOR;
    for (at, (disk, stood)) in disks.iter().zip(all).enumerate() {
        match &stood {
            Stood::Held(file) => read(at, file, None)?,
            Stood::Frozen(_) => read(at, &File::open(disk.image)?, Some(frozen_until))?,
            Stood::Cloned(clone) => read(at, clone.file(), None)?,
            Stood::Device(..) | Stood::Kept => {}
        }
    }
    Ok(())
}

fn is_used(disk: &Disk<'_>) -> bool {
    hold_unattached(disk.image).is_err()
}

fn write_out(disk: &Disk<'_>, freezer: &Freezer) -> io::Result<()> {
    match freezer.freeze(disk.image) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}

fn stand<'a>(disk: &Disk<'_>, freezer: &Freezer, writer_stands: bool) -> io::Result<Stood<'a>> {
    match hold_unattached(disk.image) {
        Ok(file) => return Ok(Stood::Held(file)),
        Err(error) if error.kind() == io::ErrorKind::ResourceBusy => {}
        Err(error) => return Err(error),
    }
    if disk.by_file {
        if !writer_stands {
            return Err(unheld());
        }
        return check_kept(disk.image).map(|()| Stood::Kept);
    }
    match freezer.freeze(disk.image) {
        Ok(frozen) => return Ok(Stood::Frozen(frozen)),
        Err(error) if error.kind() == io::ErrorKind::NotFound && !is_in_use(disk.image)? => {}
        Err(error) => return Err(error),
    }
    if !writer_stands {
        return Err(unheld());
    }
    let device = LoopDevice::over(disk.image)?.ok_or_else(changed)?;
    let writes = settled(device, SETTLES)?.ok_or_else(changed)?;
    Ok(Stood::Device(device, writes))
}

/// A device was not written to by others than its instance, such as a mount of it that was under way.
fn check(disk: &Disk<'_>, stood: &Stood<'_>) -> io::Result<()> {
    let (device, before) = match stood {
        Stood::Device(device, before) => (device, before),
        Stood::Kept => return check_kept(disk.image),
        Stood::Held(_) | Stood::Frozen(_) | Stood::Cloned(_) => return Ok(()),
    };
    match settled(*device, SETTLES)?.as_ref() == Some(before) && !is_in_use(disk.image)? {
        true => Ok(()),
        false => Err(changed()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Needs root and loop devices.
    #[test]
    fn all_are_read_or_none() {
        let dir = tempfile::tempdir().unwrap();
        let paths = ["a", "b"].map(|it| (dir.path().join(it), dir.path().join("clone")));
        for (image, _) in &paths {
            std::fs::write(image, vec![0; 1 << 20]).unwrap();
        }
        let disks = |by_file| {
            paths.each_ref().map(|(image, clone)| Disk {
                image,
                clone,
                by_file,
            })
        };
        let seen_of = |switch, by_file| {
            let mut seen = Vec::new();
            let done = read(&disks(by_file), &Freezer::default(), switch, |at, _, _| {
                seen.push(at);
                Ok(())
            });
            done.map(|()| seen)
        };
        let seen = |switch| seen_of(switch, false);
        assert_eq!(seen(None).unwrap(), [0, 1]);
        // Nobody can say when it is written to.
        let device = LoopDevice::bind(&paths[1].0).unwrap();
        assert_eq!(seen(None).unwrap_err().kind(), io::ErrorKind::Unsupported);
        let name = format!("/wharf-together-{}", std::process::id());
        let group = wharf_cgroup::Hierarchies::detect().unwrap();
        let group = group.group(&name).unwrap();
        group.create(&wharf_cgroup::Limits::default()).unwrap();
        // What no device is over is read last: it is held for as long as it takes.
        assert_eq!(seen(group.pause_switch()).unwrap(), [1, 0]);
        device.let_go(&paths[1].0).unwrap();
        while LoopDevice::over(&paths[1].0).unwrap().is_some() {
            std::thread::yield_now();
        }
        // Nor who has the file itself, as emulators have it.
        let emulator = File::open(&paths[1].0).unwrap();
        emulator.try_lock().unwrap();
        let unheld = seen_of(None, true).unwrap_err();
        assert_eq!(unheld.kind(), io::ErrorKind::Unsupported);
        assert_eq!(seen_of(group.pause_switch(), true).unwrap(), [1, 0]);
        group.kill_and_remove().unwrap();
    }
}
