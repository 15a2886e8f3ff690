use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::{read as gather, *};
use crate::{
    limits::{Budget, Limits},
    package::{Manager, Package},
};

fn read(
    interest: Interest,
    path: &str,
    bytes: &[u8],
    limits: &Limits,
) -> Result<Vec<Package>, ScanError> {
    let mut budget = Budget::new(limits.clone());
    let mut found = Gathering::new(&mut budget, interest.kind(), path, "layer")?;
    gather(interest, bytes, &mut found)?;
    Ok(found.end().0)
}

/// `name version [of source]`, one a line.
fn check(interest: Interest, path: &str, bytes: &[u8], expected: &[&str]) {
    let found = read(interest, path, bytes, &Limits::default()).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|it| {
            let source = match it.source.is_empty() {
                true => String::new(),
                false => format!(" of {} {}", it.source, it.source_version),
            };
            format!("{} {}{source}", it.name, it.version)
                .trim_end()
                .to_owned()
        })
        .collect();
    assert_eq!(shown, expected, "{path}");
}

#[test]
fn of_systems() {
    let dpkg = "Package: libssl3\nStatus: install ok installed\nArchitecture: amd64\n\
        Source: openssl (3.0.11-1)\nVersion: 3.0.11-1~deb12u2\nDescription: x\n Package: no\n\n\
        Package: gone\nStatus: deinstall ok config-files\nVersion: 1\n\nPackage: base-files\nVersion: 12.4\n";
    let expected = [
        "libssl3 3.0.11-1~deb12u2 of openssl 3.0.11-1",
        "base-files 12.4",
    ];
    check(
        Interest::DpkgStatus,
        "var/lib/dpkg/status",
        dpkg.as_bytes(),
        &expected,
    );
    let apk = "C:Q1\nP:libcrypto3\nV:3.1.0-r4\nA:x86_64\no:openssl\n\nP:musl\nV:1.2.3-r5\n";
    let expected = ["libcrypto3 3.1.0-r4 of openssl", "musl 1.2.3-r5"];
    check(
        Interest::ApkInstalled,
        "lib/apk/db/installed",
        apk.as_bytes(),
        &expected,
    );
}

#[test]
fn of_languages() {
    let cargo = "version = 3\n[[package]]\nname = \"own\"\nversion = \"0.1.0\"\n[[package]]\nname = \"time\"\n\
        version = \"0.1.44\"\nsource = \"registry+https://x\"\n";
    check(
        Interest::CargoLock,
        "Cargo.lock",
        cargo.as_bytes(),
        &["time 0.1.44"],
    );
    let module = br#"{"name": "@s/lodash", "version": "4.17.20", "x": {"version": 1}}"#;
    check(Interest::NpmPackage, "p", module, &["@s/lodash 4.17.20"]);
    let lock = br#"{"packages": {"": {"version": "1.0.0"}, "node_modules/a": {"version": "1.2.3"},
        "node_modules/a/node_modules/@s/b": {"version": "2.0.0"}, "node_modules/l": {"link": true, "version": "1.0.0"}}}"#;
    check(Interest::NpmLock, "p", lock, &["a 1.2.3", "@s/b 2.0.0"]);
    let old = br#"{"dependencies": {"a": {"version": "1.0.0", "dependencies": {"b": {"version": "2.0.0"}}}}}"#;
    check(Interest::NpmLock, "p", old, &["a 1.0.0", "b 2.0.0"]);
    let yarn = "# yarn\n\"@s/a@^1.0.0\", \"@s/a@^1.1.0\":\n  version \"1.1.2\"\n  resolved x\n\nb@~2:\n  version \"2.0.1\"\n\
        \"c@npm:^3\":\n  version: 3.1.0\n\"own@workspace:.\":\n  version: 0.0.0\n";
    check(
        Interest::YarnLock,
        "p",
        yarn.as_bytes(),
        &["@s/a 1.1.2", "b 2.0.1", "c 3.1.0"],
    );
    let pip = "Metadata-Version: 2.1\nName: Jinja_2.x\nVersion: 3.1.2\n\nName: no\n";
    check(
        Interest::PythonMetadata,
        "p",
        pip.as_bytes(),
        &["jinja-2-x 3.1.2"],
    );
    for (file, expected) in [
        ("specifications/rack-2.2.3.gemspec", "rack 2.2.3"),
        ("specifications/net-http2-3.0.gemspec", "net-http2 3.0"),
        (
            "specifications/nokogiri-1.15.0-x86_64-linux.gemspec",
            "nokogiri 1.15.0",
        ),
    ] {
        check(Interest::Gemspec, file, b"", &[expected]);
    }
}

