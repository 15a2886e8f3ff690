//! The security tracker of Debian, `https://security-tracker.debian.org/tracker/data/json`: by package,
//! by CVE, by release. Read one package at a time, whatever the size of the file.

use std::{collections::BTreeMap, fmt, io::Read};

use serde::{
    Deserialize, Deserializer,
    de::{DeserializeSeed, MapAccess, Visitor},
};

use crate::{
    advisory::{About, Advisory, Event, MAX_NAME, Range},
    severity::Severity,
};

const MAX_TEXT: usize = 2000;

/// The releases that have security support, and their numbers.
const RELEASES: [(&str, &str); 7] = [
    ("stretch", "9"),
    ("buster", "10"),
    ("bullseye", "11"),
    ("bookworm", "12"),
    ("trixie", "13"),
    ("forky", "14"),
    ("sid", "sid"),
];

#[derive(Deserialize)]
struct Cve {
    #[serde(default)]
    description: String,
    #[serde(default)]
    releases: BTreeMap<String, Release>,
}

#[derive(Deserialize)]
struct Release {
    status: String,
    fixed_version: Option<String>,
    #[serde(default)]
    urgency: String,
}

/// Calls `each` with every advisory.
pub fn tracker(
    reader: impl Read,
    each: &mut dyn FnMut(About, Advisory),
) -> Result<(), serde_json::Error> {
    let mut json = serde_json::Deserializer::from_reader(reader);
    Packages(each).deserialize(&mut json)?;
    json.end()
}

struct Packages<'a>(&'a mut dyn FnMut(About, Advisory));

impl<'de> DeserializeSeed<'de> for Packages<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Packages<'_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("packages by name")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some((package, cves)) = map.next_entry::<String, BTreeMap<String, Cve>>()? {
            for (id, cve) in cves {
                of_cve(&package, &id, &cve, self.0);
            }
        }
        Ok(())
    }
}

fn of_cve(package: &str, id: &str, cve: &Cve, each: &mut dyn FnMut(About, Advisory)) {
    if package.len() > MAX_NAME || id.len() > MAX_NAME {
        return;
    }
    for (codename, release) in &cve.releases {
        let number = RELEASES.iter().find(|(name, _)| name == codename);
        let Some((_, number)) = number else { continue };
        let fixed = release.fixed_version.as_deref();
        let fixed = match (release.status.as_str(), fixed) {
            // Never affected.
            ("resolved", Some("0")) => continue,
            ("resolved", Some(fixed)) => Some(fixed),
            ("open", _) => None,
            _ => continue,
        };
        let introduced = Event::Introduced("0".to_owned());
        let fixed = fixed.map(|it| Event::Fixed(it.to_owned()));
        let advisory = Advisory {
            id: id.to_owned(),
            origin: "debian".to_owned(),
            summary: cve.description.chars().take(MAX_TEXT).collect(),
            references: vec![format!("https://security-tracker.debian.org/tracker/{id}")],
            // `low**` is somebody's guess, `not yet assigned` nobody's.
            severity: Severity::read(release.urgency.trim_end_matches('*')),
            ranges: vec![Range([introduced].into_iter().chain(fixed).collect())],
            ..Advisory::default()
        };
        each(About::new(&format!("Debian:{number}"), package), advisory);
    }
}
