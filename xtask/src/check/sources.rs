//! What sources may say: who makes permits, under which names, whose locks they take, and which crates may
//! be unsafe.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

/// Crates below `crates/` that talk to the kernel, or, `edwards`, `md5` and `rsa`, to the C library of cryptography, and need
/// `unsafe` for it; each of its sites says why it is sound. All others forbid it.
pub const UNSAFE: [&str; 21] = [
    "blobs",
    "cli",
    "edwards",
    "md5",
    "plane/agent",
    "plane/cgroup",
    "plane/container",
    "plane/file-server",
    "plane/guest",
    "plane/instance-init",
    "plane/lazy-layer",
    "plane/lb",
    "plane/network",
    "plane/programs",
    "plane/sealed-file",
    "plane/shared-files",
    "plane/shim",
    "plane/spares",
    "plane/userns",
    "rsa",
    "server",
];

/// Who writes to the store without a caller that IAM let in: the name in the permit, and the file below
/// `crates/`. Each crate's manifest says so of its own, under `[package.metadata.controllers]`.
pub type Controllers = BTreeSet<(String, String)>;

/// Those of the crates of `cargo metadata`; `folder` is where a manifest's crate lies below `crates/`.
pub fn controllers(metadata: &Value, folder: impl Fn(&str) -> Option<String>) -> Controllers {
    let mut found = Controllers::new();
    for package in metadata["packages"].as_array().into_iter().flatten() {
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let Some(folder) = manifest.strip_suffix("/Cargo.toml").and_then(&folder) else {
            continue;
        };
        let listed = package["metadata"]["controllers"].as_object();
        for (name, files) in listed.into_iter().flatten() {
            let files = files
                .as_array()
                .map_or(std::slice::from_ref(files), Vec::as_slice);
            for file in files.iter().filter_map(Value::as_str) {
                found.insert((name.clone(), format!("{folder}/{file}")));
            }
        }
    }
    found
}

/// A lock of the standard library: one that a panic poisons. All of ours are those of `parking_lot`.
fn has_std_lock(text: &str) -> bool {
    let names = ["Mutex", "RwLock", "Condvar", "PoisonError"];
    let is_lock = |name: &str| {
        let name = name.trim_start();
        names.iter().any(|lock| name.starts_with(lock))
    };
    // `std::sync::X`, `std::sync::{…}`, and `sync::{…}` within `use std::{…}`.
    let whole = text.split("std::sync::").skip(1).map(str::to_owned);
    let within = text.split("use std::{").skip(1).filter_map(|rest| {
        let rest = rest.split(';').next()?;
        rest.split_once("sync::").map(|(_, names)| names.to_owned())
    });
    whole.chain(within).any(|rest| {
        let Some(list) = rest.strip_prefix('{') else {
            return is_lock(&rest);
        };
        let list = list.split('}').next().unwrap_or(list);
        list.split(',').any(is_lock)
    })
}

/// The crate whose documentation has examples that run.
const RUNNING_DOCS: &str = "store/";

fn has_running_docs(text: &str) -> bool {
    let mut is_within = false;
    text.lines().any(|line| {
        let line = line.trim_start();
        let doc = line
            .strip_prefix("///")
            .or_else(|| line.strip_prefix("//!"));
        let Some(kind) = doc.and_then(|it| it.trim_start().strip_prefix("```")) else {
            return false;
        };
        is_within = !is_within;
        is_within && !["text", "ignore"].contains(&kind)
    })
}

const MAKES: &str = "Permit::for_controller(";

/// What is wrong with one source; `name` is its path below `crates/`. The controllers that it writes as
/// are taken out of `unused`.
pub fn check(
    name: &str,
    text: &str,
    controllers: &Controllers,
    unused: &mut Controllers,
) -> Vec<String> {
    let mut problems = Vec::new();
    if text.contains("Permit::after_authorization(") && name != "wire/src/call.rs" {
        problems.push(format!(
            "crates/{name} makes a caller's permit; only the dispatcher may"
        ));
    }
    if name.contains("/src/") && !name.starts_with(RUNNING_DOCS) && has_running_docs(text) {
        problems.push(format!(
            "crates/{name} has an example in its documentation that `make test` does not run: mark it `text`, or add the \
             crate to scripts/test.sh"
        ));
    }
    if name.contains("/src/") && has_std_lock(text) {
        problems.push(format!(
            "crates/{name} has a lock of std::sync; those of parking_lot are ours"
        ));
    }
    if is_test(name) || name.starts_with("base/") {
        return problems;
    }
    for made in shipped(text).split(MAKES).skip(1) {
        let controller = made.trim_start().strip_prefix('"');
        let controller = controller.and_then(|it| it.split_once('"')).map(|it| it.0);
        let writer = controller.map(|it| (it.to_owned(), name.to_owned()));
        if let Some(writer) = writer.filter(|it| controllers.contains(it)) {
            unused.remove(&writer);
            continue;
        }
        problems.push(format!(
            "crates/{name} writes as the controller {}: if no caller can stand behind the write, name it \
             with its file under [package.metadata.controllers] in the crate's manifest",
            controller.unwrap_or("without a name")
        ));
    }
    problems
}

