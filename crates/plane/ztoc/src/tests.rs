//! Indexes are made, read back, and damaged.

use std::io::{Read as _, Write as _};

use sha2::{Digest as _, Sha256};

use crate::{
    Damaged, Indexing, WINDOW, Ztoc,
    tree::Tree,
    ztoc::{Entry, Kind, Point, encode, spans_of},
};

fn entry(path: &str, kind: Kind) -> Entry {
    Entry {
        path: path.into(),
        link: Vec::new(),
        kind,
        offset: 512,
        size: 0,
        mode: 0o640,
        uid: 1000,
        gid: 1001,
        mtime: 1_709_210_096,
        major: 0,
        minor: 0,
        xattrs: Vec::new(),
    }
}

/// Bytes that can be compressed, but not much.
fn archive(bytes: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let mut out = Vec::with_capacity(bytes + 8);
    while out.len() < bytes {
        state ^= state << 13;
        state ^= state >> 17;
        state ^= state << 5;
        let word = state.to_le_bytes();
        // Every now and then something that lies far back.
        match state % 5 {
            0 if out.len() > 32_000 => {
                let from = out.len() - 32_000 + (state as usize >> 8) % 20_000;
                let copy = out[from..from + 60].to_vec();
                out.extend(copy);
            }
            _ => out.extend(&word[..2]),
        }
    }
    out.truncate(bytes);
    out
}

fn gzip(plain: &[u8]) -> Vec<u8> {
    let mut out = flate2::GzBuilder::new()
        .filename("layer.tar")
        .write(Vec::new(), flate2::Compression::default());
    out.write_all(plain).unwrap();
    out.finish().unwrap()
}

fn indexed(layer: &[u8], span: u64, entries: &[Entry]) -> Vec<u8> {
    let mut indexing = Indexing::with_spans(layer, span).unwrap();
    let mut plain = Vec::new();
    indexing.read_to_end(&mut plain).unwrap();
    let size = plain.len() as u64;
    indexing.finish(entries, size, "a test").unwrap()
}

#[test]
fn each_span_is_decompressed_by_itself() {
    let plain = archive(900_000);
    let (first, second) = plain.split_at(500_000);
    let members = [gzip(first), gzip(second)].concat();
    let stored = {
        let mut out = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::none());
        out.write_all(&plain).unwrap();
        out.finish().unwrap()
    };
    for layer in [gzip(&plain), members, stored] {
        let ztoc = Ztoc::decode(&indexed(&layer, 50_000, &[])).unwrap();
        assert!(ztoc.spans.len() > 5, "{}", ztoc.spans.len());
        assert_eq!(ztoc.plain_size, plain.len() as u64);
        assert_eq!(ztoc.compressed_size, layer.len() as u64);
        for (n, span) in ztoc.spans.iter().enumerate() {
            let range = span.compressed.start as usize..span.compressed.end as usize;
            let compressed = &layer[range];
            assert_eq!(span.digest, <[u8; 32]>::from(Sha256::digest(compressed)));
            let range = span.plain.start as usize..span.plain.end as usize;
            assert!(ztoc.inflate(n, compressed).unwrap() == plain[range], "{n}");
            let cut = &compressed[..compressed.len() / 2];
            assert!(ztoc.inflate(n, cut).is_err(), "{n}");
        }
    }
}

#[test]
fn entries_are_what_they_were() {
    let mut entries = vec![entry("a/b", Kind::File), entry("d", Kind::Folder)];
    entries[0].size = 70;
    entries[0].xattrs = vec![("user.x".to_owned(), vec![0, 1, 2])];
    let mut link = entry("l", Kind::SymbolicLink);
    link.link = b"a/b".to_vec();
    let mut device = entry("dev", Kind::CharDevice);
    (device.major, device.minor) = (5, 1);
    entries.extend([link, device]);
    let ztoc = Ztoc::decode(&indexed(&gzip(&archive(5000)), 1 << 20, &entries)).unwrap();
    assert_eq!(ztoc.entries, entries);
    assert_eq!(ztoc.spans.len(), 1);
}

fn point(at: u64, plain: u64, bits: u8) -> Point {
    Point {
        at,
        plain,
        bits,
        window: vec![0; WINDOW],
        digest: [7; 32],
    }
}

