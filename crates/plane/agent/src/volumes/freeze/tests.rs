//! Freezing with programs that hang, and with what a kernel really left frozen.

use std::{os::unix::fs::PermissionsExt as _, thread, time::Duration};

use super::*;

fn until(what: &str, is_so: impl Fn() -> bool) {
    for _ in 0..4000 {
        if is_so() {
            return;
        }
        thread::sleep(Duration::from_millis(5));
    }
    panic!("{what} never came");
}

/// A folder with a program that stands for `fsfreeze`, and what it was called with so far.
fn programs(script: &str) -> (tempfile::TempDir, String, impl Fn() -> String) {
    let dir = tempfile::tempdir().unwrap();
    let (program, log) = (dir.path().join("fsfreeze"), dir.path().join("log"));
    let text = format!("#!/bin/sh\necho \"$1\" >>{}\n{script}", log.display());
    fs::write(&program, text).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let said = move || fs::read_to_string(&log).unwrap_or_default();
    let programs = format!("{}:{PROGRAMS}", dir.path().display());
    (dir, programs, said)
}

#[test]
fn what_is_frozen_when_nobody_listens_any_more_is_thawed() {
    let (dir, programs, said) = programs("[ \"$1\" = -u ] || sleep 0.2\n");
    let mount = File::open(dir.path()).unwrap();
    let patience = Duration::from_secs(20);
    let frozen = Frozen::begin(mount, &programs, patience, || {}).unwrap();
    until("the freezing", || said() == "-f\n");
    // As when the agent is killed.
    drop(frozen);
    assert_eq!(said(), "-f\n-u\n");
}

#[test]
fn one_that_does_not_freeze_is_given_up_and_holds_up_no_other() {
    let (dir, programs, said) =
        programs("[ \"$1\" = -u ] || while [ ! -e \"${0%/*}/go\" ]; do sleep 0.02; done\n");
    let mount = || File::open(dir.path()).unwrap();
    let freezer = Freezer {
        bounds: Bounds {
            frozen: Duration::from_millis(100),
            ..Bounds::default()
        },
        ..Freezer::default()
    };
    let kind = |done: io::Result<Frozen>| done.err().map(|it| it.kind());
    let late = freezer.begin(Path::new("/one"), mount(), &programs);
    assert_eq!(kind(late), Some(io::ErrorKind::TimedOut));
    // No second one waits behind it.
    let again = freezer.begin(Path::new("/one"), mount(), &programs);
    assert_eq!(kind(again), Some(io::ErrorKind::ResourceBusy));
    assert_eq!(said(), "-f\n");
    let (_kept, others, _) = self::programs("");
    drop(freezer.begin(Path::new("/two"), mount(), &others).unwrap());
    fs::write(dir.path().join("go"), "").unwrap();
    until("the end of it", || !freezer.has(Path::new("/one")));
    assert_eq!(said(), "-f\n-u\n");
    drop(
        freezer
            .begin(Path::new("/one"), mount(), &programs)
            .unwrap(),
    );
}

#[test]
fn one_that_is_not_written_out_is_given_up() {
    let (dir, programs, said) = programs("");
    let sync = dir.path().join("sync");
    fs::write(
        &sync,
        "#!/bin/sh\nwhile [ ! -e \"${0%/*}/go\" ]; do sleep 0.02; done\n",
    )
    .unwrap();
    fs::set_permissions(&sync, fs::Permissions::from_mode(0o755)).unwrap();
    let freezer = Freezer {
        bounds: Bounds {
            written: Duration::from_millis(100),
            ..Bounds::default()
        },
        ..Freezer::default()
    };
    let mount = File::open(dir.path()).unwrap();
    let late = freezer.begin(Path::new("/one"), mount, &programs);
    let late = late.err().unwrap();
    assert_eq!(late.kind(), io::ErrorKind::TimedOut);
    assert_eq!(said(), "");
    fs::write(dir.path().join("go"), "").unwrap();
    until("the end of it", || !freezer.has(Path::new("/one")));
}

/// Needs root, loop devices and ext4.
#[test]
fn what_was_left_frozen_without_a_mount_is_thawed() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("disk.img");
    File::create(&image).unwrap().set_len(64 << 20).unwrap();
    crate::volumes::format::ready(&image, &image, "ext4").unwrap();
    let mut left = Command::new("unshare");
    left.args(["-m", "sh", "-ec"])
        .arg("mount -o loop disk.img /mnt; fsfreeze -f /mnt; umount /mnt")
        .current_dir(dir.path());
    assert!(left.status().unwrap().success());
    let device = *devices()
        .unwrap()
        .get(&fs::canonicalize(&image).unwrap())
        .unwrap();
    assert!(is_alive(device) && mount_of(device).is_err());
    // Not that of another, which has the same name elsewhere.
    let other = dir.path().join("other.img");
    File::create(&other).unwrap();
    let refused = mounted_again(&other, device.1).unwrap_err();
    assert_eq!(refused.kind(), io::ErrorKind::NotFound);
    Freezer::default().thaw_all(dir.path()).unwrap();
    // Device and file are free again.
    crate::instances::await_detached(&image).unwrap();
    Freezer::default().thaw_all(dir.path()).unwrap();
}
