use serde_json::json;

use super::*;
use crate::{
    advisory::{self, Published},
    debian,
    package::{Manager, System},
};

fn published(value: serde_json::Value) -> Vec<(About, Advisory)> {
    match advisory::osv(value.to_string().as_bytes()).unwrap() {
        Published::About(found) => found,
        Published::Withdrawn(id) => panic!("{id} was withdrawn"),
    }
}

/// Which of `versions` the affected entry is about.
fn check(ecosystem: &str, affected: serde_json::Value, versions: &[&str], expected: &[&str]) {
    let mut affected = affected;
    affected["package"] = json!({"ecosystem": ecosystem, "name": "p"});
    let found = published(json!({"id": "X-1", "affected": [affected]}));
    let scheme = Scheme::of_ecosystem(ecosystem).unwrap();
    let (_, advisory) = &found[0];
    let hit = |it: &&&str| {
        advisory.versions.iter().any(|v| v == **it) || in_ranges(scheme, &advisory.ranges, it)
    };
    let hits: Vec<&str> = versions.iter().filter(hit).copied().collect();
    assert_eq!(hits, expected, "{ecosystem}");
}

#[test]
fn ranges() {
    let events =
        |events: serde_json::Value| json!({"ranges": [{"type": "ECOSYSTEM", "events": events}]});
    check(
        "npm",
        events(
            json!([{"introduced": "0"}, {"fixed": "1.2.3"}, {"introduced": "2.0.0"}, {"fixed": "2.1.0"}]),
        ),
        &["0.1.0", "1.2.2", "1.2.3", "2.0.0-rc.1", "2.0.0", "2.1.0"],
        &["0.1.0", "1.2.2", "2.0.0"],
    );
    // In whatever order the events come.
    check(
        "npm",
        events(json!([{"fixed": "1.2.3"}, {"introduced": "1.0.0"}])),
        &["0.9.0", "1.0.0", "1.2.3"],
        &["1.0.0"],
    );
    check(
        "PyPI",
        events(json!([{"introduced": "1.0"}, {"last_affected": "1.4"}])),
        &["0.9", "1.0", "1.4", "1.4.1"],
        &["1.0", "1.4"],
    );
    check(
        "Debian:12",
        events(json!([{"introduced": "0"}])),
        &["1.0", "2:0"],
        &["1.0", "2:0"],
    );
    check(
        "Maven",
        events(json!([{"introduced": "2.0-beta9"}, {"fixed": "2.15.0"}])),
        &["2.0-beta8", "2.14.1", "2.15.0"],
        &["2.14.1"],
    );
    // Listed ones, beside a range that has not all of them and one of commits.
    check(
        "PyPI",
        json!({"versions": ["1.0", "3.0"], "ranges": [{"type": "GIT", "events": [{"introduced": "0"}]},
        {"type": "ECOSYSTEM", "events": [{"introduced": "1.0"}, {"fixed": "2.0"}]}]}),
        &["1.0", "1.5", "2.5", "3.0"],
        &["1.0", "1.5", "3.0"],
    );
}

/// Distributions say so that a package is not affected.
#[test]
fn what_is_fixed_where_it_begins_affects_nothing() {
    let events =
        |events: serde_json::Value| json!({"ranges": [{"type": "ECOSYSTEM", "events": events}]});
    let both = [
        json!([{"introduced": "0"}, {"fixed": "0"}]),
        json!([{"fixed": "0"}, {"introduced": "0"}]),
    ];
    for none in both {
        check("Wolfi", events(none), &["0", "1.2-r0"], &[]);
    }
    check(
        "Wolfi",
        events(json!([{"introduced": "0"}, {"fixed": "0"}, {"introduced": "2"}])),
        &["1", "2"],
        &["2"],
    );
    // Of one version the order counts in which the events were given.
    check(
        "npm",
        events(json!([{"introduced": "1.0.0"}, {"fixed": "1.0.0"}])),
        &["1.0.0", "2.0.0"],
        &[],
    );
    check(
        "npm",
        events(json!([{"introduced": "0"}, {"fixed": "1.0.0"}, {"introduced": "1.0.0"}])),
        &["0.9.0", "1.0.0"],
        &["0.9.0", "1.0.0"],
    );
}