#[test]
fn hostile_indexes_are_refused() {
    let file = |offset, size| Entry {
        offset,
        size,
        ..entry("f", Kind::File)
    };
    let good = [point(10, 0, 0), point(60, 1000, 3)];
    let made = |entries: &[Entry], points: &[Point]| encode(entries, points, 100, 2000, "a test");
    assert!(Ztoc::decode(&made(&[file(512, 100)], &good)).is_ok());
    let long = Entry {
        path: vec![b'a'; 5000],
        ..entry("", Kind::File)
    };
    let zero = Entry {
        path: b"a\0b".to_vec(),
        ..entry("", Kind::File)
    };
    let sparse = Entry {
        xattrs: vec![("user.x".to_owned(), Vec::new())],
        ..entry("f", Kind::File)
    };
    for (what, bytes) in [
        ("nothing", Vec::new()),
        ("zeros", vec![0; 100]),
        ("a file beyond the end", made(&[file(1990, 100)], &good)),
        (
            "a sum that overflows",
            made(&[file(u64::MAX / 2, u64::MAX / 2)], &good),
        ),
        ("a negative size", made(&[file(1, 1 << 63)], &good)),
        ("a long path", made(&[long], &good)),
        ("a zero in a path", made(&[zero], &good)),
        (
            "spans backwards",
            made(&[], &[point(60, 0, 0), point(10, 1000, 0)]),
        ),
        (
            "plain backwards",
            made(
                &[],
                &[point(10, 0, 0), point(20, 1000, 0), point(30, 500, 0)],
            ),
        ),
        (
            "a span of nothing",
            made(&[], &[point(10, 0, 0), point(60, 0, 0)]),
        ),
        ("a late beginning", made(&[], &[point(10, 5, 0)])),
        ("too many bits", made(&[], &[point(10, 0, 8)])),
        ("bits of no byte", made(&[], &[point(0, 0, 1)])),
        (
            "beyond the layer",
            made(&[], &[point(10, 0, 0), point(110, 1000, 0)]),
        ),
        (
            "a span too large",
            encode(&[], &good, 1 << 40, 1 << 41, "a test"),
        ),
    ] {
        assert!(Ztoc::decode(&bytes).is_err(), "{what}");
    }
    let mut bytes = made(&[sparse], &good);
    let at = bytes
        .windows(12)
        .position(|it| it == b"SCHILY.xattr")
        .unwrap();
    bytes[at..at + 11].copy_from_slice(b"GNU.sparse.");
    assert_eq!(
        Ztoc::decode(&bytes).unwrap_err(),
        Damaged("a file is sparse")
    );
}

#[test]
fn no_byte_of_an_index_can_do_harm() {
    let entries = [entry("a", Kind::File), entry("b", Kind::Folder)];
    let good = encode(&entries, &[point(10, 0, 0)], 100, 2000, "a test");
    let head = good.len() - WINDOW;
    for at in 0..head {
        for value in [0, 1, 0x7f, 0x80, 0xff] {
            let mut bytes = good.clone();
            bytes[at] = value;
            // One way or the other; but without a panic.
            if let Ok(ztoc) = Ztoc::decode(&bytes) {
                let _ = Tree::build(ztoc.entries);
            }
        }
        assert!(Ztoc::decode(&good[..at]).is_err());
    }
}

#[test]
fn one_name_in_many_places_is_not_copied_for_ever() {
    let mut bytes = encode(
        &[entry(&"n".repeat(3000), Kind::File), entry("b", Kind::File)],
        &[point(10, 0, 0)],
        100,
        2000,
        "a test",
    );
    // Both entries are the first.
    let first = bytes.windows(4).position(|it| it == 2_u32.to_le_bytes());
    let at = first.unwrap() + 4;
    let target = u32::from_le_bytes(*bytes[at..].first_chunk().unwrap());
    bytes[at + 4..at + 8].copy_from_slice(&(target - 4).to_le_bytes());
    let ztoc = Ztoc::decode(&bytes);
    assert!(ztoc.is_ok_and(|it| it.entries[0] == it.entries[1]));
}

#[test]
fn spans_are_found() {
    let starts = [0_u64, 10, 20];
    let found = |range| spans_of(starts.len(), |n| starts[n], &range);
    assert_eq!(found(0..1), 0..1);
    assert_eq!(found(9..10), 0..1);
    assert_eq!(found(9..11), 0..2);
    assert_eq!(found(10..20), 1..2);
    assert_eq!(found(15..99), 1..3);
    assert_eq!(found(5..5), 0..0);
}

fn named(path: &str, kind: Kind, link: &str) -> Entry {
    Entry {
        link: link.into(),
        ..entry(path, kind)
    }
}

/// What lies at a path, without following links.
fn at<'a>(tree: &'a Tree, path: &str) -> Option<&'a crate::Node> {
    let mut node = Tree::ROOT;
    for part in path.split('/').filter(|part| !part.is_empty()) {
        node = *tree.nodes[node].children.get(part.as_bytes())?;
    }
    tree.get(node)
}

