use proptest::prelude::*;
use serde_json::json;
use wharf_scan::System;

use super::*;

const EARLY: Timestamp = Timestamp::from_millis(1);
const LATE: Timestamp = Timestamp::from_millis(2);

/// Packages of Wolfi are looked up under two names, those of npm under one.
fn inventory(packages: &[(u8, u8)]) -> Inventory {
    let package = |(name, source): &(u8, u8)| -> Vec<Package> {
        let own = json!({"manager": "apk", "name": format!("p{name}"), "version": "1.0-r0",
            "source": format!("p{source}"), "path": "lib/apk/db/installed"});
        let other = json!({"manager": "npm", "name": format!("p{name}"), "version": "1.0.0", "path": format!("{source}")});
        [own, other]
            .map(|it| serde_json::from_value(it).unwrap())
            .into()
    };
    let mut packages: Vec<Package> = packages.iter().flat_map(package).collect();
    packages.sort();
    packages.dedup();
    let id = "wolfi".to_owned();
    let system = System {
        id,
        ..System::default()
    };
    Inventory {
        system: Some(system),
        packages,
    }
}

/// Which vulnerability of which package, how bad, and whether of the system.
type Said = Vec<(u8, u8, bool, bool)>;

fn update(dir: &std::path::Path, said: &Said, withdrawn: &[u8], at: i64) -> Data {
    let home = tempfile::tempdir().unwrap();
    let mut records = std::collections::BTreeMap::new();
    for (id, package, bad, system) in said {
        let ecosystem = if *system { "Wolfi" } else { "npm" };
        let version = if *system { "1.0-r0" } else { "1.0.0" };
        let record = json!({"id": format!("X-{id}"), "database_specific": {"severity": if *bad { "high" } else { "low" }},
            "affected": [{"package": {"ecosystem": ecosystem, "name": format!("p{package}")}, "versions": [version]}]});
        records.insert(*id, record);
    }
    for id in withdrawn {
        records.insert(
            *id,
            json!({"id": format!("X-{id}"), "withdrawn": "2024-01-01T00:00:00Z"}),
        );
    }
    for (id, record) in records {
        std::fs::write(home.path().join(format!("{id}.json")), record.to_string()).unwrap();
    }
    wharf_scandb::update(dir, home.path(), at).unwrap();
    Data::open(dir).unwrap().unwrap()
}

/// What was found, and when first.
fn names(lines: &[u8], first_found_at: Timestamp) -> Vec<(String, String, i64)> {
    let read = read(lines).expect("findings that were just written");
    let name = |(it, _): (Line<'_>, &[u8])| {
        let first = it.first_seen.unwrap_or(first_found_at.0);
        (it.name.into_owned(), format!("{:?}", it.package), first)
    };
    read.into_iter().map(name).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    /// What comes of comparing again what changed is what comparing everything comes to, and findings
    /// that stay were seen first when they were.
    #[test]
    fn again_is_as_anew(
        packages in prop::collection::vec((0..8_u8, 0..8_u8), 0..8),
        first_said: Vec<(u8, u8, bool, bool)>,
        then: Vec<(u8, u8, bool, bool)>,
        withdrawn: Vec<u8>,
    ) {
        let near = |said: Said| -> Said { said.into_iter().map(|(id, package, bad, system)| (id % 12, package % 8, bad, system)).collect() };
        let dir = tempfile::tempdir().unwrap();
        let (limits, inventory) = (Limits::default(), inventory(&packages));
        let data = update(dir.path(), &near(first_said), &[99], 10);
        let before = first(Some(&data), &inventory, true, &Before::default(), &limits, EARLY).unwrap();
        prop_assert_eq!(before.first_found_at, Some(EARLY));
        let before = Before { lines: &before.findings, first_found_at: before.first_found_at };
        let withdrawn: Vec<u8> = withdrawn.into_iter().map(|it| it % 12).chain([99]).collect();
        let data = update(dir.path(), &near(then), &withdrawn, 20);
        let changed = data.changed_since(1, 10).unwrap();
        let anew = first(Some(&data), &inventory, true, &before, &limits, LATE).unwrap();
        prop_assert_eq!(anew.first_found_at, Some(EARLY));
        for changed in [Some(&changed), None] {
            let again = again(&data, &inventory, &before, changed, &limits, LATE).unwrap();
            prop_assert!(!again.anew);
            prop_assert_eq!(&again.lines, &anew.findings);
            prop_assert_eq!(counts(again.severities.into_iter()), anew.counts.clone());
        }
        let early = names(before.lines, EARLY);
        for (name, package, first) in names(&anew.findings, EARLY) {
            let was = early.iter().any(|it| (&it.0, &it.1) == (&name, &package));
            prop_assert_eq!(first, if was { EARLY.0 } else { LATE.0 });
        }
    }
}

