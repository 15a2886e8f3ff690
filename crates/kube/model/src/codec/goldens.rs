//! The objects that upstream tests its own codecs with, byte for byte in each encoding: some of them lie in `data/goldens`, all are
//! fetched with what else tests need (`scripts/deps.sh`), those of the releases before too.

use super::*;
use crate::Version;
use crate::conform::conform;
use crate::kinds::KINDS;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Groups whose goldens upstream keeps with other modules, without any bytes.
const ELSEWHERE: [&str; 3] = [
    "apiextensions.k8s.io",
    "apiregistration.k8s.io",
    "metrics.k8s.io",
];
/// Kinds of our groups that nobody can ask our server for.
const NOT_OURS: [(&str, &str); 20] = [
    ("APIGroup", "discovery is written without a catalog"),
    ("APIVersions", "discovery is written without a catalog"),
    ("CreateOptions", "parts of an address"),
    ("GetOptions", "parts of an address"),
    ("ListOptions", "parts of an address"),
    ("NodeProxyOptions", "parts of an address"),
    ("PatchOptions", "parts of an address"),
    ("PodAttachOptions", "parts of an address"),
    ("PodExecOptions", "parts of an address"),
    ("PodLogOptions", "parts of an address"),
    ("PodPortForwardOptions", "parts of an address"),
    ("PodProxyOptions", "parts of an address"),
    ("ServiceProxyOptions", "parts of an address"),
    ("UpdateOptions", "parts of an address"),
    ("PodStatusResult", "kubelets alone"),
    ("RangeAllocation", "in upstream's store alone"),
    ("SerializedReference", "in upstream's tools alone"),
    ("WatchEvent", "written around objects that are encoded"),
    ("MutatingAdmissionPolicy", "refused"),
    ("MutatingAdmissionPolicyBinding", "refused"),
];

/// Where `scripts/deps.sh` lays them, unless a variable says another place. `scripts/test.sh` sets it: what it names has to be there.
fn fetched() -> Option<PathBuf> {
    if let Some(named) = std::env::var_os("WHARF_KUBE_GOLDENS").map(PathBuf::from) {
        let is_there = named.is_dir();
        assert!(
            is_there,
            "{named:?} is not there: scripts/deps.sh fetches it"
        );
        return Some(named);
    }
    let default = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../.cache/tools/goldens");
    default.is_dir().then_some(default)
}

fn own() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("data/goldens")
}

/// Those of a folder as JSON.
fn of(folder: &Path) -> Vec<PathBuf> {
    let files = std::fs::read_dir(folder).expect("a folder of goldens");
    let mut paths: Vec<_> = files.map(|entry| entry.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|it| it == "json"));
    paths.sort();
    paths
}

pub fn parse(media: MediaType, bytes: &[u8]) -> Value {
    decode(&Catalog::built_in(), media, bytes, None)
        .expect("a golden")
        .value
}

pub fn golden(name: &str) -> Value {
    let text = std::fs::read(own().join(name)).expect("a golden");
    parse(MediaType::Json, &text)
}

fn api_and_kind(object: &Value) -> (&str, &str) {
    let text = |name: &str| object[name].as_str().unwrap_or_default();
    (text("apiVersion"), text("kind"))
}

/// What an object comes to whose fields are those that the catalog has.
fn known(catalog: &Catalog, object: &Value) -> Option<Value> {
    let (api, kind) = api_and_kind(object);
    let schema = catalog.schema(api, kind)?;
    let mut conformed = object.clone();
    conform(schema.root(), &mut conformed).expect("types as upstream has them");
    Some(conformed)
}

/// An object in Go's JSON, which has two spaces a level and no line after it.
fn pretty(object: &Value) -> String {
    serde_json::to_string_pretty(object).expect("JSON")
}

/// Whether the kind is one of ours; its three encodings are read as the same and written as they were.
fn is_same_in_all(catalog: &Catalog, path: &Path) -> bool {
    let text = std::fs::read_to_string(path).expect("a golden");
    let golden = parse(MediaType::Json, text.as_bytes());
    let Some(conformed) = known(catalog, &golden) else {
        return false;
    };
    assert_eq!(pretty(&conformed), text, "{path:?}");

    let bytes = std::fs::read(path.with_extension("pb")).expect("the golden's protobuf");
    assert_eq!(parse(MediaType::Protobuf, &bytes), golden, "{path:?}");
    let encoded = encode(catalog, MediaType::Protobuf, &golden).expect("protobuf");
    assert!(encoded == bytes, "{path:?}: protobuf differs");

    let yaml = encode(catalog, MediaType::Yaml, &golden).expect("YAML");
    assert_eq!(parse(MediaType::Yaml, &yaml), golden, "{path:?}");
    if let Ok(theirs) = std::fs::read_to_string(path.with_extension("yaml")) {
        assert_eq!(
            parse(MediaType::Yaml, theirs.as_bytes()),
            golden,
            "{path:?}"
        );
        assert_eq!(String::from_utf8(yaml).expect("text"), theirs, "{path:?}");
    }
    true
}