/// Members of records of a service that are sealed under the keyring, and are not among those that its
/// rotation seals anew, `SEALING` in its `sealed.rs`; `crates/svc/NAME/src/…` and texts of its sources.
pub fn check_sealed<'a>(sources: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<String> {
    let mut members = BTreeSet::new();
    let mut named = BTreeMap::new();
    for (name, text) in sources {
        let Some((service, file)) = name
            .strip_prefix("svc/")
            .and_then(|it| it.split_once("/src/"))
        else {
            continue;
        };
        if file == "sealed.rs" {
            named.insert(service, text);
        }
        let fields = shipped(text).lines().filter_map(sealed_field);
        members.extend(fields.map(|field| (service, field)));
    }
    let is_named = |(service, field): &(&str, &str)| {
        let listed = named.get(service);
        listed.is_some_and(|text| text.contains(&format!("\"{field}\"")))
    };
    let forgotten = members.into_iter().filter(|it| !is_named(it));
    let problem = |(service, field)| {
        format!(
            "crates/svc/{service} stores {field} sealed, and crates/svc/{service}/src/sealed.rs does not \
             name it: it would be lost with the key"
        )
    };
    forgotten.map(problem).collect()
}

/// The field that a line declares, if it holds what `wharf_seal::Sealed` is.
fn sealed_field(line: &str) -> Option<&str> {
    let line = line.trim().strip_suffix(',')?;
    let line = line.strip_prefix("pub ").unwrap_or(line);
    let (field, kind) = line.split_once(": ")?;
    ["Sealed", "Option<Sealed>", "Vec<Sealed>"]
        .contains(&kind)
        .then_some(field)
}

/// Where records are declared, below `crates/`.
const STORING: [&str; 4] = ["hosts/", "kube/", "records/", "svc/"];

