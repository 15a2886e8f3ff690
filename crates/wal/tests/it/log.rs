//! What a log gives back after everything that can happen to its files.

use std::{fs, path::Path};

use wharf_wal::{DecodeError, Disk, Log, LogError, LogOptions, Purpose, Replayed};

fn options() -> LogOptions {
    LogOptions {
        magic: *b"testlog1",
        segment_bytes: 4096,
        grow_bytes: 4096,
        reserve_bytes: 0,
        salvage: false,
        disk: Disk::default(),
    }
}

fn open(dir: &Path, first: u64) -> Result<(Log, Vec<Vec<u8>>), LogError> {
    let mut found = Vec::new();
    let log = Log::open(dir, options(), first, |frame| {
        let mut again = vec![0; frame.payload.len()];
        frame.file.read_exact_at(&mut again, frame.offset).unwrap();
        assert_eq!(
            again, frame.payload,
            "the place is where the payload stands"
        );
        found.push(frame.payload.to_vec());
        Ok(())
    })?;
    Ok((log, found))
}

fn payload(n: usize) -> Vec<u8> {
    (0..40 + n * 7).map(|i| (i * 31 + n) as u8).collect()
}

#[test]
fn frames_come_back_across_segments() {
    let dir = tempfile::tempdir().unwrap();
    let mut written = Vec::new();
    for round in 0..4 {
        let (mut log, found) = open(dir.path(), 1).unwrap();
        assert_eq!(found, written);
        for n in 0..20 {
            written.push(payload(round * 20 + n));
            log.append(&written[written.len() - 1], Purpose::Growth)
                .unwrap();
        }
    }
    let large = vec![9; 100_000];
    let (mut log, _) = open(dir.path(), 1).unwrap();
    log.append(&large, Purpose::Growth).unwrap();
    written.push(large);
    let segments: Vec<_> = log.segments().collect();
    assert!(segments.len() > 4);
    drop(log);
    assert_eq!(open(dir.path(), 1).unwrap().1, written);
    // From a later segment on; the earlier ones are removed.
    let (log, found) = open(dir.path(), segments[2].0).unwrap();
    assert!(written.ends_with(&found) && found.len() < written.len());
    assert_eq!(log.segments().next().unwrap().0, segments[2].0);
    // But none may be missing.
    fs::remove_file(dir.path().join(format!("{:016x}.log", segments[2].0))).unwrap();
    assert!(matches!(
        open(dir.path(), segments[2].0),
        Err(LogError::Corrupt { .. })
    ));
}

/// Segments are read ahead: what is wrong with one is no matter before its turn, and who gives up waits for none.
#[test]
fn what_is_read_ahead_counts_in_its_turn() {
    let dir = tempfile::tempdir().unwrap();
    let (mut log, _) = open(dir.path(), 1).unwrap();
    let written: Vec<_> = (0..120).map(payload).collect();
    for it in &written {
        log.append(it, Purpose::Growth).unwrap();
    }
    let ids: Vec<_> = log.segments().map(|(id, _)| id).collect();
    assert!(ids.len() > 4);
    drop(log);
    for most in [0, 1, 60, written.len() - 1] {
        let mut found = Vec::new();
        let refused = Log::open(dir.path(), options(), 1, |frame| {
            match found.len() == most {
                true => Err(DecodeError::Truncated),
                false => {
                    found.push(frame.payload.to_vec());
                    Ok(())
                }
            }
        });
        assert!(matches!(refused, Err(LogError::Undecodable { .. })));
        assert_eq!(found, written[..most]);
    }
    // One that is no file.
    let damaged = dir.path().join(format!("{:016x}.log", ids[3]));
    fs::remove_file(&damaged).unwrap();
    fs::create_dir(&damaged).unwrap();
    let mut found = 0;
    let failed = Log::open(dir.path(), options(), 1, |_| {
        found += 1;
        Ok(())
    });
    assert!(matches!(failed, Err(LogError::Io { .. })));
    assert!(0 < found && found < written.len());
}

#[test]
fn what_is_made_of_a_frame_comes_with_it() {
    // In few segments and in many.
    for count in [3, 120] {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, _) = open(dir.path(), 1).unwrap();
        let written: Vec<_> = (0..count).map(payload).collect();
        for it in &written {
            log.append(it, Purpose::Growth).unwrap();
        }
        drop(log);
        let (mut number, mut found) = (0, Vec::new());
        let prepare = |frame: &Replayed<'_>| {
            number += 1;
            (number, frame.offset, frame.payload.to_vec())
        };
        Log::open_prepared(dir.path(), options(), 1, prepare, |frame, made| {
            let (number, offset, payload) = made;
            assert_eq!((offset, &payload[..]), (frame.offset, frame.payload));
            found.push((number, payload));
            Ok(())
        })
        .unwrap();
        let expected: Vec<_> = (1..).zip(written).collect();
        assert_eq!(found, expected);
    }
}