#[test]
fn what_is_known_of_decides_what_a_scan_ends_as() {
    let known = Current {
        ecosystems: ["npm".to_owned()].into(),
        ..Current::default()
    };
    let asked = |names: &[&str]| {
        names
            .iter()
            .map(|it| (*it).to_owned())
            .collect::<BTreeSet<_>>()
    };
    let ends = |names: &[&str], continuous| verdict(&asked(names), Some(&known), continuous).0;
    assert_eq!(ends(&["npm"], false), ScanStatus::Complete);
    assert_eq!(ends(&["npm"], true), ScanStatus::Active);
    assert_eq!(ends(&["Debian:12"], false), ScanStatus::Failed);
    assert_eq!(ends(&["Debian:12"], true), ScanStatus::Pending);
    assert_eq!(verdict(&asked(&["npm"]), None, true).0, ScanStatus::Pending);
    let (status, said) = verdict(&asked(&["Debian:12", "npm"]), Some(&known), true);
    assert_eq!(status, ScanStatus::Active);
    assert!(
        said.contains("no vulnerability data about Debian:12;"),
        "{said}"
    );
}

/// All of it is found anew, and first seen now.
#[test]
fn findings_that_cannot_be_read_are_no_findings() {
    let dir = tempfile::tempdir().unwrap();
    let (limits, inventory) = (Limits::default(), inventory(&[(1, 1)]));
    let data = update(dir.path(), &vec![(1, 1, true, false)], &[], 10);
    for damaged in [&b"{}\n"[..], b"x", b"\n\n"] {
        let before = Before {
            lines: damaged,
            first_found_at: Some(EARLY),
        };
        let anew = first(Some(&data), &inventory, true, &before, &limits, LATE).unwrap();
        let first_found_at = anew.first_found_at.unwrap();
        let seen = names(&anew.findings, first_found_at).into_iter();
        assert_eq!(seen.map(|it| it.2).collect::<Vec<_>>(), [LATE.0]);
        let nothing = HashSet::new();
        let again = again(&data, &inventory, &before, Some(&nothing), &limits, LATE).unwrap();
        assert!(again.anew);
        assert_eq!(again.lines, anew.findings);
    }
}

/// As versions before wrote them: each says when it was first seen, and those that come do too.
#[test]
fn findings_that_say_when_they_were_seen_stay_so() {
    let dir = tempfile::tempdir().unwrap();
    let (limits, inventory) = (Limits::default(), inventory(&[(1, 1)]));
    let data = update(dir.path(), &vec![(1, 1, true, false)], &[], 10);
    let found = first(
        Some(&data),
        &inventory,
        true,
        &Before::default(),
        &limits,
        EARLY,
    )
    .unwrap();
    let mut finding: wharf_scan::Finding = serde_json::from_slice(&found.findings).unwrap();
    finding.first_seen = Some(EARLY.0);
    let dated = lines(&[finding]).unwrap();
    let before = Before {
        lines: &dated,
        first_found_at: None,
    };
    let data = update(dir.path(), &vec![(2, 1, true, false)], &[], 20);
    let anew = first(Some(&data), &inventory, true, &before, &limits, LATE).unwrap();
    assert_eq!(anew.first_found_at, None);
    let seen: Vec<(String, i64)> = (read(&anew.findings).unwrap().into_iter())
        .map(|(it, _)| (it.name.into_owned(), it.first_seen.unwrap()))
        .collect();
    assert_eq!(
        seen,
        [("X-1".to_owned(), EARLY.0), ("X-2".to_owned(), LATE.0)]
    );
    let again = again(&data, &inventory, &before, None, &limits, LATE).unwrap();
    assert_eq!((again.lines, again.anew), (anew.findings.to_vec(), false));
}
