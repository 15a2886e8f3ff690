use std::{io::Write, time::Duration};

use proptest::prelude::*;

use super::*;
use crate::limits::Limits;

type File<'a> = (&'a str, &'a [u8]);

fn tar(files: &[File<'_>]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        builder.append_data(&mut header, path, *content).unwrap();
    }
    builder.into_inner().unwrap()
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

fn status(name: &str) -> Vec<u8> {
    format!("Package: {name}\nVersion: 1.0\nStatus: install ok installed\n").into_bytes()
}

fn read(limits: Limits, layers: &[Vec<u8>]) -> Result<Inventory, ScanError> {
    let mut reading = Reading::new(Budget::new(limits));
    for (index, layer) in layers.iter().enumerate() {
        reading.layer(&format!("layer-{index}"), layer.as_slice())?;
    }
    reading.end()
}

fn names(layers: &[Vec<u8>]) -> Vec<String> {
    let inventory = read(Limits::default(), layers).unwrap();
    let shown = |it: &Package| format!("{} {}", it.name, it.layer);
    inventory.packages.iter().map(shown).collect()
}

const BUSY: &str = "var/lib/dpkg/status.d/busy";
const OTHER: &str = "var/lib/dpkg/status.d/other";

fn base() -> Vec<u8> {
    tar(&[
        ("etc/os-release", b"ID=debian\nVERSION_ID=\"12\"\n"),
        (BUSY, &status("busy")),
        (OTHER, &status("other")),
    ])
}

#[test]
fn layers_packed_or_not() {
    let plain = base();
    let zstd = zstd::encode_all(plain.as_slice(), 0).unwrap();
    for layer in [gzip(&plain), zstd, plain] {
        let inventory = read(Limits::default(), &[layer]).unwrap();
        let system = inventory.system.unwrap();
        assert_eq!(system.ecosystem().as_deref(), Some("Debian:12"));
        assert_eq!(inventory.packages.len(), 2);
    }
}

#[test]
fn ecosystems_of_distributions() {
    for (text, expected) in [
        ("ID=debian\nVERSION_ID=\"12\"\n", Some("Debian:12")),
        ("ID=ubuntu\nVERSION_ID=\"22.04\"\n", Some("Ubuntu:22.04")),
        ("ID=alpine\nVERSION_ID=3.18.4\n", Some("Alpine:v3.18")),
        ("ID=\"rocky\"\nVERSION_ID=\"9.3\"\n", Some("Rocky Linux:9")),
        ("ID=wolfi\nVERSION_ID=20230201\n", Some("Wolfi")),
        ("ID=\"sles\"\nVERSION_ID=\"15.5\"\n", Some("SUSE:15.5")),
        ("ID=\"sled\"\nVERSION_ID=\"15\"\n", Some("SUSE:15.0")),
        ("ID=\"sles\"\n", None),
        // Its records are about a release with more than a number.
        ("ID=openEuler\nVERSION_ID=\"22.03\"\n", None),
        ("ID=debian\n", None),
        ("ID=other\nVERSION_ID=1\n", None),
    ] {
        let layer = tar(&[("etc/os-release", text.as_bytes())]);
        let inventory = read(Limits::default(), &[layer]).unwrap();
        let ecosystem = inventory.system.and_then(|it| it.ecosystem());
        assert_eq!(ecosystem.as_deref(), expected, "{text}");
    }
}

#[test]
fn what_a_layer_hides() {
    for (upper, expected) in [
        (
            tar(&[(BUSY, &status("new"))]),
            vec!["new layer-1", "other layer-0"],
        ),
        (
            tar(&[("var/lib/dpkg/status.d/.wh.busy", b"")]),
            vec!["other layer-0"],
        ),
        (tar(&[("./var/lib/.wh.dpkg", b"")]), vec![]),
        (tar(&[("var/lib/dpkg/status.d/.wh..wh..opq", b"")]), vec![]),
        // What the layer brings itself stays, in whatever order its entries come.
        (
            tar(&[
                (BUSY, &status("new")),
                ("var/lib/dpkg/status.d/.wh..wh..opq", b""),
            ]),
            vec!["new layer-1"],
        ),
        // A file where a folder was.
        (tar(&[("var/lib/dpkg", b"x")]), vec![]),
        (
            tar(&[("var/lib/dpkg/status.d/bus", b"")]),
            vec!["busy layer-0", "other layer-0"],
        ),
    ] {
        assert_eq!(names(&[gzip(&base()), gzip(&upper)]), expected);
    }
}

#[test]
fn links_and_long_names() {
    let long = format!("{}var/lib/dpkg/status.d/x/Cargo.lock", "a/".repeat(300));
    let lock = b"[[package]]\nname = \"time\"\nversion = \"0.1.0\"\nsource = \"r\"\n";
    let mut builder = tar::Builder::new(Vec::new());
    let mut header = tar::Header::new_gnu();
    header.set_size(lock.len() as u64);
    builder.append_data(&mut header, &long, &lock[..]).unwrap();
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(EntryType::Link);
    header.set_size(0);
    builder
        .append_link(&mut header, "b/Cargo.lock", &long)
        .unwrap();
    let layer = builder.into_inner().unwrap();
    let inventory = read(Limits::default(), &[layer]).unwrap();
    let paths: Vec<_> = inventory
        .packages
        .iter()
        .map(|it| it.path.as_str())
        .collect();
    assert_eq!(paths.len(), 2);
    assert!(inventory.packages.iter().all(|it| it.name == "time"));
}

#[test]
fn hostile_layers_are_refused() {
    let limits = || Limits {
        unpacked: 1 << 20,
        entries: 100,
        packages: 50,
        ..Limits::default()
    };
    let zeros = gzip(&tar(&[("big", &vec![0; 4 << 20])]));
    let names: Vec<String> = (0..200).map(|it| format!("f{it}")).collect();
    let many: Vec<File<'_>> = names.iter().map(|it| (it.as_str(), &b""[..])).collect();
    let statuses: Vec<u8> = (0..60)
        .flat_map(|it| [status(&format!("p{it}")), b"\n".to_vec()].concat())
        .collect();
    let crowded = tar(&[("var/lib/dpkg/status", &statuses)]);
    for (what, layer) in [
        ("bytes", zeros),
        ("files", gzip(&tar(&many))),
        ("packages", crowded),
    ] {
        match read(limits(), &[layer]) {
            Err(ScanError::TooMuch(it)) => assert!(it.ends_with(what), "{it}"),
            other => panic!("{what}: {other:?}"),
        }
    }
    let crowded = tar(&[("var/lib/dpkg/status", &statuses)]);
    let little = Limits {
        kept: 1000,
        ..Limits::default()
    };
    assert!(matches!(
        read(little, &[crowded]),
        Err(ScanError::TooMuch(_))
    ));
    let slow = Limits {
        time: Duration::ZERO,
        ..Limits::default()
    };
    assert_eq!(read(slow, &[base()]), Err(ScanError::TooSlow(0)));
    let bdb = tar(&[("var/lib/rpm/Packages", b"x")]);
    assert!(matches!(
        read(limits(), &[bdb]),
        Err(ScanError::Unsupported(_))
    ));
    let cut = gzip(&base());
    assert!(matches!(
        read(limits(), &[cut[..cut.len() / 2].to_vec()]),
        Err(ScanError::Damaged(..))
    ));
    assert!(matches!(
        read(limits(), &[vec![7; 1024]]),
        Err(ScanError::Damaged(..))
    ));
}

/// What is replaced or hidden takes no more room, in the same layer and in those above.
#[test]
fn what_is_hidden_gives_its_room_back() {
    let many = |name: &str| -> Vec<u8> {
        let packages =
            (0..40).flat_map(|it| [status(&format!("{name}{it}")), b"\n".to_vec()].concat());
        packages.collect()
    };
    let limits = Limits {
        packages: 50,
        ..Limits::default()
    };
    let status = "var/lib/dpkg/status";
    let mut layers: Vec<Vec<u8>> = (0..20)
        .map(|it| tar(&[(status, &many(&format!("p{it}-")))]))
        .collect();
    layers.push(tar(&[("var/lib/.wh.dpkg", b"")]));
    layers.push(tar(&[(status, &many("a")), (status, &many("b"))]));
    let inventory = read(limits, &layers).unwrap();
    assert_eq!(inventory.packages.len(), 40);
    assert!(inventory.packages.iter().all(|it| it.name.starts_with('b')));
}

/// Files of languages are passed over where they cannot be read, and take no room of the system's.
#[test]
fn languages_do_not_fail_the_system() {
    let lock: String = (0..60)
        .map(|it| format!("[[package]]\nname = \"c{it}\"\nversion = \"1.0.0\"\nsource = \"r\"\n"))
        .collect();
    let small = "[[package]]\nname = \"small\"\nversion = \"1.0.0\"\nsource = \"r\"\n";
    let layer = tar(&[
        ("a/Cargo.lock", lock.as_bytes()),
        ("b/Cargo.lock", small.as_bytes()),
        ("big.jar", &vec![0; 3 << 20]),
        (BUSY, &status("busy")),
    ]);
    let limits = Limits {
        packages: 50,
        archive: 1 << 20,
        ..Limits::default()
    };
    let inventory = read(limits, &[layer]).unwrap();
    let names: Vec<&str> = inventory
        .packages
        .iter()
        .map(|it| it.name.as_str())
        .collect();
    assert_eq!(names, ["busy", "small"]);
}

/// The entries of a layer as they are written here: kind, path, what it links to, content.
fn entries(entries: &[(EntryType, &str, &str, &[u8])]) -> Vec<u8> {
    let mut builder = tar::Builder::new(Vec::new());
    for (kind, path, link, content) in entries {
        let mut header = tar::Header::new_gnu();
        header.set_entry_type(*kind);
        header.set_size(content.len() as u64);
        header.set_mode(0o644);
        match link.is_empty() {
            true => builder.append_data(&mut header, path, *content).unwrap(),
            false => builder.append_link(&mut header, path, link).unwrap(),
        }
    }
    builder.into_inner().unwrap()
}

#[test]
fn a_database_under_another_name_is_not_passed_over() {
    let (file, link) = (EntryType::Regular, EntryType::Link);
    let object = "ostree/repo/objects/12/34.file";
    let layer = entries(&[
        (file, object, "", b"SQLite format 3\0"),
        (link, "usr/share/rpm/rpmdb.sqlite", object, b""),
    ]);
    let outcome = read(Limits::default(), &[layer]);
    assert!(
        matches!(outcome, Err(ScanError::Unsupported(_))),
        "{outcome:?}"
    );
    // A file without packages was read.
    let empty = "var/lib/dpkg/status.d/empty";
    let layer = entries(&[
        (file, empty, "", b""),
        (link, "var/lib/dpkg/status", empty, b""),
    ]);
    assert_eq!(read(Limits::default(), &[layer]), Ok(Inventory::default()));
}

#[test]
fn impossible_sizes_are_damage() {
    let attributes = b"29 size=18446744073709551615\n";
    assert_eq!(attributes.len(), 29);
    let layer = entries(&[
        (EntryType::XHeader, "x", "", attributes),
        (EntryType::Regular, "a", "", b"b"),
    ]);
    let outcome = read(Limits::default(), &[layer]);
    assert!(
        matches!(outcome, Err(ScanError::Damaged(..))),
        "{outcome:?}"
    );
}

#[test]
fn attributes_may_have_any_bytes() {
    let mut attributes = Vec::new();
    for (key, value) in [
        (
            "SCHILY.xattr.security.capability",
            &b"\x01\0\n\x02\n9 a=b\n"[..],
        ),
        ("path", BUSY.as_bytes()),
    ] {
        let rest = [b" ", key.as_bytes(), b"=", value, b"\n"].concat();
        let length = rest.len() + 2;
        attributes.extend_from_slice(length.to_string().as_bytes());
        attributes.extend_from_slice(&rest);
    }
    let layer = entries(&[
        (EntryType::XHeader, "x", "", &attributes),
        (EntryType::Regular, "other", "", &status("busy")),
    ]);
    assert_eq!(names(&[layer]), ["busy layer-0"]);
    for bad in [&b"x a=b\n"[..], b"99 a=b\n", b"6 a=bc", b"5 ab\n"] {
        let layer = entries(&[(EntryType::XHeader, "x", "", bad)]);
        let outcome = read(Limits::default(), &[layer]);
        assert!(
            matches!(outcome, Err(ScanError::Damaged(..))),
            "{outcome:?}"
        );
    }
}

#[test]
fn sparse_files_are_passed_over() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(EntryType::GNUSparse);
    header.set_path("sparse").unwrap();
    header.set_size(512);
    header.as_gnu_mut().unwrap().isextended = [1];
    header.set_cksum();
    let mut layer = header.as_bytes().to_vec();
    for more in [1, 0] {
        let mut extension = tar::GnuExtSparseHeader::new();
        extension.isextended = [more];
        layer.extend_from_slice(extension.as_bytes());
    }
    layer.resize(layer.len() + 512, 7);
    layer.extend(tar(&[(BUSY, &status("busy"))]));
    assert_eq!(names(&[layer]), ["busy layer-0"]);
}