#[test]
fn entries_become_files_as_they_are_unpacked() {
    use Kind::{CharDevice, File, Folder, HardLink, SymbolicLink};
    let tree = Tree::build(vec![
        named("./", Folder, ""),
        named("d", Folder, ""),
        named("d/f", File, ""),
        named("../../d/up", File, ""),
        named("l", SymbolicLink, "/d"),
        named("l/through", File, ""),
        named("h", HardLink, "d/f"),
        named("d/.wh.gone", File, ""),
        named("d/.wh..wh..opq", File, ""),
        named(".wh..wh.plnk", File, ""),
        named("implied/below", File, ""),
        named("d/f", File, ""),
        named("x", Folder, ""),
        named("x/y", File, ""),
        named("x", File, ""),
    ])
    .unwrap();
    for there in ["d/f", "d/up", "d/through", "implied/below", "x"] {
        assert_eq!(at(&tree, there).unwrap().kind, File, "{there}");
    }
    let gone = at(&tree, "d/gone").unwrap();
    assert_eq!((gone.kind, gone.major, gone.minor), (CharDevice, 0, 0));
    assert_eq!(at(&tree, "d").unwrap().xattrs.len(), 1);
    // What replaced it is another file than the link has.
    assert_eq!(at(&tree, "h").unwrap().names, 1);
    assert_eq!(at(&tree, "").unwrap().children.len(), 5);
    assert_eq!(at(&tree, "implied").unwrap().mode, 0o755);
}

#[test]
fn impossible_entries_are_refused() {
    use Kind::{File, Folder, HardLink, SymbolicLink};
    for (what, entries) in [
        ("a link to nothing", vec![named("h", HardLink, "none")]),
        (
            "a link to a folder",
            vec![named("d", Folder, ""), named("h", HardLink, "d")],
        ),
        (
            "a link to itself",
            vec![named("f", File, ""), named("f", HardLink, "f")],
        ),
        (
            "a path through a file",
            vec![named("f", File, ""), named("f/g", File, "")],
        ),
        ("a whiteout of nothing", vec![named(".wh.", File, "")]),
        ("a root that is a file", vec![named("/", File, "")]),
        (
            "a link without a target",
            vec![named("l", SymbolicLink, "")],
        ),
        (
            "links in a circle",
            vec![
                named("a", SymbolicLink, "b"),
                named("b", SymbolicLink, "a"),
                named("a/f", File, ""),
            ],
        ),
    ] {
        assert!(Tree::build(entries).is_err(), "{what}");
    }
}

/// A few megabytes of names must not become gigabytes of folders, nor minutes of looking them up.
#[test]
fn a_small_index_takes_little() {
    let deep = |n: usize| named(&format!("{n}/{}f", "a/".repeat(1000)), Kind::File, "");
    assert!(Tree::build((0..2000).map(deep).collect()).is_err());
    // Folders that were not said anything of are still made.
    let some = |n: usize| named(&format!("{n}/a/f"), Kind::File, "");
    assert!(Tree::build((0..300).map(some).collect()).is_ok());
    let way = "l/".repeat(30);
    let circling = [named("l", Kind::SymbolicLink, &".//".repeat(1000))];
    let through = (0..20).map(|n| named(&format!("{way}{n}"), Kind::File, ""));
    assert!(Tree::build(circling.iter().cloned().chain(through).collect()).is_ok());
    let through = (0..5000).map(|n| named(&format!("{way}{n}"), Kind::File, ""));
    assert!(Tree::build(circling.iter().cloned().chain(through).collect()).is_err());
}

#[test]
fn an_index_is_in_proportion_to_its_layer() {
    assert!(crate::index_limit(10 << 20) < 9 << 20);
    assert_eq!(crate::index_limit(u64::MAX), crate::INDEX_LIMIT);
}

/// As another program wrote it, from the end to the front as FlatBuffers usually are, in the form without a first checkpoint.
#[test]
fn an_index_of_another_make_is_read() {
    let bytes = include_bytes!("../../../../fuzz/corpus/layer-index/first-form");
    let (length, rest) = bytes.split_first_chunk().unwrap();
    let (index, span) = rest.split_at(u32::from_le_bytes(*length) as usize);
    let ztoc = Ztoc::decode(index).unwrap();
    let names: Vec<_> = ztoc.entries.iter().map(|it| &it.path[..]).collect();
    let expected = ["a", "a/f", "a/g", "l", "h", "a/.wh.gone", "l/n"];
    assert_eq!(names, expected.map(str::as_bytes));
    let file = &ztoc.entries[1];
    assert_eq!(
        (file.kind, file.mode, file.mtime),
        (Kind::File, 0o644, 1_709_210_096)
    );
    assert_eq!(file.xattrs, [("user.x".to_owned(), b"1".to_vec())]);
    assert_eq!(
        (ztoc.entries[2].mode, ztoc.entries[3].link.as_slice()),
        (0o4755, &b"/a"[..])
    );
    assert_eq!(ztoc.spans[0].digest, <[u8; 32]>::from(Sha256::digest(span)));
    let plain = ztoc.inflate(0, span).unwrap();
    assert_eq!(&plain[512..517], b"hello");
    let tree = Tree::build(ztoc.entries).unwrap();
    assert_eq!(at(&tree, "h").unwrap().names, 2);
    assert_eq!(at(&tree, "a/n").unwrap().kind, Kind::Fifo);
    assert_eq!(at(&tree, "a/gone").unwrap().kind, Kind::CharDevice);
}
