//! What sources may say: who makes permits, under which names, whose locks they take, and which crates may
//! be unsafe.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use serde_json::Value;

/// Crates below `crates/` that talk to the kernel, or, `rsa`, to the C library of cryptography, and need `unsafe` for
/// it; each of its sites says why it is sound. All others forbid it.
pub const UNSAFE: [&str; 18] = [
    "blobs",
    "cli",
    "plane/agent",
    "plane/cgroup",
    "plane/container",
    "plane/file-server",
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
