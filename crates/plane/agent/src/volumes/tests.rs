//! Files of volumes on real disks. Needs root, loop devices and ext4.

use std::fs;

use wharf_planeproto::{Change, volume::VolumeState};

use super::*;

const ID: &str = "vol-0123456789abcdef0";
const HOST: &str = "i-1";

fn volume(wanted: Wanted, may_make: bool) -> Volume {
    Volume {
        id: ID.to_owned(),
        account: "000000000000".to_owned(),
        region: "us-east-1".to_owned(),
        host: HOST.to_owned(),
        wanted,
        may_make,
        restore: false,
        bytes: 64 << 20,
        attached: true,
        device: None,
        sealed: None,
        mounted_by: None,
    }
}

fn brought(files: &Files, volume: Volume) -> (VolumeReport, bool) {
    let told = BTreeMap::from([(volume.id.clone(), volume)]);
    let (mut reports, pending) = files.bring(&told, |_| false).unwrap();
    assert_eq!(reports.len(), 1);
    (reports.remove(0), pending)
}

#[test]
fn names() {
    assert!(is_name(ID, "vol-") && is_name("vol-1a2b3c4d", "vol-"));
    for bad in [
        "",
        "vol-",
        "vol-../../../x",
        "vol-0123456G",
        "i-0123456789abcdef0",
    ] {
        assert!(!is_name(bad, "vol-"), "{bad}");
    }
}

#[test]
fn pods_mount_what_their_own_instance_has() {
    let of = |attached, wanted, by: Option<&str>| {
        let volume = Volume {
            attached,
            mounted_by: by.map(str::to_owned),
            ..volume(wanted, true)
        };
        BTreeMap::from([(ID.to_owned(), volume)])
    };
    let (own, other) = (Some("i-own"), Some("i-other"));
    let kept = Wanted::Kept;
    assert!(may_mount(&of(true, kept, own), ID, own));
    for (told, why) in [
        (of(true, kept, other), "another instance's"),
        (of(true, kept, None), "an instance's device"),
        (of(false, kept, own), "let go"),
        (of(true, Wanted::Gone, own), "deleted"),
        (BTreeMap::new(), "not told of"),
    ] {
        assert!(!may_mount(&told, ID, own), "{why}");
    }
    // What a task has, ECS says.
    assert!(may_mount(&of(true, kept, None), ID, None));
}

#[test]
fn what_is_told_is_this_hosts() {
    let dir = tempfile::tempdir().unwrap();
    let volumes = Volumes::new(dir.path());
    let told = || volumes.told().keys().cloned().collect::<Vec<_>>();
    let resource = Resource::Volume(volume(Wanted::Kept, true));
    volumes.take("i-2", &Update::Snapshot(vec![resource.clone()]));
    assert!(told().is_empty());
    volumes.take(HOST, &Update::Snapshot(vec![resource.clone()]));
    assert_eq!(told(), [ID]);
    volumes.take(HOST, &Update::Changes(vec![Change::Delete(resource.key())]));
    assert!(told().is_empty());
}

#[test]
fn a_file_is_made_once_and_removed_when_nothing_has_it() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path().join(FOLDER));
    let (report, pending) = brought(&files, volume(Wanted::Kept, true));
    assert_eq!(
        (report.state, report.bytes, pending),
        (VolumeState::Ready, 64 << 20, false)
    );

    let image = files.image(ID);
    format::ready(&image, &image, "ext4").unwrap();
    // Found sound the second time, not made anew.
    format::ready(&image, &image, "ext3").unwrap();
    let disk = PreparedDisk::kept(&image).unwrap();
    let (report, pending) = brought(&files, volume(Wanted::Gone, false));
    assert_eq!(
        (report.state, report.mounted, pending),
        (VolumeState::Ready, true, true)
    );
    drop(disk);
    crate::instances::await_detached(&image).unwrap();
    let (report, _) = brought(&files, volume(Wanted::Gone, false));
    assert_eq!(report.state, VolumeState::Gone);
    assert!(!image.exists());
    let (report, _) = brought(&files, volume(Wanted::Gone, false));
    assert_eq!(report.state, VolumeState::Gone);

    // What was there once is never made anew.
    let (report, _) = brought(&files, volume(Wanted::Kept, false));
    assert_eq!(report.state, VolumeState::Failed);
    assert!(!image.exists());
}

