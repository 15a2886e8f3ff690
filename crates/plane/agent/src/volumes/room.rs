//! Keeps volumes, and disks of file systems, from filling the node's disk, which the control plane and the agent live on. Their files are
//! sparse and may be promised more than there is: while little more than the node's reserve is free, all of them are full for those
//! who write to them ([`LoopDevice::hold_back`]), and again have what they were promised once there is room. Stateless
//! but for the last verdict: what an agent that was killed held back, the next one finds.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use tokio::time::sleep;
use tokio_util::sync::CancellationToken;
use wharf_container::runtime::LoopDevice;
use wharf_kubelet::disk_use::Room;

use super::Volumes;
use crate::machine::reserve_of;

/// While everybody may write for this long at full speed, looking is seldom needed.
const AT_EASE: Duration = Duration::from_secs(1);
const TIGHT: Duration = Duration::from_millis(100);
/// What may be written in less than a second.
const TIGHT_ROOM: u64 = 4 << 30;

/// Whether volumes are held back. Some have data on the way to their files then, which still comes; and it ends later
/// than it begins, so that it does not do so all the time.
pub fn is_short(room: Room, was_short: bool) -> bool {
    let reserve = reserve_of(room.total);
    let margin = if was_short { reserve } else { reserve / 2 };
    room.free < reserve + margin
}

fn pause(room: Room) -> Duration {
    match room.free < 2 * reserve_of(room.total) + TIGHT_ROOM {
        true => TIGHT,
        false => AT_EASE,
    }
}

impl Volumes {
    /// Until `shutdown`. What is held back stays so while no agent runs.
    pub(super) async fn keep_room(self, shutdown: CancellationToken) {
        let file_systems = self.node.join(crate::file_systems::FOLDER);
        tokio::join!(
            keep_room_in(self.files.dir().to_owned(), "EBS volumes", &shutdown),
            keep_room_in(file_systems, "file systems", &shutdown)
        );
    }
}

/// `what`: whose files are in `dir`.
async fn keep_room_in(dir: PathBuf, what: &str, shutdown: &CancellationToken) {
    // Unknown: an agent before this one may have held some back.
    let mut was_short = None;
    loop {
        let dir = dir.clone();
        let looked = tokio::task::spawn_blocking(move || look(&dir, was_short)).await;
        let pause = match looked.map_err(io::Error::other).and_then(|done| done) {
            Ok(Some((room, is_short))) => {
                if is_short && was_short != Some(true) {
                    let free = room.free;
                    tracing::error!(
                        free,
                        "the node's disk is nearly full: its {what} are full until there is room"
                    );
                }
                if !is_short && was_short == Some(true) {
                    tracing::info!("there is room on the node's disk again for its {what}");
                }
                was_short = Some(is_short);
                pause(room)
            }
            Ok(None) => AT_EASE,
            Err(error) => {
                tracing::warn!(%error, "failed to look how full the disk of {what} is; will retry");
                AT_EASE
            }
        };
        tokio::select! {
            () = shutdown.cancelled() => return,
            () = sleep(pause) => {}
        }
    }
}

/// `None` where there are none.
fn look(dir: &Path, was_short: Option<bool>) -> io::Result<Option<(Room, bool)>> {
    let dir: PathBuf = match fs::canonicalize(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        other => other?,
    };
    let measured = || {
        let room = Room::of(&dir)?;
        Ok::<_, io::Error>((room, is_short(room, was_short == Some(true))))
    };
    let first = measured()?;
    if !first.1 && was_short == Some(false) {
        return Ok(Some(first));
    }
    let devices = LoopDevice::below(&dir)?;
    // Looked at after them: one that comes once there is room is not held back for the lack of before.
    let (room, is_short) = measured()?;
    for (image, device) in devices {
        if let Err(error) = device.hold_back(is_short)
            && LoopDevice::over(&image)?.is_some()
        {
            let image = image.display();
            tracing::warn!(%image, %error, "failed to hold a volume back, or to go on with it; will retry");
        }
    }
    Ok(Some((room, is_short)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: u64 = 1 << 30;

    #[test]
    fn the_reserve_is_left_alone() {
        let short = |total, free, was| is_short(Room { total, free }, was);
        assert!(!short(200 * GIB, 3 * GIB, false) && short(200 * GIB, 3 * GIB - 1, false));
        assert!(short(200 * GIB, 4 * GIB - 1, true) && !short(200 * GIB, 4 * GIB, true));
        assert!(short(GIB, 190 << 20, false) && !short(GIB, 200 << 20, false));
        let pause = |free| {
            pause(Room {
                total: 200 * GIB,
                free,
            })
        };
        assert_eq!((pause(7 * GIB), pause(9 * GIB)), (TIGHT, AT_EASE));
    }

    /// Needs root, loop devices and a memory file system.
    #[test]
    fn a_disk_that_fills_up_stops_its_volumes_before_it_is_full() {
        use std::os::unix::fs::FileExt as _;
        let outer = tempfile::tempdir().unwrap();
        let script = "mount -t tmpfs -o size=512m none \"$0\"";
        let mut mount = std::process::Command::new("/bin/sh");
        assert!(
            mount
                .args(["-c", script])
                .arg(outer.path())
                .status()
                .unwrap()
                .success()
        );
        let image = outer.path().join("disk.img");
        let file = fs::File::create(&image).unwrap();
        file.set_len(400 << 20).unwrap();
        let device = LoopDevice::bind(&image).unwrap();
        let open = fs::File::options().write(true).open(device.path()).unwrap();
        let mut was_short = None;
        let mut look = || {
            let (_, is_short) = look(outer.path(), was_short).unwrap().unwrap();
            was_short = Some(is_short);
            is_short
        };
        assert!(!look());
        let other = outer.path().join("other");
        // The reserve is 128 MiB.
        fs::write(&other, vec![1; 350 << 20]).unwrap();
        assert!(look());
        let refused = open.write_all_at(&[1; 4096], 0).unwrap_err();
        assert_eq!(refused.kind(), io::ErrorKind::PermissionDenied);
        fs::remove_file(&other).unwrap();
        assert!(!look());
        open.write_all_at(&[1; 4096], 0).unwrap();
        drop(open);
        device.let_go(&image).unwrap();
        drop(file);
        while LoopDevice::over(&image).unwrap().is_some() {
            std::thread::sleep(Duration::from_millis(5));
        }
        nix::mount::umount2(outer.path(), nix::mount::MntFlags::MNT_DETACH).unwrap();
    }
}
