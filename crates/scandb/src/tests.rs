use std::{fs, io::Write, path::Path};

use serde_json::{Value, json};
use wharf_scan::{About, Inventory, Manager, Package, Severity, System};

use super::*;

fn record(id: &str, name: &str, fixed: &str) -> Value {
    json!({"id": id, "modified": "2024-01-01T00:00:00Z", "affected": [{
        "package": {"ecosystem": "npm", "name": name},
        "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]})
}

fn put(dir: &Path, name: &str, value: &Value) -> std::path::PathBuf {
    let path = dir.join(name);
    fs::write(&path, value.to_string()).unwrap();
    path
}

fn known(data: &Data, ecosystem: &str, name: &str) -> Vec<String> {
    let found = data.lookup(&About::new(ecosystem, name)).unwrap();
    found.iter().map(|it| it.id.clone()).collect()
}

fn open(dir: &Path) -> Data {
    Data::open(dir).unwrap().unwrap()
}

#[test]
fn archives_of_osv_and_the_tracker() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    assert!(Data::open(dir.path()).unwrap().is_none());
    let mut zip = zip::ZipWriter::new(fs::File::create(home.path().join("all.zip")).unwrap());
    for number in 0..300 {
        let name = format!("package-{number}");
        zip.start_file(
            format!("GHSA-{number}.json"),
            zip::write::SimpleFileOptions::default(),
        )
        .unwrap();
        let text = record(&format!("GHSA-{number}"), &name, "1.0.0").to_string();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap();
    let updated = update(dir.path(), &home.path().join("all.zip"), 7).unwrap();
    let expected = Current {
        generation: 1,
        updated_at: 7,
        since: None,
        advisories: 300,
        packages: 300,
        ecosystems: ["npm".to_owned()].into(),
    };
    assert_eq!((updated.current, updated.changed), (expected, 300));
    let first = open(dir.path());
    assert_eq!(known(&first, "npm", "package-77"), ["GHSA-77"]);
    assert_eq!(known(&first, "npm", "package-300"), [""; 0]);

    let tracker = |version: &str| {
        json!({"openssl": {"CVE-1": {"releases": {"bookworm":
        {"status": "resolved", "fixed_version": version, "urgency": "high"}}}}})
    };
    let path = put(home.path(), "json", &tracker("3.0.2"));
    assert_eq!(update(dir.path(), &path, 8).unwrap().changed, 1);
    let second = open(dir.path());
    assert_eq!(known(&second, "Debian:12", "openssl"), ["CVE-1"]);
    assert_eq!(known(&second, "npm", "package-77"), ["GHSA-77"]);
    // Whoever has the one before keeps it.
    assert_eq!(known(&first, "Debian:12", "openssl"), [""; 0]);
    assert_eq!(known(&first, "npm", "package-78"), ["GHSA-78"]);
    let changed = second.changed_since(1, 7).unwrap();
    assert_eq!(changed, [hash(&About::new("Debian:12", "openssl"))].into());
    assert_eq!(second.changed_since(2, 8), Some([].into()));
    // More than one update before, and another one of that number.
    assert_eq!(second.changed_since(0, 6), None);
    assert_eq!(second.changed_since(1, 6), None);

    // The tracker says all it knows: what it no longer says is gone.
    let path = put(
        home.path(),
        "json",
        &json!({"curl": {"CVE-2": {"releases": {"bookworm": {"status": "open"}}}}}),
    );
    assert_eq!(update(dir.path(), &path, 9).unwrap().changed, 2);
    let third = open(dir.path());
    assert_eq!(known(&third, "Debian:12", "openssl"), [""; 0]);
    assert_eq!(known(&third, "Debian:12", "curl"), ["CVE-2"]);
    assert!(!dir.path().join("2").exists());
}

#[test]
fn a_record_takes_the_place_of_its_earlier_self() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(home.path(), "a.json", &record("GHSA-1", "one", "1.0.0"));
    put(home.path(), "b.json", &record("GHSA-2", "two", "1.0.0"));
    update(dir.path(), home.path(), 1).unwrap();
    // It turned out to be about another package.
    let path = put(home.path(), "a.json", &record("GHSA-1", "other", "1.0.0"));
    assert_eq!(update(dir.path(), &path, 2).unwrap().changed, 2);
    let data = open(dir.path());
    assert_eq!(known(&data, "npm", "one"), [""; 0]);
    assert_eq!(known(&data, "npm", "other"), ["GHSA-1"]);
    // The same again changes nothing.
    assert_eq!(update(dir.path(), &path, 3).unwrap().changed, 0);
    let mut withdrawn = record("GHSA-2", "two", "1.0.0");
    withdrawn["withdrawn"] = json!("2024-02-01T00:00:00Z");
    let path = put(home.path(), "b.json", &withdrawn);
    let updated = update(dir.path(), &path, 4).unwrap();
    assert_eq!((updated.changed, updated.current.packages), (1, 1));
    assert_eq!(known(&open(dir.path()), "npm", "two"), [""; 0]);
}

#[test]
fn what_cannot_be_read_changes_nothing() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let good = put(home.path(), "a.json", &record("GHSA-1", "one", "1.0.0"));
    update(dir.path(), &good, 1).unwrap();
    let tracker = put(
        home.path(),
        "tracker.json",
        &json!({"curl": {"CVE-2": {"releases": {"bookworm": {"status": "open"}}}}}),
    );
    update(dir.path(), &tracker, 1).unwrap();
    for bad in [
        "",
        "[]",
        "no",
        "PK\u{3}\u{4}broken",
        r#"{"a": {"b": 1}}"#,
        "{}",
        r#"{"a": {}}"#,
    ] {
        let path = home.path().join("bad.json");
        fs::write(&path, bad).unwrap();
        assert!(
            matches!(update(dir.path(), &path, 2), Err(DataError::Unknown(..))),
            "{bad}"
        );
    }
    assert!(matches!(
        update(dir.path(), &home.path().join("none"), 2),
        Err(DataError::Io { .. })
    ));
    assert_eq!(open(dir.path()).what().generation, 2);
    assert_eq!(known(&open(dir.path()), "Debian:12", "curl"), ["CVE-2"]);
    assert!(!dir.path().join("3").exists());
}

#[test]
fn findings_of_an_inventory() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    put(
        home.path(),
        "t.json",
        &json!({"openssl": {
        "CVE-1": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "3.0.2-1", "urgency": "high"}}},
        "CVE-2": {"releases": {"bookworm": {"status": "resolved", "fixed_version": "2.9", "urgency": "high"}}}}}),
    );
    update(dir.path(), home.path(), 1).unwrap();
    let package = |name: &str| Package {
        manager: Manager::Dpkg,
        name: name.to_owned(),
        version: "3.0.1-1".to_owned(),
        arch: String::new(),
        source: "openssl".to_owned(),
        source_version: String::new(),
        path: "var/lib/dpkg/status".to_owned(),
        layer: String::new(),
    };
    let inventory = Inventory {
        system: Some(System {
            id: "debian".to_owned(),
            version: "12".to_owned(),
            codename: String::new(),
        }),
        packages: vec![package("libssl3"), package("openssl")],
    };
    let found = open(dir.path()).findings(&inventory).unwrap();
    let shown: Vec<_> = found
        .iter()
        .map(|it| (it.name.as_str(), it.package.name.as_str(), it.severity))
        .collect();
    assert_eq!(
        shown,
        [
            ("CVE-1", "libssl3", Severity::High),
            ("CVE-1", "openssl", Severity::High)
        ]
    );
    assert_eq!(found[0].fixed_in.as_deref(), Some("3.0.2-1"));
}

