use std::os::unix::fs::FileExt;

use bytes::Bytes;
use proptest::prelude::*;

use super::*;

/// A finished file of that content, given in pieces.
fn written(content: &[u8], piece: usize, lock: Option<&Lock>) -> (std::fs::File, ContentKey) {
    let file = tempfile::tempfile().unwrap();
    let data = DataKey::mint(lock.is_some());
    let key = || data.content_key(lock).unwrap();
    let mut sealing = Sealing::new(key(), 0, None, &[]);
    let pieces = content.chunks(piece).map(Bytes::copy_from_slice);
    sealing.write(&file, &pieces.collect::<Vec<_>>()).unwrap();
    sealing.finish(&file).unwrap();
    (file, key())
}

/// The key of a file that is under no lock.
fn some_key() -> ContentKey {
    DataKey::mint(false).content_key(None).unwrap()
}

fn read(file: &std::fs::File, key: &ContentKey, size: u64, from: u64, to: u64) -> Vec<u8> {
    let mut buffer = vec![0xee; GROUP_BYTES];
    let (mut at, mut read) = (from, Vec::new());
    while at < to {
        let content =
            read_group(file, key, size, at, to - at, &mut buffer, Patience::Waits).unwrap();
        assert!(!content.is_empty());
        at += content.len() as u64;
        read.extend_from_slice(&buffer[content]);
    }
    read
}

#[test]
fn the_length_of_a_file_tells_that_of_its_content() {
    for size in [0, 1, 65_535, 65_536, 65_537, 131_072, 52 << 30] {
        let (whole, last) = (size / CHUNK as u64, size % CHUNK as u64);
        let file = position(whole) + last + OVERHEAD as u64;
        assert_eq!(content_bytes(file), Some(size));
    }
    for short in [
        0,
        HEADER - 1,
        HEADER,
        HEADER + 27,
        position(1),
        position(1) + 27,
    ] {
        assert_eq!(content_bytes(short), None, "{short}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_range_of_any_content_comes_out(
        size in prop_oneof![0_usize..200, 65_500_usize..65_600, 262_000_usize..700_000],
        seed: u8,
        piece in 1_usize..200_000,
        from in 0_u64..700_000,
        length in 0_u64..700_000,
        layers in prop::option::of(prop_oneof![Just(Layers::One), Just(Layers::Two)]),
    ) {
        let content: Vec<u8> = (0..size).map(|n| (n / 7) as u8 ^ seed).collect();
        let lock = layers.map(|layers| Lock::new([seed; 32], layers));
        let (file, key) = written(&content, piece, lock.as_ref());
        let length_of_file = file.metadata().unwrap().len();
        prop_assert_eq!(content_bytes(length_of_file), Some(size as u64));
        verify_last(&file, &key, size as u64, Patience::Waits).unwrap();
        let from = from.min(size as u64);
        let to = (from + length).min(size as u64);
        let found = read(&file, &key, size as u64, from, to);
        prop_assert!(found == content[from as usize..to as usize]);
    }

    #[test]
    fn no_file_makes_reading_panic(
        bytes in proptest::collection::vec(any::<u8>(), 0..3000),
        at: u64,
        wanted: u64,
        records in 0_u64..4,
    ) {
        let file = tempfile::tempfile().unwrap();
        file.write_all_at(&bytes, 0).unwrap();
        let key = some_key();
        let keyring = wharf_seal::Keyring::in_memory();
        let purpose = Purpose::Upload("x".into());
        prop_assert!(open_key(&file, &keyring, &purpose).is_err());
        let _ = check_header(&file);
        if let Some(size) = content_bytes(bytes.len() as u64) {
            prop_assert!(verify_last(&file, &key, size, Patience::Waits).is_err());
            let mut buffer = vec![0; GROUP_BYTES];
            let at = at % (size + 1);
            prop_assert!(read_group(&file, &key, size, at, wanted, &mut buffer, Patience::Waits).is_err());
        }
        let mut tail = bytes.clone();
        let _ = read_tail(&key, &mut tail, records);
        let _ = tail_bytes([0; 8], bytes.len() as u64, records);
    }
}

#[test]
fn a_tail_counts_for_its_place_only() {
    let key = DataKey::mint(false);
    let key = || key.content_key(None).unwrap();
    let sealing = Sealing::new(key(), 3, None, b"the end of a part");
    let tail = sealing.tail().unwrap();
    let at = *tail.first_chunk().unwrap();
    assert_eq!(tail_bytes(at, tail.len() as u64, 3), 17);
    assert_eq!(tail_bytes(at, tail.len() as u64, 4), 0);
    let open = |records| read_tail(&key(), &mut tail.clone(), records).unwrap();
    assert_eq!(open(3), b"the end of a part");
    assert_eq!(open(4), b"");
    let mut moved = tail.clone();
    moved[7] = 4;
    assert!(read_tail(&key(), &mut moved, 4).is_err());
    assert!(Sealing::new(key(), 3, None, b"").tail().is_none());
}

#[test]
fn a_lock_is_needed_and_no_other_opens() {
    let data = DataKey::mint(true);
    assert!(data.content_key(None).is_none());
    let lock = |secret, layers| Lock::new([secret; 32], layers);
    let (nonce, sentence) = (random(), *b"a sentence under a lock");
    for layers in [Layers::One, Layers::Two] {
        let key = data.content_key(Some(&lock(1, layers))).unwrap();
        let mut record = [&nonce[..], &sentence, &[0; TAG]].concat();
        let end = record.len() - TAG;
        let tag = key.seal(0, Role::Last, nonce, &mut record[NONCE_LEN..end]);
        record[end..].copy_from_slice(&tag);
        let opened = |key: &ContentKey| {
            let mut record = record.clone();
            let length = key.open(0, Role::Last, &mut record, 0)?;
            Ok::<_, Damage>(record[..length].to_vec())
        };
        assert_eq!(opened(&key).unwrap(), sentence);
        let other = data.content_key(Some(&lock(2, layers))).unwrap();
        match layers {
            Layers::One => assert_eq!(opened(&other), Err(Damage::Changed)),
            // The upper layer is the keyring's, and what it opens is still encrypted.
            Layers::Two => assert_ne!(opened(&other).unwrap(), sentence),
        }
    }
}
