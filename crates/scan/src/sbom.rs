//! What an image is made of as a document that other programs read: SPDX 2.3 and CycloneDX, 1.5 or 1.4, all as
//! JSON. The same image comes to the same bytes, whichever version of the program writes them: no version
//! of it is in there. A document is written package by package, and never whole in memory but as its bytes.

use std::io;

use serde::{Serialize, Serializer, ser::SerializeMap as _};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use crate::package::{Inventory, Package};

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    Spdx,
    CycloneDx,
    /// For clients that know nothing later.
    CycloneDx14,
}

impl Format {
    pub const ALL: [Self; 3] = [Self::Spdx, Self::CycloneDx, Self::CycloneDx14];

    pub fn name(self) -> &'static str {
        match self {
            Self::Spdx => "spdx",
            Self::CycloneDx => "cyclonedx",
            Self::CycloneDx14 => "cyclonedx-1.4",
        }
    }

    pub fn media_type(self) -> &'static str {
        match self {
            Self::Spdx => "application/spdx+json",
            Self::CycloneDx | Self::CycloneDx14 => "application/vnd.cyclonedx+json",
        }
    }
}

/// What a document is about.
#[derive(Debug, Clone)]
pub struct Subject<'a> {
    /// Of its repository, with the registry's host.
    pub name: &'a str,
    /// `sha256:…`
    pub digest: &'a str,
    /// When the image came, to the second: `2024-01-01T00:00:00Z`.
    pub created: &'a str,
    /// The program that writes the document.
    pub tool: &'a str,
}

/// Writes the document.
pub fn write(
    format: Format,
    subject: &Subject<'_>,
    inventory: &Inventory,
    to: impl io::Write,
) -> serde_json::Result<()> {
    let mut json = serde_json::Serializer::new(to);
    match format {
        Format::Spdx => spdx(subject, inventory, &mut json),
        Format::CycloneDx => cyclonedx(subject, inventory, false, &mut json),
        Format::CycloneDx14 => cyclonedx(subject, inventory, true, &mut json),
    }
}

/// A list of which each part is made when it is written.
struct List<F>(F);

impl<F, I> Serialize for List<F>
where
    F: Fn() -> I,
    I: Iterator<Item = Value>,
{
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq((self.0)())
    }
}

/// As a package URL names an image.
fn purl_of(subject: &Subject<'_>) -> Option<String> {
    let last = subject.name.rsplit('/').next().unwrap_or_default();
    let mut url = packageurl::PackageUrl::new("oci", last.to_ascii_lowercase()).ok()?;
    url.with_version(subject.digest).ok()?;
    url.add_qualifier("repository_url", subject.name).ok()?;
    Some(url.to_string())
}

/// The same for the same image.
fn id_of(subject: &Subject<'_>) -> [u8; 16] {
    let digest = Sha256::new()
        .chain_update(subject.name)
        .chain_update([0])
        .chain_update(subject.digest)
        .finalize();
    std::array::from_fn(|at| digest[at])
}

/// As RFC 9562 writes an identifier that is made by a rule of one's own.
fn uuid(mut bytes: [u8; 16]) -> String {
    bytes[6] = bytes[6] & 0x0f | 0x80;
    bytes[8] = bytes[8] & 0x3f | 0x80;
    let hex: String = bytes.iter().map(|it| format!("{it:02x}")).collect();
    format!(
        "{}-{}-{}-{}-{}",
        &hex[..8],
        &hex[8..12],
        &hex[12..16],
        &hex[16..20],
        &hex[20..]
    )
}

