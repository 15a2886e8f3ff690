//! What an image is made of, and what is published about vulnerabilities.

use std::cmp::Ordering;

use wharf_scan::{
    About, Advisory, Findings, Inventory, Limits, Manager, Package, Reading, ScanError,
    advisory::{self, Published},
    debian, matching, sbom,
    version::Scheme,
};

use crate::input;

/// So small that inputs get there.
fn limits() -> Limits {
    Limits {
        unpacked: 1 << 20,
        entries: 100,
        file: 64 << 10,
        database: 256 << 10,
        archive: 256 << 10,
        kept: 64 << 10,
        packages: 100,
        findings: 100,
        found: 64 << 10,
        ..Limits::default()
    }
}

/// Layers, the lowest first, each with its length before it.
pub fn layers(bytes: &[u8]) {
    let mut reading = Reading::new(wharf_scan::Budget::new(limits()));
    for layer in input::parts(bytes) {
        if let Err(error) = reading.layer("sha256:0", layer) {
            assert_is_no_clock(&error);
            return;
        }
    }
    if let Ok(inventory) = reading.end() {
        look(&inventory);
    }
}

/// The path of a file in a layer on the first line, then what is in it.
pub fn packages(bytes: &[u8]) {
    let Some((path, content)) = input::line(bytes) else {
        return;
    };
    let mut header = tar::Header::new_gnu();
    header.set_size(content.len() as u64);
    header.set_mode(0o755);
    let mut layer = tar::Builder::new(Vec::new());
    let put = layer.append_data(&mut header, path, content);
    let (Ok(()), Ok(layer)) = (put, layer.into_inner()) else {
        return;
    };
    let mut reading = Reading::new(wharf_scan::Budget::new(limits()));
    if let Err(error) = reading.layer("sha256:0", layer.as_slice()) {
        assert_is_no_clock(&error);
        return;
    }
    if let Ok(inventory) = reading.end() {
        look(&inventory);
    }
}

/// Nothing as short as an input takes ten minutes.
fn assert_is_no_clock(error: &ScanError) {
    assert!(!matches!(error, ScanError::TooSlow(_)), "{error}");
}

fn look(inventory: &Inventory) {
    // The system's and those of languages have as much each.
    let bounds = limits();
    assert!(inventory.packages.len() <= 2 * bounds.packages);
    assert!(inventory.packages.is_sorted_by(|one, other| one < other));
    let _ = matching::questions(inventory);
    let subject = sbom::Subject {
        name: "registry/repository",
        digest: "sha256:0",
        created: "2024-01-01T00:00:00Z",
        tool: "wharf",
    };
    for format in sbom::Format::ALL {
        let mut document = Vec::new();
        sbom::write(format, &subject, inventory, &mut document).expect("it can be written");
        let read = serde_json::from_slice::<serde_json::Value>(&document);
        assert!(read.is_ok(), "{}", format.name());
    }
    let kept = serde_json::to_vec(inventory).expect("an inventory is kept");
    let again: Inventory = serde_json::from_slice(&kept).expect("and read again");
    assert_eq!(again, *inventory);
}

const SCHEMES: [Scheme; 7] = [
    Scheme::Apk,
    Scheme::Dpkg,
    Scheme::Gem,
    Scheme::Maven,
    Scheme::Pep440,
    Scheme::Rpm,
    Scheme::Semver,
];

/// Three versions, one a line: every scheme has one order of them.
pub fn version(bytes: &[u8]) {
    let Some(text) = input::text(bytes) else {
        return;
    };
    let mut lines = text.splitn(3, '\n');
    let mut next = || lines.next().unwrap_or_default();
    let (a, b, c) = (next(), next(), next());
    for scheme in SCHEMES {
        let compare = |one: &str, other: &str| scheme.compare(one, other);
        if let Some(same) = compare(a, a) {
            assert_eq!(same, Ordering::Equal, "{scheme:?}");
        }
        let (ab, ba) = (compare(a, b), compare(b, a));
        assert_eq!(ab.map(Ordering::reverse), ba, "{scheme:?}");
        let (Some(ab), Some(bc), Some(ac)) = (ab, compare(b, c), compare(a, c)) else {
            continue;
        };
        if ab == bc || bc == Ordering::Equal {
            assert_eq!(ac, ab, "{scheme:?}");
        }
        if ab == Ordering::Equal {
            assert_eq!(ac, bc, "{scheme:?}");
        }
    }
}

/// A record of OSV, or the data of Debian's tracker; what it says is held against versions that it names.
pub fn record(bytes: &[u8]) {
    if let Ok(Published::About(all)) = advisory::osv(bytes) {
        for (about, advisory) in &all {
            said(about, advisory);
        }
    }
    let _ = debian::tracker(bytes, &mut |about, advisory| said(&about, &advisory));
}

fn said(about: &About, advisory: &Advisory) {
    let kept = serde_json::to_vec(advisory).expect("an advisory is kept");
    let again: Advisory = serde_json::from_slice(&kept).expect("and read again");
    assert_eq!(again, *advisory);
    assert_eq!(About::new(&about.ecosystem, &about.name), *about);
    let events = advisory.ranges.iter().flat_map(|it| &it.0);
    let named = events.map(advisory::Event::version).chain(["1.0"]).take(20);
    for version in named {
        let package = Package {
            manager: Manager::Dpkg,
            name: about.name.clone(),
            version: version.to_owned(),
            arch: String::new(),
            source: String::new(),
            source_version: String::new(),
            path: String::new(),
            layer: String::new(),
        };
        let bounds = limits();
        let mut found = Findings::new(&bounds);
        if let Err(error) = found.look(about, &package, version, std::slice::from_ref(advisory)) {
            assert_is_no_clock(&error);
        }
        for finding in found.end() {
            let scheme = Scheme::of_ecosystem(&about.ecosystem).expect("it was looked up by it");
            let later = finding
                .fixed_in
                .is_none_or(|fixed| scheme.compare(&fixed, version).is_some_and(Ordering::is_gt));
            assert!(later, "what fixes a version comes after it");
        }
    }
}

/// A file of the data as it is kept, and what is published as it is brought.
pub fn data(bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("there is room for temporary files");
    let path = folder.path().join("file");
    std::fs::write(&path, bytes).expect("there is room for temporary files");
    wharf_scandb::fuzz::shard(&path);
    wharf_scandb::fuzz::published(&path);
}