#[test]
fn limits_bound_the_whole_range() {
    let events =
        |events: serde_json::Value| json!({"ranges": [{"type": "ECOSYSTEM", "events": events}]});
    let versions = ["1.0.0", "2.0.0", "3.5.0"];
    let twice = json!([{"introduced": "0"}, {"limit": "2.0.0"}, {"introduced": "3.0.0"}]);
    check("npm", events(twice), &versions, &["1.0.0"]);
    let any = json!([{"introduced": "0"}, {"limit": "2.0.0"}, {"limit": "3.0.0"}]);
    check("npm", events(any), &versions, &["1.0.0", "2.0.0"]);
    check(
        "npm",
        events(json!([{"introduced": "0"}, {"limit": "*"}])),
        &versions,
        &versions,
    );
}

/// Names and fixes of what is found in version `-10` of a package, of these records.
fn of_red_hat(limits: &Limits, records: &[serde_json::Value]) -> Result<Vec<String>, ScanError> {
    let known: Vec<Advisory> = (records.iter())
        .flat_map(|it| published(it.clone()))
        .map(|it| it.1)
        .collect();
    let package = Package::new(Manager::Rpm, "p", "1-10");
    let mut found = Findings::new(limits);
    found.look(&About::new("Red Hat:9", "p"), &package, "1-10", &known)?;
    let found = found.end();
    Ok((found.iter())
        .map(|it| format!("{} {}", it.name, it.fixed_in.as_deref().unwrap_or_default()))
        .collect())
}

