use std::io::{Cursor, Write};

use proptest::prelude::*;

use super::*;
use crate::package::Manager;

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
    let found = go::read(&info, "app");
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
        let _ = super::rpm::ndb::read(&openssl(), "p", &Limits::default());
    }
}