#[test]
fn endless_names_are_refused() {
    let mut header = tar::Header::new_gnu();
    header.set_entry_type(EntryType::GNULongName);
    header.set_size(1 << 40);
    header.set_cksum();
    let endless = std::io::Read::chain(&header.as_bytes()[..], std::io::repeat(b'a'));
    let mut reading = Reading::new(Budget::new(Limits::default()));
    let outcome = reading.layer("l", endless);
    assert!(
        matches!(outcome, Err(ScanError::Damaged(_, ref why)) if why.contains("too long")),
        "{outcome:?}"
    );
}

/// Again and again the same bytes.
struct Repeated {
    bytes: Vec<u8>,
    at: usize,
}

impl Read for Repeated {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let some = (&self.bytes[self.at..]).read(buffer)?;
        self.at = (self.at + some) % self.bytes.len();
        Ok(some)
    }
}

#[test]
fn packed_parts_without_a_byte_end_with_the_time() {
    for bytes in [gzip(b""), zstd::encode_all(&b""[..], 0).unwrap()] {
        let limits = Limits {
            time: Duration::from_millis(50),
            ..Limits::default()
        };
        let mut reading = Reading::new(Budget::new(limits));
        let outcome = reading.layer("l", Repeated { bytes, at: 0 });
        assert_eq!(outcome, Err(ScanError::TooSlow(0)));
    }
}

proptest! {
    #[test]
    fn a_changed_byte_does_not_panic(at in 0..20_000_usize, byte: u8, cut in 0..20_000_usize) {
        let mut layer = base();
        let at = at % layer.len();
        layer[at] = byte;
        let _ = read(Limits::default(), &[layer.clone()]);
        layer.truncate(cut);
        let _ = read(Limits::default(), &[layer]);
    }

    #[test]
    fn any_bytes_do_not_panic(bytes: Vec<u8>) {
        for head in [&b""[..], &GZIP, &ZSTD] {
            let _ = read(Limits::default(), &[[head, &bytes].concat()]);
        }
    }
}
