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