#[test]
fn goldens_are_upstreams_in_every_encoding() {
    let catalog = Catalog::built_in();
    let paths = of(&own());
    assert!(paths.len() >= 10);
    for path in paths {
        assert!(
            is_same_in_all(&catalog, &path),
            "{path:?} is no kind of ours"
        );
    }
}

#[test]
fn every_kind_is_upstreams_in_every_encoding() {
    let Some(folder) = fetched() else {
        return println!("no goldens but our own: scripts/deps.sh fetches them");
    };
    let catalog = Catalog::built_in();
    let mut missing: BTreeSet<(String, String)> = KINDS
        .iter()
        .filter(|row| !ELSEWHERE.contains(&row.group))
        .map(|row| (api_version(row.group, row.version), row.kind.to_owned()))
        .collect();
    let groups: BTreeSet<String> = missing.iter().map(|(api, _)| api.clone()).collect();
    let mut unknown = Vec::new();
    for path in of(&folder.join("HEAD")) {
        let head: Value =
            serde_json::from_slice(&std::fs::read(&path).expect("a golden")).expect("JSON");
        let (api, kind) = api_and_kind(&head);
        if is_same_in_all(&catalog, &path) {
            missing.remove(&(api.to_owned(), kind.to_owned()));
        } else if groups.contains(api) && !NOT_OURS.iter().any(|(name, _)| *name == kind) {
            unknown.push(format!("{api} {kind}"));
        }
    }
    assert_eq!(missing, BTreeSet::new(), "kinds without a golden");
    assert_eq!(unknown, Vec::<String>::new(), "neither served nor refused");
}

/// No kind of ours came with a version that clusters are updated to: discovery is the same in each.
#[test]
fn every_kind_is_in_every_version() {
    let Some(folder) = fetched() else {
        return println!("no goldens but our own: scripts/deps.sh fetches them");
    };
    let [_, older @ ..] = Version::ALL;
    for version in older {
        let of = folder.join(format!("v{}.0", version.name()));
        let rows = KINDS.iter();
        for row in rows.filter(|row| !ELSEWHERE.contains(&row.group)) {
            let group = Some(row.group).filter(|it| !it.is_empty());
            let group = group.unwrap_or("core");
            let name = format!("{group}.{}.{}.json", row.version, row.kind);
            assert!(of.join(&name).exists(), "{name} is not of {version:?}");
        }
    }
}

fn api_version(group: &str, version: &str) -> String {
    if group.is_empty() {
        version.to_owned()
    } else {
        format!("{group}/{version}")
    }
}

/// What programs of the releases before send: fields that are no more are left out, as upstream does.
#[test]
fn objects_of_older_releases_come_to_what_upstream_has_them_come_to() {
    let Some(folder) = fetched() else {
        return println!("no goldens but our own: scripts/deps.sh fetches them");
    };
    let catalog = Catalog::built_in();
    let mut checked = 0;
    for release in std::fs::read_dir(folder).expect("a folder") {
        let release = release.expect("an entry").path();
        if release.ends_with("HEAD") {
            continue;
        }
        for path in of(&release) {
            let name = path.file_stem().expect("a name").to_string_lossy();
            if name.ends_with(".after_roundtrip") {
                continue;
            }
            let then = std::fs::read(&path).expect("a golden");
            let Some(read) = known(&catalog, &parse(MediaType::Json, &then)) else {
                continue;
            };
            let bytes = std::fs::read(path.with_extension("pb")).expect("protobuf");
            let sent = parse(MediaType::Protobuf, &bytes);
            let now = |extension: &str| {
                let now = path.with_file_name(format!("{name}.after_roundtrip.{extension}"));
                let is_other = now.exists();
                std::fs::read(if is_other {
                    now
                } else {
                    path.with_extension(extension)
                })
                .expect("a golden")
            };
            let text = String::from_utf8(now("json")).expect("text");
            assert_eq!(pretty(&read), text, "{path:?}");
            assert_eq!(pretty(&sent), text, "{path:?} in protobuf");
            let encoded = encode(&catalog, MediaType::Protobuf, &sent).expect("protobuf");
            assert!(encoded == now("pb"), "{path:?}: protobuf differs");
            checked += 1;
        }
    }
    assert!(checked > 100, "{checked}");
}