fn zipped(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        let options = zip::write::SimpleFileOptions::default();
        zip.start_file(*name, options).unwrap();
        zip.write_all(content).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn of_java() {
    let pom = b"#x\nversion=2.14.1\ngroupId=org.apache.logging.log4j\nartifactId=log4j-core\n";
    let inner = zipped(&[("META-INF/maven/org.apache/log4j-core/pom.properties", pom)]);
    let by_manifest = zipped(&[(
        "META-INF/MANIFEST.MF",
        b"Implementation-Vendor-Id: org.x\r\nImplementation-Version: 9\r\n",
    )]);
    let outer = zipped(&[
        ("WEB-INF/lib/log4j-core-2.14.1.jar", &inner),
        ("WEB-INF/lib/other-1.2.jar", &by_manifest),
        ("WEB-INF/lib/broken-1.jar", b"no zip"),
    ]);
    let expected = [
        "org.apache.logging.log4j:log4j-core 2.14.1",
        "org.x:other 1.2",
    ];
    check(Interest::Archive, "app.war", &outer, &expected);
}

#[test]
fn archives_in_archives_end() {
    let mut archive = zipped(&[("META-INF/MANIFEST.MF", b"")]);
    for _ in 0..6 {
        archive = zipped(&[("inner.jar", &archive)]);
    }
    let limits = Limits::default();
    let deep = read(Interest::Archive, "a.jar", &archive, &limits);
    assert!(matches!(deep, Err(ScanError::TooMuch(_))), "{deep:?}");
    let bomb = zipped(&[("inner.jar", &vec![0; 4 << 20])]);
    let small = Limits {
        archive: 1 << 20,
        ..Limits::default()
    };
    let bomb = read(Interest::Archive, "a.jar", &bomb, &small);
    assert!(matches!(bomb, Err(ScanError::TooMuch(_))), "{bomb:?}");
}

#[test]
fn of_go() {
    let modules = "path\tx/cmd\nmod\tx\t(devel)\t\ndep\tgolang.org/x/net\tv0.1.0\th1:a\ndep\ta/b\tv1.0.0\n=>\tc/d\tv2.0.0\th1:b\nbuild\t-x=1\n";
    let mut program = vec![0_u8; 300_000];
    program.extend_from_slice(b"\xff Go buildinf:not this one");
    program.resize(600_000, 7);
    program.extend_from_slice(b"\xff Go buildinf:\x08\x02");
    program.resize(600_032, 0);
    for text in [
        "go1.20.3 X:x".to_owned(),
        format!("{}{modules}{}", "0".repeat(16), "1".repeat(16)),
    ] {
        let mut length = text.len();
        while length >= 0x80 {
            program.push((length & 0x7f) as u8 | 0x80);
            length >>= 7;
        }
        program.push(length as u8);
        program.extend_from_slice(text.as_bytes());
    }
    program.resize(900_000, 0);
    let info = go::BuildInfo::find(&mut program.as_slice())
        .unwrap()
        .unwrap();
    let mut budget = Budget::new(Limits::default());
    let mut found = Gathering::new(&mut budget, Interest::Archive.kind(), "app", "layer").unwrap();
    go::read(&info, &mut found).unwrap();
    let (found, _) = found.end();
    let shown: Vec<_> = found
        .iter()
        .map(|it| format!("{} {}", it.name, it.version))
        .collect();
    assert_eq!(
        shown,
        ["stdlib 1.20.3", "golang.org/x/net 0.1.0", "c/d 2.0.0"]
    );
    assert!(
        go::BuildInfo::find(&mut &program[..600_010])
            .unwrap()
            .is_none()
    );
}

/// A header of RPM with texts by tag, and an epoch.
fn rpm_header(texts: &[(u32, &str)], epoch: Option<u32>) -> Vec<u8> {
    let (mut index, mut data) = (Vec::new(), Vec::new());
    let mut entry = |tag: u32, kind: u32, bytes: &[u8]| {
        for number in [tag, kind, data.len() as u32, 1] {
            index.extend_from_slice(&number.to_be_bytes());
        }
        data.extend_from_slice(bytes);
    };
    if let Some(epoch) = epoch {
        entry(1003, 4, &epoch.to_be_bytes());
    }
    for (tag, text) in texts {
        entry(*tag, 6, format!("{text}\0").as_bytes());
    }
    let mut blob = ((index.len() / 16) as u32).to_be_bytes().to_vec();
    blob.extend_from_slice(&(data.len() as u32).to_be_bytes());
    blob.extend(index);
    blob.extend(data);
    blob
}

fn openssl() -> Vec<u8> {
    let long = "d".repeat(9000);
    let texts = [
        (1000, "openssl-libs"),
        (1001, "3.0.7"),
        (1002, "24.el9"),
        (1022, "x86_64"),
        (1044, "openssl-3.0.7-24.el9.src.rpm"),
        (1005, &long),
    ];
    rpm_header(&texts, Some(1))
}

fn ndb() -> Vec<u8> {
    let blob = openssl();
    let mut file = b"RpmP".to_vec();
    file.extend_from_slice(&[0; 8]);
    file.extend_from_slice(&1_u32.to_le_bytes());
    file.resize(32, 0);
    file.extend_from_slice(b"Slot");
    for number in [1_u32, 256, 0] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    file.resize(4096, 0);
    file.extend_from_slice(b"BlbS");
    for number in [1_u32, 0, blob.len() as u32] {
        file.extend_from_slice(&number.to_le_bytes());
    }
    file.extend(blob);
    file
}

/// Made by SQLite 3 with pages of 512 bytes: 300 packages, some of them longer than a page.
fn sqlite() -> Vec<u8> {
    include_bytes!("testdata/rpmdb.sqlite").to_vec()
}

#[test]
fn what_rpms_were_built_from() {
    for (file, version, expected) in [
        ("openssl-3.0.7-24.el9.src.rpm", "3.0.7", ("openssl", "")),
        (
            "perl-5.32.1-481.el9.src.rpm",
            "1.30",
            ("perl", "5.32.1-481.el9"),
        ),
        ("driver-1-2.nosrc.rpm", "3", ("driver", "1-2")),
        ("a-b-1-2.src.rpm", "3", ("a-b", "1-2")),
        ("(none)", "3", ("", "")),
        ("x.src.rpm", "3", ("", "")),
        ("", "3", ("", "")),
    ] {
        let texts = [(1000, "p"), (1001, version), (1002, "24.el9"), (1044, file)];
        let package = rpm::header(&rpm_header(&texts, None)).unwrap();
        let source = (package.source.as_str(), package.source_version.as_str());
        assert_eq!(source, expected, "{file}");
    }
}

#[test]
fn of_rpm() {
    let expected = ["openssl-libs 1:3.0.7-24.el9 of openssl"];
    check(Interest::RpmNdb, "p", &ndb(), &expected);
    let found = read(Interest::RpmSqlite, "p", &sqlite(), &Limits::default()).unwrap();
    assert_eq!(found.len(), 300);
    assert!(
        found
            .iter()
            .all(|it| it.manager == Manager::Rpm && it.arch == "x86_64")
    );
    assert!(
        found
            .iter()
            .any(|it| it.name == "package-299" && it.version == "3:1.299-1.el9")
    );
    assert!(read(Interest::RpmSqlite, "p", b"no", &Limits::default()).is_err());
}

fn is_damaged(outcome: &Result<Vec<Package>, ScanError>) -> bool {
    matches!(outcome, Err(ScanError::Damaged(..)))
}

/// A database whose slots all point to one blob.
#[test]
fn a_blob_of_many_packages_is_refused() {
    let mut file = ndb();
    let slot: [u8; 16] = file[32..48].try_into().unwrap();
    for at in (48..4096).step_by(16) {
        file[at..at + 16].copy_from_slice(&slot);
    }
    let outcome = read(Interest::RpmNdb, "p", &file, &Limits::default());
    assert!(is_damaged(&outcome), "{outcome:?}");
    let slow = Limits {
        time: std::time::Duration::ZERO,
        ..Limits::default()
    };
    for (interest, bytes) in [
        (Interest::RpmNdb, ndb()),
        (Interest::RpmSqlite, sqlite()),
        (Interest::Archive, zipped(&[("x.class", b"")])),
    ] {
        let outcome = read(interest, "p", &bytes, &slow);
        assert_eq!(outcome, Err(ScanError::TooSlow(0)), "{interest:?}");
    }
}

#[test]
fn a_header_has_each_tag_once() {
    let twice = [(1000, "a"), (1001, "1"), (1002, "1"), (1000, "b")];
    assert_eq!(rpm::header(&rpm_header(&twice, None)), None);
    assert!(rpm::header(&rpm_header(&twice[..3], None)).is_some());
}

/// A leaf of `Packages` with `cells` that all point to one row, whose content goes on at page 3, which
/// says that it goes on at itself.
fn crooked(length: u64, cells: u16) -> Vec<u8> {
    let mut file = sqlite();
    let root = 2;
    let page = &mut file[(root - 1) * 512..root * 512];
    page.fill(0);
    page[0] = 0x0d;
    page[3..5].copy_from_slice(&cells.to_be_bytes());
    for cell in 0..usize::from(cells) {
        page[8 + 2 * cell..10 + 2 * cell].copy_from_slice(&300_u16.to_be_bytes());
    }
    // Seven bits a byte, and the number of the row.
    let row = [
        0x80 | (length >> 14) as u8,
        0x80 | (length >> 7) as u8,
        (length & 0x7f) as u8,
        1,
    ];
    page[300..304].copy_from_slice(&row);
    let mut local = 39 + (length as usize - 39) % 508;
    if local > 477 {
        local = 39;
    }
    let next = 304 + local;
    page[next..next + 4].copy_from_slice(&3_u32.to_be_bytes());
    let page = &mut file[1024..1536];
    page[..4].copy_from_slice(&3_u32.to_be_bytes());
    file
}

#[test]
fn rows_longer_than_the_file_are_refused() {
    let length = sqlite().len() as u64 / 3;
    for cells in [4, 80] {
        let outcome = read(
            Interest::RpmSqlite,
            "p",
            &crooked(length, cells),
            &Limits::default(),
        );
        assert!(is_damaged(&outcome), "{cells}: {outcome:?}");
    }
}

/// What is unpacked counts, also of files whose checksum is wrong.
#[test]
fn archives_with_wrong_checksums_end() {
    let big = vec![7; 700 << 10];
    let names: Vec<String> = (0..40)
        .map(|it| format!("META-INF/maven/{it}/pom.properties"))
        .collect();
    let files: Vec<(&str, &[u8])> = names
        .iter()
        .map(|it| (it.as_str(), big.as_slice()))
        .collect();
    let mut archive = zipped(&files);
    for at in memchr::memmem::find_iter(&archive.clone(), b"PK\x01\x02") {
        archive[at + 16] ^= 1;
    }
    let small = Limits {
        archive: 4 << 20,
        ..Limits::default()
    };
    let outcome = read(Interest::Archive, "a.jar", &archive, &small);
    assert!(matches!(outcome, Err(ScanError::TooMuch(_))), "{outcome:?}");
}

/// The entries of the directory are counted before they are read.
#[test]
fn directories_of_archives_are_bounded() {
    let archive = [zipped(&[("x", b"")]), b"PK\x01\x02".repeat(200_001)].concat();
    let outcome = read(Interest::Archive, "a.jar", &archive, &Limits::default());
    assert!(matches!(outcome, Err(ScanError::TooMuch(_))), "{outcome:?}");
}

/// Each package is charged before it is kept, whatever is in the file.
#[test]
fn gathering_ends_at_the_bounds() {
    let limits = Limits {
        packages: 10,
        ..Limits::default()
    };
    let dpkg = "Package: a\nVersion: 1\n\n".repeat(11);
    let apk = "P:a\nV:1\n\n".repeat(11);
    let yarn = "a@1:\n  version 1\n".repeat(11);
    let cargo = "[[package]]\nname = \"a\"\nversion = \"1\"\nsource = \"r\"\n".repeat(11);
    let entries: Vec<String> = (0..11)
        .map(|it| format!("\"node_modules/{it}\": {{\"version\": \"1\"}}"))
        .collect();
    let npm = format!("{{\"packages\": {{{}}}}}", entries.join(","));
    let nested =
        "{\"version\": \"1\", \"dependencies\": {\"a\": ".repeat(11) + "{}" + &"}}".repeat(11);
    let old = format!("{{\"dependencies\": {{\"a\": {nested}}}}}");
    for (interest, text) in [
        (Interest::DpkgStatus, dpkg),
        (Interest::ApkInstalled, apk),
        (Interest::YarnLock, yarn),
        (Interest::CargoLock, cargo),
        (Interest::NpmLock, npm),
        (Interest::NpmLock, old),
    ] {
        let outcome = read(interest, "p", text.as_bytes(), &limits);
        let expected = ScanError::TooMuch("10 packages".to_owned());
        assert_eq!(outcome, Err(expected), "{interest:?}");
    }
    let path = "p".repeat(4000);
    let little = Limits {
        kept: 20_000,
        ..Limits::default()
    };
    let dpkg = "Package: a\nVersion: 1\n\n".repeat(5);
    let outcome = read(Interest::DpkgStatus, &path, dpkg.as_bytes(), &little);
    assert!(matches!(outcome, Err(ScanError::TooMuch(_))), "{outcome:?}");
    let long = format!("Package: a\nSource: {}\nVersion: 1\n", "s".repeat(1 << 20));
    check(Interest::DpkgStatus, "p", long.as_bytes(), &[]);
}

/// Marks of Go side by side: none of them is what was looked for, and each is looked at once.
#[test]
fn programs_full_of_marks_end() {
    let mark = b"\xff Go buildinf:\x08\x02".repeat(200_000);
    let begun = std::time::Instant::now();
    assert_eq!(go::BuildInfo::find(&mut mark.as_slice()).unwrap(), None);
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}

const INTERESTS: [Interest; 11] = [
    Interest::DpkgStatus,
    Interest::ApkInstalled,
    Interest::RpmSqlite,
    Interest::RpmNdb,
    Interest::CargoLock,
    Interest::NpmLock,
    Interest::YarnLock,
    Interest::NpmPackage,
    Interest::PythonMetadata,
    Interest::Gemspec,
    Interest::Archive,
];

proptest! {
    #[test]
    fn hostile_files_do_not_panic(bytes: Vec<u8>, text in "\\PC{0,40}") {
        for interest in INTERESTS {
            let _ = read(interest, &text, &bytes, &Limits::default());
            let _ = read(interest, &text, text.as_bytes(), &Limits::default());
        }
    }

    #[test]
    fn databases_with_a_changed_byte_do_not_panic(at in 0..4000_usize, byte: u8, cut in 0..60_000_usize) {
        for (interest, mut bytes) in [(Interest::RpmNdb, ndb()), (Interest::RpmSqlite, sqlite()), (Interest::RpmNdb, ndb())] {
            let at = at % bytes.len();
            bytes[at] = byte;
            let _ = read(interest, "p", &bytes, &Limits::default());
            bytes.truncate(cut);
            let _ = read(interest, "p", &bytes, &Limits::default());
        }
        let _ = read(Interest::RpmNdb, "p", &openssl(), &Limits::default());
    }
}