/// What could not be read again is not written.
#[test]
fn too_much_about_one_package_changes_nothing() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let good = put(home.path(), "good.json", &record("GHSA-1", "one", "1.0.0"));
    update(dir.path(), &good, 1).unwrap();
    let records = home.path().join("records");
    fs::create_dir(&records).unwrap();
    for number in 0..3 {
        let mut long = record(&format!("LONG-{number}"), "one", "1.0.0");
        let versions: Vec<String> = (0..50_000).map(|it| format!("2.0.{it}")).collect();
        long["affected"][0]["versions"] = json!(versions);
        put(&records, &format!("{number}.json"), &long);
    }
    let refused = update(dir.path(), &records, 2).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("one in npm is longer"), "{why}");
    assert_eq!(known(&open(dir.path()), "npm", "one"), ["GHSA-1"]);
    assert_eq!(update(dir.path(), &good, 3).unwrap().changed, 0);
}

#[test]
fn damaged_data_is_brought_anew() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let one = put(home.path(), "one.json", &record("GHSA-1", "one", "1.0.0"));
    let two = put(home.path(), "two.json", &record("GHSA-2", "two", "1.0.0"));
    update(dir.path(), &one, 1).unwrap();
    for shard in 0..SHARDS {
        fs::write(dir.path().join(format!("1/{shard:02}")), [b'x'; 64]).unwrap();
    }
    let refused = update(dir.path(), &two, 2).unwrap_err();
    let why = std::error::Error::source(&refused).unwrap().to_string();
    assert!(why.contains("update --from-nothing"), "{why}");
    assert_eq!(renew(dir.path(), &two, 2).unwrap().current.generation, 2);
    assert_eq!(known(&open(dir.path()), "npm", "two"), ["GHSA-2"]);
    assert_eq!(known(&open(dir.path()), "npm", "one"), [""; 0]);
    assert!(!dir.path().join("1").exists());
    // Not even what says which counts can be read.
    fs::write(dir.path().join(CURRENT), "x").unwrap();
    assert!(update(dir.path(), &one, 3).is_err());
    assert_eq!(renew(dir.path(), &one, 3).unwrap().current.generation, 3);
    assert_eq!(known(&open(dir.path()), "npm", "one"), ["GHSA-1"]);
}