fn spdx<S: Serializer>(
    subject: &Subject<'_>,
    inventory: &Inventory,
    json: S,
) -> Result<S::Ok, S::Error> {
    const NONE: &str = "NOASSERTION";
    let package = |id: &str, name: &str, version: &str, purl: Option<String>, path: &str| {
        let mut package = json!({
            "SPDXID": id, "name": name, "versionInfo": version, "downloadLocation": NONE,
            "filesAnalyzed": false, "licenseConcluded": NONE, "licenseDeclared": NONE,
            "copyrightText": NONE, "supplier": NONE,
        });
        if let Some(purl) = purl {
            package["externalRefs"] = json!([{"referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl", "referenceLocator": purl}]);
        }
        if !path.is_empty() {
            package["sourceInfo"] = json!(format!("found in /{path}"));
        }
        package
    };
    const IMAGE: &str = "SPDXRef-Image";
    let image = || {
        let mut image = package(IMAGE, subject.name, subject.digest, purl_of(subject), "");
        image["primaryPackagePurpose"] = json!("CONTAINER");
        image
    };
    let id = |number: usize| format!("SPDXRef-Package-{number}");
    let relation = |from: &str, kind: &str, to: &str| json!({"spdxElementId": from, "relationshipType": kind, "relatedSpdxElement": to});
    let packages = List(|| {
        let all = inventory.packages.iter().enumerate();
        let all = all.map(|(number, it)| {
            let purl = it.purl(inventory.system.as_ref());
            package(&id(number), &it.name, &it.version, purl, &it.path)
        });
        std::iter::once(image()).chain(all)
    });
    let relations = List(|| {
        let all = 0..inventory.packages.len();
        let all = all.map(|number| relation(IMAGE, "CONTAINS", &id(number)));
        std::iter::once(relation("SPDXRef-DOCUMENT", "DESCRIBES", IMAGE)).chain(all)
    });
    let creation =
        json!({"created": subject.created, "creators": [format!("Tool: {}", subject.tool)]});
    let mut map = json.serialize_map(None)?;
    map.serialize_entry("spdxVersion", "SPDX-2.3")?;
    map.serialize_entry("dataLicense", "CC0-1.0")?;
    map.serialize_entry("SPDXID", "SPDXRef-DOCUMENT")?;
    map.serialize_entry("name", &format!("{}@{}", subject.name, subject.digest))?;
    let namespace = format!("urn:uuid:{}", uuid(id_of(subject)));
    map.serialize_entry("documentNamespace", &namespace)?;
    map.serialize_entry("creationInfo", &creation)?;
    map.serialize_entry("packages", &packages)?;
    map.serialize_entry("relationships", &relations)?;
    map.end()
}

/// What a part of a document of CycloneDX is made of.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Dependency<L> {
    r#ref: &'static str,
    depends_on: L,
}