/// Fields of what is stored that are of types of the plane stream: a change of the protocol would change records that
/// are on disks.
pub fn check_stored(name: &str, text: &str) -> Vec<String> {
    if is_test(name) || !STORING.iter().any(|it| name.starts_with(it)) {
        return Vec::new();
    }
    let text = shipped(text);
    let planes = plane_names(text);
    let declared = text.split("#[derive(").skip(1);
    let stored = declared.filter_map(|it| {
        let (derived, item) = it.split_once(")]")?;
        derived.contains("Serialize").then(|| fields(item))
    });
    let mut problems = Vec::new();
    for (line, kind) in stored.flatten() {
        let mut words = kind.split(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        if words.any(|it| planes.contains(it)) {
            problems.push(format!(
                "crates/{name} stores a type of wharf-planeproto in `{line}`: give the record a type of its own"
            ));
        }
    }
    problems
}

/// What of `wharf_planeproto` a source names, by the names that it has there.
fn plane_names(text: &str) -> BTreeSet<&str> {
    let mut names = BTreeSet::from(["wharf_planeproto"]);
    let last = |path: &str| path.rfind("::").map_or(0, |at| at + 2);
    for tree in text.split("use wharf_planeproto").skip(1) {
        let tree = tree.split(';').next().unwrap_or_default();
        let mut module = "";
        for leaf in tree.split(['{', '}', ',']).map(str::trim) {
            let name = match (leaf, leaf.rsplit_once(" as ")) {
                (_, Some((_, name))) => name,
                ("self", None) => module,
                _ => &leaf[last(leaf)..],
            };
            if let Some(path) = leaf.strip_suffix("::") {
                module = &path[last(path)..];
            }
            if !name.is_empty() {
                names.insert(name);
            }
        }
    }
    names
}

/// The lines that declare fields of an item behind its `derive`, each with what follows the field's name.
fn fields(item: &str) -> Vec<(&str, &str)> {
    let end = match (item.find('{'), item.find(';')) {
        (open, Some(end)) if open.is_none_or(|it| end < it) => end,
        _ => item.find("\n}").unwrap_or(item.len()),
    };
    let lines = item[..end].lines().map(str::trim);
    let lines = lines.filter(|it| !it.starts_with("//") && !it.starts_with('#'));
    let declared = lines.filter_map(|line| {
        let named = line.split_once(": ");
        let (_, kind) = named.or_else(|| line.split_once('('))?;
        Some((line, kind))
    });
    declared.collect()
}

/// Whether a crate's root forbids `unsafe`, unless it is one of [`UNSAFE`].
pub fn check_root(folder: &str, text: &str) -> Option<String> {
    let forbids = text.contains("#![forbid(unsafe_code)]");
    match (UNSAFE.contains(&folder), forbids) {
        (false, false) => Some(format!(
            "crates/{folder} does not say #![forbid(unsafe_code)], and is not in UNSAFE"
        )),
        (true, true) => Some(format!(
            "crates/{folder} forbids unsafe code: remove it from UNSAFE"
        )),
        _ => None,
    }
}

/// The text before a file's own tests.
pub fn shipped(text: &str) -> &str {
    text.split("#[cfg(test)]\nmod tests {")
        .next()
        .unwrap_or(text)
}

pub fn is_test(name: &str) -> bool {
    let mut parts = Path::new(name).components().map(|it| it.as_os_str());
    parts.any(|it| {
        ["tests", "benches", "examples", "tests.rs"]
            .iter()
            .any(|test| it == *test)
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{check as check_all, *};

    /// The problems of a source where `keys` is a controller in one file.
    fn check(name: &str, text: &str) -> Vec<String> {
        let known = Controllers::from([("keys".to_owned(), "server/src/keys.rs".to_owned())]);
        check_all(name, text, &known, &mut known.clone())
    }

    #[test]
    fn manifests_name_controllers_with_one_file_or_several() {
        let metadata = json!({"packages": [
            {"manifest_path": "/r/crates/server/Cargo.toml", "metadata": {"controllers": {
                "keys": "src/keys.rs", "maintenance": ["src/images.rs", "src/start.rs"],
            }}},
            {"manifest_path": "/r/crates/wire/Cargo.toml", "metadata": null},
            {"manifest_path": "/elsewhere/Cargo.toml", "metadata": {"controllers": {"x": "y.rs"}}},
        ]});
        let folder = |path: &str| Some(path.strip_prefix("/r/crates/")?.to_owned());
        let found = controllers(&metadata, folder);
        let found: Vec<_> = found
            .iter()
            .map(|(name, file)| format!("{name} {file}"))
            .collect();
        assert_eq!(
            found,
            [
                "keys server/src/keys.rs",
                "maintenance server/src/images.rs",
                "maintenance server/src/start.rs",
            ]
        );
    }

    #[test]
    fn a_controller_that_writes_nothing_is_left_over() {
        let text = "const P: Permit = Permit::for_controller(\"keys\");";
        let known = Controllers::from([("keys".to_owned(), "server/src/keys.rs".to_owned())]);
        let mut unused = known.clone();
        assert!(check_all("server/src/keys.rs", text, &known, &mut unused).is_empty());
        assert!(unused.is_empty());
    }

    #[test]
    fn controllers_are_known_by_name_and_file() {
        let text = "const P: Permit = Permit::for_controller(\"keys\");";
        assert_eq!(check("server/src/keys.rs", text), Vec::<String>::new());
        assert_eq!(check("server/src/other.rs", text).len(), 1);
        assert_eq!(
            check("server/src/keys.rs", &text.replace("keys", "x")).len(),
            1
        );
        assert_eq!(
            check("server/src/keys.rs", "Permit::for_controller(NAME)").len(),
            1
        );
        assert!(check("svc/ecs/tests/it/harness.rs", text).is_empty());
        let own_tests = format!("#[cfg(test)]\nmod tests {{\n{text}\n}}\n");
        assert!(check("server/src/other.rs", &own_tests).is_empty());
    }

    #[test]
    fn examples_that_nobody_runs_are_found() {
        for (text, runs) in [
            ("/// ```\n/// assert!(true);\n/// ```\n", true),
            ("    //! ```no_run\n    //! ```\n", true),
            ("/// ```text\n/// a\n/// ```\n", false),
            ("/// ```ignore\n/// ```\n// ```\n", false),
            ("let it = \"```\";\n", false),
        ] {
            assert_eq!(has_running_docs(text), runs, "{text}");
        }
    }

    #[test]
    fn locks_are_those_of_parking_lot() {
        for text in [
            "use std::sync::Mutex;",
            "use std::sync::{Arc, RwLock};",
            "use std::sync::{\n    Arc,\n    PoisonError,\n};",
            "use std::{\n    fmt::Write,\n    sync::{Arc, Mutex},\n};",
            "use std::{fmt, sync::Condvar};",
            "struct X(std::sync::Mutex<u8>);",
        ] {
            assert_eq!(check("svc/ecs/src/core.rs", text).len(), 1, "{text}");
            assert!(check("svc/ecs/tests/it/main.rs", text).is_empty());
        }
        for text in [
            "use std::sync::{Arc, atomic::AtomicBool};",
            "use std::{fmt, sync::Arc};\nuse parking_lot::Mutex;",
            "use tokio::sync::{Mutex, RwLock};",
        ] {
            assert!(check("svc/ecs/src/core.rs", text).is_empty(), "{text}");
        }
    }

    #[test]
    fn what_is_stored_sealed_is_named() {
        let record = "pub struct Pack {\n    pub sealed: Sealed,\n    before: Vec<Sealed>,\n}\n";
        let names = "Secrets::new(\"pack\", &[\"sealed\"], …)";
        let check = |named: &str| {
            let sources = [
                ("svc/s3/src/records.rs", record),
                ("svc/s3/src/sealed.rs", named),
            ];
            check_sealed(sources.into_iter())
        };
        assert_eq!(check("").len(), 2);
        assert_eq!(check(names).len(), 1);
        assert!(check(&names.replace("…", "&[\"before\"]")).is_empty());
        // A message of a queue has a form of its own.
        let other = [("svc/kms/src/x.rs", "    sealed: encrypt::Sealed,\n")];
        assert!(check_sealed(other.into_iter()).is_empty());
    }

    #[test]
    fn what_is_stored_is_of_no_type_of_the_plane_stream() {
        let with = |imported: &str, field: &str| {
            let declared =
                "#[derive(Debug, Serialize, Deserialize)]\n#[serde(default)]\npub struct Log";
            let text = format!(
                "use wharf_planeproto::{imported};\n\n/// A log; of a place.\n{declared} {{\n    {field},\n}}\n\nfn to(it: Place) {{}}\n"
            );
            check_stored("svc/elbv2/src/records/balancer.rs", &text).len()
        };
        for (imported, field) in [
            ("logs::Place", "pub place: Place"),
            ("logs::{Kind, Place as LogPlace}", "places: Vec<LogPlace>"),
            ("logs as plane", "place: Option<plane::Place>"),
            ("{logs::{self, Kind}, report}", "place: logs::Place"),
            ("{logs::{self, Kind}, report}", "state: report::State"),
            ("MAX", "place: wharf_planeproto::logs::Place"),
        ] {
            assert_eq!(with(imported, field), 1, "{imported} {field}");
        }
        for (imported, field) in [
            ("logs::{Kind, Place as LogPlace}", "pub place: Place"),
            ("logs::Place", "pub places: Vec<FormerPlace>"),
            ("logs::Place", "// place: Place"),
        ] {
            assert_eq!(with(imported, field), 0, "{imported} {field}");
        }
        let report =
            "use wharf_planeproto::logs::Place;\n#[derive(Serialize)]\nstruct Moved(Place);\n";
        assert_eq!(check_stored("svc/ec2/src/moved.rs", report).len(), 1);
        assert!(check_stored("plane/agent/src/moved.rs", report).is_empty());
        let passing = report.replace("Serialize", "Clone");
        assert!(check_stored("svc/ec2/src/moved.rs", &passing).is_empty());
    }

    #[test]
    fn permits_of_callers_are_the_dispatchers() {
        let text = "Permit::after_authorization()";
        assert_eq!(check("svc/ecs/src/core.rs", text).len(), 1);
        assert!(check("wire/src/call.rs", text).is_empty());
    }

    #[test]
    fn unsafe_is_forbidden_outside_the_list() {
        assert!(check_root("wire", "//! Wire.\n").is_some());
        assert!(check_root("wire", "//! Wire.\n#![forbid(unsafe_code)]\n").is_none());
        assert!(check_root("plane/shim", "//! Shim.\n").is_none());
        assert!(check_root("plane/shim", "#![forbid(unsafe_code)]").is_some());
    }
}