#[test]
fn volumes_that_the_disk_has_no_room_for_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path().join(FOLDER));
    let of = |digit: u8, bytes| Volume {
        id: format!("vol-0123456789abcde{digit:02x}"),
        bytes,
        ..volume(Wanted::Kept, true)
    };
    let promised = crate::machine::room_for_disks(dir.path()).unwrap();
    let no_room = |report: &VolumeReport| {
        let reason = report.reason.as_deref().unwrap_or_default();
        report.state == VolumeState::Failed && reason.starts_with("InsufficientVolumeCapacity: ")
    };
    let (report, _) = brought(&files, of(0, promised / 4 + 1));
    assert!(no_room(&report), "{report:?}");
    // Together they may be promised four times what there is, and no more.
    let most = promised / 4;
    for digit in 1..=4 {
        let (report, _) = brought(&files, of(digit, most));
        assert_eq!(report.state, VolumeState::Ready, "{report:?}");
    }
    let (report, _) = brought(&files, of(5, most));
    assert!(no_room(&report), "{report:?}");
    // One that goes leaves room.
    let gone = Volume {
        wanted: Wanted::Gone,
        ..of(1, most)
    };
    brought(&files, gone);
    let (report, _) = brought(&files, of(5, most));
    assert_eq!(report.state, VolumeState::Ready, "{report:?}");
}

#[test]
fn a_file_that_cannot_grow_stays_what_it_was() {
    let dir = tempfile::tempdir().unwrap();
    let files = Files::new(dir.path().join(FOLDER));
    brought(&files, volume(Wanted::Kept, true));
    // No file system has files so large.
    let larger = Volume {
        bytes: u64::MAX >> 1,
        ..volume(Wanted::Kept, false)
    };
    let (report, _) = brought(&files, larger);
    assert_eq!((report.state, report.bytes), (VolumeState::Ready, 64 << 20));
    assert!(report.reason.is_some());
    let (report, pending) = brought(&files, volume(Wanted::Kept, false));
    assert_eq!(
        (report.state, report.reason, pending),
        (VolumeState::Ready, None, false)
    );
}

#[test]
fn a_file_system_that_was_not_finished_is_made_again() {
    let dir = tempfile::tempdir().unwrap();
    let image = dir.path().join("disk.img");
    fs::write(&image, [1; 4096]).unwrap();
    fs::OpenOptions::new()
        .write(true)
        .open(&image)
        .unwrap()
        .set_len(64 << 20)
        .unwrap();
    let open = |image: &Path, kind| {
        crate::instances::hold(image, |device| format::ready(image, device, kind))
    };
    let refused = open(&image, "ext4").err().unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::InvalidData);
    let mark = dir.path().join("disk.formatting");
    fs::write(&mark, "").unwrap();
    drop(open(&image, "ext4").unwrap());
    assert!(!mark.exists());
    // A loss of power that brings the mark back makes nothing anew of a file system that was in use.
    let number = || fs::read(&image).unwrap()[1024 + 104..1024 + 120].to_vec();
    let before = number();
    fs::write(&mark, "").unwrap();
    drop(open(&image, "ext4").unwrap());
    crate::instances::await_detached(&image).unwrap();
    assert_eq!(number(), before);
    let other = dir.path().join("other.img");
    fs::File::create(&other).unwrap().set_len(64 << 20).unwrap();
    let refused = open(&other, "xfs").err().unwrap();
    assert_eq!(refused.kind(), io::ErrorKind::Unsupported);
}

#[tokio::test(start_paused = true)]
async fn a_task_waits_for_a_volume_whose_turn_to_be_made_is_still_to_come() {
    let dir = tempfile::tempdir().unwrap();
    let volumes = Volumes::new(dir.path());
    let tell = |restore| {
        let told = Volume {
            restore,
            ..volume(Wanted::Kept, false)
        };
        volumes.take(HOST, &Update::Snapshot(vec![Resource::Volume(told)]));
    };
    let waiting = |patience| {
        let all = volumes.clone();
        tokio::spawn(async move { timeout(patience, all.wait_for(ID, None)).await })
    };
    tell(false);
    let late = waiting(10 * PATIENCE).await.unwrap().unwrap();
    assert!(matches!(late, Err(NoVolume::Timeout(_))));
    // No other one's bytes are of this one's time.
    tell(true);
    assert!(waiting(10 * PATIENCE).await.unwrap().is_err());
    let patient = waiting(10 * PATIENCE);
    sleep(3 * PATIENCE).await;
    volumes.restoring.lock().insert(ID.to_owned(), None);
    sleep(3 * PATIENCE).await;
    fs::create_dir_all(volumes.files.folder(ID)).unwrap();
    fs::write(volumes.files.image(ID), "").unwrap();
    assert!(patient.await.unwrap().unwrap().is_ok());
}