/// `is_1_4`: in that version, which knows neither tools as components nor where one was found.
fn cyclonedx<S: Serializer>(
    subject: &Subject<'_>,
    inventory: &Inventory,
    is_1_4: bool,
    json: S,
) -> Result<S::Ok, S::Error> {
    let id = |number: usize| format!("package-{number}");
    let component = |(number, it): (usize, &Package)| {
        let mut component = json!({
            "type": "library", "bom-ref": id(number), "name": it.name, "version": it.version,
        });
        let path = format!("/{}", it.path);
        match is_1_4 {
            true => component["properties"] = json!([{"name": "path", "value": path}]),
            false => component["evidence"] = json!({"occurrences": [{"location": path}]}),
        }
        if let Some(purl) = it.purl(inventory.system.as_ref()) {
            component["purl"] = json!(purl);
        }
        component
    };
    const SYSTEM: &str = "system";
    let components = List(|| {
        let system = inventory.system.iter().map(|it| {
            json!({"type": "operating-system", "bom-ref": SYSTEM,
                "name": it.id, "version": it.version})
        });
        let all = inventory.packages.iter().enumerate();
        all.map(component).chain(system)
    });
    let mut image = json!({"type": "container", "bom-ref": "image", "name": subject.name, "version": subject.digest});
    if let Some(purl) = purl_of(subject) {
        image["purl"] = json!(purl);
    }
    let depends_on = List(|| {
        let system = inventory.system.iter().map(|_| json!(SYSTEM));
        let all = 0..inventory.packages.len();
        all.map(|number| json!(id(number))).chain(system)
    });
    let tools = match is_1_4 {
        true => json!([{"name": subject.tool}]),
        false => json!({"components": [{"type": "application", "name": subject.tool}]}),
    };
    let metadata = json!({"timestamp": subject.created, "component": image, "tools": tools});
    let r#ref = "image";
    let mut map = json.serialize_map(None)?;
    map.serialize_entry("bomFormat", "CycloneDX")?;
    map.serialize_entry("specVersion", if is_1_4 { "1.4" } else { "1.5" })?;
    let serial = format!("urn:uuid:{}", uuid(id_of(subject)));
    map.serialize_entry("serialNumber", &serial)?;
    map.serialize_entry("version", &1)?;
    map.serialize_entry("metadata", &metadata)?;
    map.serialize_entry("components", &components)?;
    map.serialize_entry("dependencies", &[Dependency { r#ref, depends_on }])?;
    map.end()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::package::System;

    fn inventory() -> Inventory {
        let package = |text: Value| serde_json::from_value(text).unwrap();
        Inventory {
            system: Some(System {
                id: "debian".to_owned(),
                version: "12".to_owned(),
                codename: String::new(),
            }),
            packages: vec![
                package(
                    json!({"manager": "dpkg", "name": "libssl3", "version": "1:3.0.1-1", "arch": "amd64", "path": "var/lib/dpkg/status"}),
                ),
                package(
                    json!({"manager": "npm", "name": "@a/b", "version": "1.0.0", "path": "app/package.json"}),
                ),
                // No package URL has such a name, and the package is there none the less.
                package(json!({"manager": "cargo", "name": "", "version": "", "path": "x"})),
            ],
        }
    }

    const SUBJECT: Subject<'_> = Subject {
        name: "localhost:4566/team/app",
        digest: "sha256:00",
        created: "2024-01-01T00:00:00Z",
        tool: "wharf",
    };

    fn document(format: Format, subject: &Subject<'_>, inventory: &Inventory) -> Value {
        let mut bytes = Vec::new();
        write(format, subject, inventory, &mut bytes).unwrap();
        serde_json::from_slice(&bytes).unwrap()
    }

    #[test]
    fn spdx_names_the_image_and_all_that_is_in_it() {
        let document = document(Format::Spdx, &SUBJECT, &inventory());
        assert_eq!(document["spdxVersion"], "SPDX-2.3");
        let packages = document["packages"].as_array().unwrap();
        assert_eq!(packages.len(), 4);
        assert_eq!(packages[0]["primaryPackagePurpose"], "CONTAINER");
        let purl = &packages[1]["externalRefs"][0]["referenceLocator"];
        assert_eq!(
            purl,
            "pkg:deb/debian/libssl3@1:3.0.1-1?arch=amd64&distro=debian-12"
        );
        assert_eq!(packages[3].get("externalRefs"), None);
        let relations = document["relationships"].as_array().unwrap();
        assert_eq!(relations.len(), 4);
        assert_eq!(relations[3]["relatedSpdxElement"], packages[3]["SPDXID"]);
    }

    #[test]
    fn cyclonedx_names_the_image_and_all_that_is_in_it() {
        let document = document(Format::CycloneDx, &SUBJECT, &inventory());
        assert_eq!(
            (&document["specVersion"], &document["version"]),
            (&json!("1.5"), &json!(1))
        );
        let components = document["components"].as_array().unwrap();
        assert_eq!(components.len(), 4);
        assert_eq!(components[1]["purl"], "pkg:npm/%40a/b@1.0.0");
        assert_eq!(components[3]["type"], "operating-system");
        let purl = document["metadata"]["component"]["purl"].as_str().unwrap();
        assert!(
            purl.starts_with("pkg:oci/app@sha256:00?repository_url="),
            "{purl}"
        );
        assert_eq!(
            document["dependencies"][0]["dependsOn"]
                .as_array()
                .unwrap()
                .len(),
            4
        );
    }

    #[test]
    fn version_1_4_of_cyclonedx_has_its_own_words() {
        let document = document(Format::CycloneDx14, &SUBJECT, &inventory());
        assert_eq!(document["specVersion"], "1.4");
        assert_eq!(document["metadata"]["tools"], json!([{"name": "wharf"}]));
        let component = &document["components"][0];
        assert_eq!(component.get("evidence"), None);
        let path = json!([{"name": "path", "value": "/var/lib/dpkg/status"}]);
        assert_eq!(component["properties"], path);
    }

    #[test]
    fn the_same_image_has_the_same_document() {
        for format in Format::ALL {
            let one = document(format, &SUBJECT, &inventory());
            assert_eq!(one, document(format, &SUBJECT, &inventory()));
            let other = Subject {
                digest: "sha256:01",
                ..SUBJECT
            };
            assert_ne!(one, document(format, &other, &inventory()));
        }
    }
}