#[test]
fn what_was_looked_up_is_not_read_again() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    for name in ["one", "two"] {
        let path = put(
            home.path(),
            name,
            &record(&format!("GHSA-{name}"), name, "1.0.0"),
        );
        update(dir.path(), &path, 1).unwrap();
    }
    let data = open(dir.path());
    let remembering = data.remembering();
    assert_eq!(known(&remembering, "npm", "one"), ["GHSA-one"]);
    assert_eq!(known(&remembering, "npm", "three"), [""; 0]);
    for shard in fs::read_dir(dir.path().join("2")).unwrap() {
        let path = shard.unwrap().path();
        let bytes = fs::read(&path).unwrap().len();
        fs::write(path, vec![b'x'; bytes]).unwrap();
    }
    assert!(data.lookup(&About::new("npm", "one")).is_err());
    assert_eq!(known(&remembering.clone(), "npm", "one"), ["GHSA-one"]);
    assert!(remembering.lookup(&About::new("npm", "two")).is_err());
}

#[test]
fn what_it_is_about() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let mut it = record("USN-1", "one", "1.0.0");
    it["affected"][0]["package"]["ecosystem"] = json!("Ubuntu:22.04:LTS");
    let path = put(home.path(), "one.json", &it);
    let current = update(dir.path(), &path, 1).unwrap().current;
    assert!(current.knows("Ubuntu:22.04") && !current.knows("Alpine:v3.18"));
    it["withdrawn"] = json!("2024-02-01T00:00:00Z");
    let path = put(home.path(), "one.json", &it);
    assert!(
        !update(dir.path(), &path, 2)
            .unwrap()
            .current
            .knows("Ubuntu:22.04")
    );
}

/// A file of another or a damaged one: nothing is set aside for what it merely claims, and nothing is passed over.
#[test]
fn an_index_that_cannot_be_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("00");
    let about = |number: u64| (number, About::new("npm", "x"));
    let shelves = [about(1), about(2)].map(|it| (it, Vec::new()));
    crate::shard::write(&path, &shelves.into()).unwrap();
    let whole = fs::read(&path).unwrap();
    let open = |bytes: &[u8]| {
        fs::write(&path, bytes).unwrap();
        crate::shard::Shard::open(&path).map_err(|error| error.to_string())
    };
    assert_eq!(open(&whole).unwrap().find(2).unwrap().len(), 1);
    for (at, byte, what) in [
        (16, 3, "a hash that is larger than the next"),
        (16 + 8 + 7, 0xff, "a place at no end"),
        (16 + 16 + 3, 0xff, "a length of gigabytes"),
    ] {
        let mut changed = whole.clone();
        changed[at] = byte;
        assert!(open(&changed).unwrap_err().contains("damaged"), "{what}");
    }
    assert!(open(&whole[..whole.len() - 1]).is_err());
}

#[test]
fn a_vulnerability_is_found_by_its_name() {
    let (home, dir) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let folder = home.path().join("all");
    fs::create_dir(&folder).unwrap();
    for number in 0..200 {
        let mut one = record(&format!("GHSA-{number}"), &format!("p-{number}"), "1.0.0");
        one["aliases"] = json!([format!("CVE-2024-{}", number % 50), "GHSA-other"]);
        put(&folder, &format!("{number}.json"), &one);
    }
    update(dir.path(), &folder, 7).unwrap();
    let ids = |name: &str| {
        let found = open(dir.path()).about(name).unwrap().into_iter();
        let mut ids: Vec<String> = found.map(|it| it.id).collect();
        ids.sort_unstable();
        ids
    };
    let expected = ["GHSA-107", "GHSA-157", "GHSA-57", "GHSA-7"];
    assert_eq!(ids("CVE-2024-7"), expected);
    assert_eq!(ids("CVE-2024-50"), [""; 0]);
    // Names that are no CVE's are not searched for.
    assert_eq!(ids("GHSA-7"), [""; 0]);
    // A record that says something else takes the place of its earlier self.
    let mut one = record("GHSA-7", "p-7", "1.0.0");
    one["aliases"] = json!(["CVE-2024-77"]);
    update(dir.path(), &put(home.path(), "one.json", &one), 8).unwrap();
    assert_eq!(ids("CVE-2024-7"), expected[..3]);
    assert_eq!(ids("CVE-2024-77"), ["GHSA-7"]);
    // As a version before left it, and damaged.
    let names = |number: usize| dir.path().join(format!("2/{number:02}.names"));
    (0..64).for_each(|number| fs::remove_file(names(number)).unwrap());
    assert_eq!(ids("CVE-2024-7"), expected[..3]);
    (0..64).for_each(|number| fs::write(names(number), b"wharfsn1 ").unwrap());
    assert!(open(dir.path()).about("CVE-2024-7").is_err());
}