/// What another thread had read before it died is not all that there is.
#[test]
fn a_panic_while_something_is_made_of_a_frame_is_no_end_of_the_log() {
    // In few segments and in many.
    for count in [3, 120] {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, _) = open(dir.path(), 1).unwrap();
        for n in 0..count {
            log.append(&payload(n), Purpose::Growth).unwrap();
        }
        drop(log);
        let mut left = count;
        let prepare = |_: &Replayed<'_>| {
            left -= 1;
            assert!(left > 0, "the last frame");
        };
        let opening = || Log::open_prepared(dir.path(), options(), 1, prepare, |_, ()| Ok(()));
        let opened = std::panic::catch_unwind(std::panic::AssertUnwindSafe(opening));
        assert!(opened.is_err());
    }
}

/// Files of a log of one segment, before and after its last frame.
fn one_segment() -> (tempfile::TempDir, Vec<u8>, std::ops::Range<usize>) {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join(format!("{:016x}.log", 1));
    let (mut log, _) = open(dir.path(), 1).unwrap();
    (0..3).for_each(|n| drop(log.append(&payload(n), Purpose::Growth).unwrap()));
    let end = |log: &Log| log.segments().last().unwrap().1 as usize;
    let before = end(&log);
    log.append(&payload(3), Purpose::Growth).unwrap();
    let after = end(&log);
    drop(log);
    (dir, fs::read(path).unwrap(), before..after)
}

#[test]
fn a_torn_last_frame_is_dropped_whatever_is_left_of_it() {
    let (_dir, bytes, last) = one_segment();
    let check = |name: &str, bytes: &[u8]| {
        let dir = tempfile::tempdir().unwrap();
        fs::write(dir.path().join(format!("{:016x}.log", 1)), bytes).unwrap();
        let (mut log, found) = open(dir.path(), 1).unwrap_or_else(|e| panic!("{name}: {e}"));
        assert_eq!(found, [payload(0), payload(1), payload(2)], "{name}");
        // And the log goes on from there, with nothing of the old frame coming back.
        log.append(b"new", Purpose::Growth).unwrap();
        drop(log);
        assert_eq!(
            open(dir.path(), 1).unwrap().1[3..],
            [b"new".to_vec()],
            "{name}"
        );
    };
    for at in last.clone() {
        check(&format!("cut at {at}"), &bytes[..at]);
        let mut zeroed = bytes.clone();
        zeroed[at..last.end].fill(0);
        if zeroed != bytes {
            check(&format!("zeros from {at}"), &zeroed);
        }
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        check(&format!("garbled at {at}"), &garbled);
        // Pages reach the disk in any order: the beginning may be what is missing.
        let mut headless = bytes.clone();
        headless[last.start..=at].fill(0);
        check(&format!("zeros up to {at}"), &headless);
    }
}

#[test]
fn damage_before_the_last_frame_is_reported() {
    let (dir, bytes, last) = one_segment();
    let path = dir.path().join(format!("{:016x}.log", 1));
    for at in 0..last.start {
        let mut garbled = bytes.clone();
        garbled[at] ^= 0x55;
        fs::write(&path, &garbled).unwrap();
        match open(dir.path(), 1) {
            Err(LogError::Corrupt { path: named, .. }) => assert_eq!(named, path),
            other => panic!("garbled at {at}: {:?}", other.map(|(_, found)| found.len())),
        }
        assert_eq!(fs::read(&path).unwrap(), garbled, "nothing is changed");
    }
}

#[test]
fn a_segment_that_was_being_made_is_made_again() {
    for left in [0, 10, 36] {
        let dir = tempfile::tempdir().unwrap();
        let (mut log, _) = open(dir.path(), 1).unwrap();
        log.append(b"one", Purpose::Growth).unwrap();
        log.rotate().unwrap();
        drop(log);
        let second = dir.path().join(format!("{:016x}.log", 2));
        let header = fs::read(&second).unwrap();
        fs::write(&second, &header[..left.min(header.len())]).unwrap();
        let (mut log, found) = open(dir.path(), 1).unwrap();
        assert_eq!(found, [b"one"]);
        log.append(b"two", Purpose::Growth).unwrap();
        drop(log);
        assert_eq!(open(dir.path(), 1).unwrap().1, [b"one", b"two"]);
    }
}

#[test]
fn the_log_of_another_kind_is_refused() {
    let (dir, ..) = one_segment();
    let options = LogOptions {
        magic: *b"another1",
        ..options()
    };
    assert!(matches!(
        Log::open(dir.path(), options, 1, |_| Ok(())),
        Err(LogError::Corrupt { .. })
    ));
}