fn red_hat(id: &str, upstream: &[&str], fixed: &str) -> serde_json::Value {
    json!({"id": id, "upstream": upstream, "aliases": ["CVE-1999-1"], "affected": [{
        "package": {"ecosystem": "Red Hat:enterprise_linux:9::baseos", "name": "p"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": fixed}]}]}]})
}

#[test]
fn an_advisory_is_about_each_of_its_cves() {
    let records = [
        red_hat("RHSA-A", &["CVE-2023-1", "CVE-2023-2"], "1-20"),
        red_hat(
            "RHSA-B",
            &["CVE-2023-1", "CVE-2024-9", "CVE-2024-9"],
            "1-30",
        ),
        red_hat("RHSA-C", &["CVE-2024-8"], "1-10"),
    ];
    assert_eq!(
        of_red_hat(&Limits::default(), &records).unwrap(),
        ["CVE-2023-1 1-20", "CVE-2023-2 1-20", "CVE-2024-9 1-30"]
    );
    // Aliases are names of the same.
    let alone = [red_hat("RHSA-D", &[], "1-20")];
    assert_eq!(
        of_red_hat(&Limits::default(), &alone).unwrap(),
        ["CVE-1999-1 1-20"]
    );
}

#[test]
fn findings_are_bounded() {
    let names: Vec<String> = (0..20).map(|it| format!("CVE-2023-{it}")).collect();
    let names: Vec<&str> = names.iter().map(String::as_str).collect();
    let records = [red_hat("RHSA-A", &names, "1-20")];
    let few = Limits {
        findings: 19,
        ..Limits::default()
    };
    let small = Limits {
        found: 1000,
        ..Limits::default()
    };
    for limits in [few, small] {
        let outcome = of_red_hat(&limits, &records);
        assert!(matches!(outcome, Err(ScanError::TooMuch(_))), "{outcome:?}");
    }
    let slow = Limits {
        time: std::time::Duration::ZERO,
        ..Limits::default()
    };
    assert_eq!(of_red_hat(&slow, &records), Err(ScanError::TooSlow(0)));
}

/// Many versions beside many ranges: none is lost, and reading ends.
#[test]
fn records_with_many_versions_and_ranges_are_read() {
    let ranges: Vec<_> = (0..3000)
        .map(|it| json!({"type": "ECOSYSTEM", "events": [{"introduced": format!("2.{it}.1")}, {"fixed": format!("2.{it}.2")}]}))
        .collect();
    let versions: Vec<String> = (0..20_000).map(|it| format!("1.0.{it}")).collect();
    let begun = Instant::now();
    let found = published(json!({"id": "X", "affected": [{
        "package": {"ecosystem": "npm", "name": "p"}, "ranges": ranges, "versions": versions}]}));
    assert_eq!(
        (found[0].1.versions.len(), found[0].1.ranges.len()),
        (20_000, 3000)
    );
    assert!(begun.elapsed() < std::time::Duration::from_secs(20));
}

#[test]
fn wolfi_is_asked_under_both_names() {
    let mut package = Package::new(Manager::Apk, "libcrypto3", "3.1-r0");
    package.source = "openssl".to_owned();
    for (id, version, expected) in [
        ("wolfi", "", vec!["openssl", "libcrypto3"]),
        ("alpine", "3.18.0", vec!["openssl"]),
    ] {
        let inventory = Inventory {
            system: Some(System {
                id: id.to_owned(),
                version: version.to_owned(),
                ..System::default()
            }),
            packages: vec![package.clone()],
        };
        let asked = questions(&inventory);
        let names: Vec<&str> = asked.iter().map(|it| it.0.name.as_str()).collect();
        assert_eq!(names, expected);
        let mut found = Findings::new(&Limits::default());
        let known = [Advisory {
            id: "CVE-1".to_owned(),
            versions: vec!["3.1-r0".to_owned()],
            ..Advisory::default()
        }];
        for (about, package, version) in &asked {
            found.look(about, package, version, &known).unwrap();
        }
        assert_eq!(found.end().len(), 1);
    }
}

fn rpm(name: &str, version: &str, source: (&str, &str)) -> Package {
    let mut package = Package::new(Manager::Rpm, name, version);
    source.0.clone_into(&mut package.source);
    source.1.clone_into(&mut package.source_version);
    package
}

fn image_of(id: &str, version: &str, packages: Vec<Package>) -> Inventory {
    Inventory {
        system: Some(System {
            id: id.to_owned(),
            version: version.to_owned(),
            ..System::default()
        }),
        packages,
    }
}

/// What is found in an image by records, as `CVE package fixed`.
fn found(inventory: &Inventory, records: &[(About, Advisory)]) -> Vec<String> {
    let mut found = Findings::new(&Limits::default());
    for (about, package, version) in questions(inventory) {
        let known = records.iter().filter(|(of, _)| *of == about);
        let known: Vec<Advisory> = known.map(|(_, it)| it.clone()).collect();
        found.look(&about, package, version, &known).unwrap();
    }
    let shown = |it: Finding| {
        let fixed = it.fixed_in.unwrap_or_default();
        format!("{} {} {fixed}", it.name, it.package.name)
    };
    found.end().into_iter().map(shown).collect()
}

#[test]
fn suse_writes_about_the_packages_that_it_names() {
    let fixed = |version: &str| json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": version}]}]);
    let records = published(
        json!({"id": "SUSE-SU-2024:1", "upstream": ["CVE-2024-1"], "affected": [
        {"package": {"ecosystem": "SUSE:Linux Enterprise Module for Basesystem 15 SP5", "name": "openssl-3"},
         "ranges": fixed("3.0.8-2"),
         "ecosystem_specific": {"binaries": [{"libopenssl3": "3.0.8-2", "openssl-3": "3.0.8-2"}, {"bad": 1, "": "1-1"}]}},
        {"package": {"ecosystem": "SUSE:Linux Enterprise Server 15 SP5-LTSS", "name": "openssl-3"},
         "ranges": fixed("3.0.8-2"),
         "ecosystem_specific": {"binaries": [{"libopenssl3": "3.0.8-2"}]}},
        {"package": {"ecosystem": "openSUSE:Leap 15.5", "name": "openssl-3"}, "ranges": fixed("3.0.8-2"),
         "ecosystem_specific": {"binaries": [{"libopenssl3": "3.0.8-2"}]}},
        {"package": {"ecosystem": "openSUSE:Leap 15.5", "name": "plain"}, "ranges": fixed("2-1"),
         "ecosystem_specific": {"binaries": []}}]}),
    );
    let abouts: Vec<String> = (records.iter())
        .map(|(it, advisory)| format!("{} {} {}", it.ecosystem, it.name, advisory.ranges.len()))
        .collect();
    assert_eq!(
        abouts,
        [
            "SUSE:15.5 libopenssl3 1",
            "SUSE:15.5 openssl-3 1",
            "openSUSE:Leap 15.5 libopenssl3 1",
            "openSUSE:Leap 15.5 plain 1"
        ]
    );
    let of = |name: &str, version: &str| rpm(name, version, ("openssl-3", ""));
    for (id, release, packages, expected) in [
        (
            "sles",
            "15.5",
            vec![of("libopenssl3", "3.0.8-1")],
            vec!["CVE-2024-1 libopenssl3 3.0.8-2"],
        ),
        ("sles", "15.5", vec![of("libopenssl3", "3.0.8-2")], vec![]),
        ("sles", "15.5", vec![of("openssl-3-doc", "3.0.8-1")], vec![]),
        ("sles", "15.4", vec![of("libopenssl3", "3.0.8-1")], vec![]),
        (
            "opensuse-leap",
            "15.5",
            vec![of("libopenssl3", "3.0.8-1"), of("plain", "1-1")],
            vec!["CVE-2024-1 libopenssl3 3.0.8-2", "CVE-2024-1 plain 2-1"],
        ),
    ] {
        assert_eq!(
            found(&image_of(id, release, packages), &records),
            expected,
            "{id} {release}"
        );
    }
    // Whatever stands where the packages should.
    for bad in [
        json!(null),
        json!([]),
        json!({"binaries": {"a": "1-1"}}),
        json!({"binaries": ["a", 1, null]}),
    ] {
        let records = published(json!({"id": "X", "affected": [
            {"package": {"ecosystem": "openSUSE:Leap 15.5", "name": "p"}, "ranges": fixed("2-1"), "ecosystem_specific": bad}]}));
        assert_eq!((records.len(), records[0].0.name.as_str()), (1, "p"));
    }
}

#[test]
fn products_of_suse_are_of_a_service_pack() {
    for (product, expected) in [
        ("SUSE:Linux Enterprise Server 15 SP5", "SUSE:15.5"),
        (
            "SUSE:Linux Enterprise Server for SAP Applications 12 SP3-LTSS",
            "SUSE:12.3",
        ),
        (
            "SUSE:Linux Enterprise Module for Public Cloud 15",
            "SUSE:15.0",
        ),
        ("SUSE:Linux Enterprise Server 15-LTSS", "SUSE:15.0"),
        (
            "SUSE:Linux Enterprise Micro 5.3",
            "SUSE:Linux Enterprise Micro 5.3",
        ),
        (
            "SUSE:Linux Enterprise Server 15 SPx",
            "SUSE:Linux Enterprise Server 15 SPx",
        ),
        ("SUSE:Manager Server 4.3", "SUSE:Manager Server 4.3"),
        ("SUSE:", "SUSE:"),
        ("SUSE", "SUSE"),
    ] {
        assert_eq!(About::new(product, "p").ecosystem, expected);
    }
}

#[test]
fn rocky_writes_about_sources_with_epochs() {
    let fixed = |version: &str| json!([{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": version}]}]);
    let records = published(
        json!({"id": "RLSA-2024:1", "upstream": ["CVE-2024-1"], "affected": [
        {"package": {"ecosystem": "Rocky Linux:9", "name": "perl"}, "ranges": fixed("4:5.32.1-481.el9")}]}),
    );
    let own = |name: &str, version: &str| rpm(name, version, ("perl", ""));
    // Its own version is another than that of what it was built from.
    let errno = || rpm("perl-Errno", "0:1.30-480.el9", ("perl", "5.32.1-480.el9"));
    let both = vec![
        "CVE-2024-1 perl-Errno 4:5.32.1-481.el9",
        "CVE-2024-1 perl-libs 4:5.32.1-481.el9",
    ];
    for (what, packages, expected) in [
        (
            "both",
            vec![errno(), own("perl-libs", "4:5.32.1-480.el9")],
            both,
        ),
        ("fixed", vec![own("perl-libs", "4:5.32.1-481.el9")], vec![]),
        ("nobody says its epoch", vec![errno()], vec![]),
        (
            "without a source",
            vec![rpm("perl", "4:5.32.1-480.el9", ("", ""))],
            vec!["CVE-2024-1 perl 4:5.32.1-481.el9"],
        ),
    ] {
        assert_eq!(
            found(&image_of("rocky", "9.3", packages), &records),
            expected,
            "{what}"
        );
    }
}

#[test]
fn a_record_is_read_whole() {
    let found = published(json!({
    "id": "GHSA-1", "aliases": ["PYSEC-1", "CVE-2024-1"], "summary": "s", "modified": "2024-01-01T00:00:00Z",
    "severity": [{"type": "CVSS_V3", "score": "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"}],
    "references": [{"type": "WEB", "url": "https://x"}],
    "affected": [
        {"package": {"ecosystem": "PyPI", "name": "Jinja_2"}, "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}]}]},
        {"package": {"ecosystem": "Ubuntu:22.04:LTS", "name": "j"}, "versions": ["1"], "ecosystem_specific": {"urgency": "low"}},
        {"package": {"ecosystem": "Red Hat:enterprise_linux:9::baseos", "name": "j"}, "versions": ["1-1"]},
        {"package": {"ecosystem": "of nobody", "name": "j"}, "versions": ["1"]},
    ]}));
    let abouts: Vec<String> = found
        .iter()
        .map(|(it, _)| format!("{} {}", it.ecosystem, it.name))
        .collect();
    assert_eq!(abouts, ["PyPI jinja-2", "Red Hat:9 j", "Ubuntu:22.04 j"]);
    let severity = |at: usize| severity::overall(found[at].1.severity, &found[at].1.vectors);
    assert_eq!(
        (severity(0), severity(2)),
        (Severity::Critical, Severity::Low)
    );
    assert_eq!(found[0].1.names(), ["CVE-2024-1"]);
    assert_eq!(found[0].1.vectors[0].score, 9.8);
    let withdrawn = advisory::osv(br#"{"id": "X", "withdrawn": "2024-01-01T00:00:00Z"}"#);
    assert_eq!(withdrawn.unwrap(), Published::Withdrawn("X".to_owned()));
    for bad in ["", "[]", "{}", r#"{"id": 1}"#] {
        assert!(advisory::osv(bad.as_bytes()).is_err(), "{bad}");
    }
}

#[test]
fn debians_tracker() {
    let text = json!({"openssl": {
        "CVE-2023-1": {"description": "d", "releases": {
            "bookworm": {"status": "resolved", "fixed_version": "3.0.11-1~deb12u2", "urgency": "medium"},
            "bullseye": {"status": "open", "urgency": "low**"},
            "sid": {"status": "resolved", "fixed_version": "0", "urgency": "unimportant"},
            "unheard": {"status": "open"}}},
        "TEMP-1": {"releases": {"bookworm": {"status": "undetermined", "urgency": "not yet assigned"}}}}});
    let mut found = Vec::new();
    debian::tracker(text.to_string().as_bytes(), &mut |about, it| {
        found.push((about, it))
    })
    .unwrap();
    let shown: Vec<String> = (found.iter())
        .map(|(about, it)| format!("{} {} {:?}", about.ecosystem, it.id, it.severity))
        .collect();
    assert_eq!(
        shown,
        [
            "Debian:12 CVE-2023-1 Some(Medium)",
            "Debian:11 CVE-2023-1 Some(Low)"
        ]
    );
    assert!(debian::tracker(&b"[1]"[..], &mut |_, _| ()).is_err());
}

#[test]
fn findings_of_an_image() {
    let mut openssl = Package::new(Manager::Dpkg, "libssl3", "3.0.9-1");
    openssl.source = "openssl".to_owned();
    let lodash = Package::new(Manager::Npm, "lodash", "4.17.20");
    let inventory = Inventory {
        system: Some(System {
            id: "debian".to_owned(),
            version: "12".to_owned(),
            ..System::default()
        }),
        packages: vec![openssl, lodash],
    };
    let questions = questions(&inventory);
    let asked: Vec<String> = (questions.iter())
        .map(|(about, _, version)| format!("{} {} {version}", about.ecosystem, about.name))
        .collect();
    assert_eq!(asked, ["Debian:12 openssl 3.0.9-1", "npm lodash 4.17.20"]);
    let range = |fixed: &str| {
        vec![Range(vec![
            Event::Introduced("0".to_owned()),
            Event::Fixed(fixed.to_owned()),
        ])]
    };
    let advisory = |id: &str, ranges: Vec<Range>, severity| Advisory {
        id: id.to_owned(),
        ranges,
        severity,
        ..Advisory::default()
    };
    let unfixed = vec![Range(vec![Event::Introduced("0".to_owned())])];
    let answers = [
        vec![
            advisory("CVE-1", unfixed, Some(Severity::Low)),
            advisory("CVE-1", range("3.0.11-1"), Some(Severity::Low)),
            advisory("CVE-2", range("3.0.8-1"), Some(Severity::Critical)),
        ],
        vec![advisory("GHSA-1", range("4.17.21"), Some(Severity::High))],
    ];
    let mut found = Findings::new(&Limits::default());
    for ((about, package, version), known) in questions.iter().zip(&answers) {
        found.look(about, package, version, known).unwrap();
    }
    let found = found.end();
    let shown: Vec<String> = (found.iter())
        .map(|it| {
            format!(
                "{} {} {} {:?}",
                it.name, it.severity, it.package.name, it.fixed_in
            )
        })
        .collect();
    assert_eq!(
        shown,
        [
            r#"GHSA-1 HIGH lodash Some("4.17.21")"#,
            r#"CVE-1 LOW libssl3 Some("3.0.11-1")"#,
        ]
    );
}
