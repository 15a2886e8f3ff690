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
    assert_eq!(found[0].1.name(), "CVE-2024-1");
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
    let mut found = Vec::new();
    for ((about, package, version), known) in questions.iter().zip(&answers) {
        found.extend(of_package(about, package, version, known));
    }
    worst_first(&mut found);
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
