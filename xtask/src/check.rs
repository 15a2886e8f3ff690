//! Facts about the repository that no compiler checks.

mod arrows;
mod loops;
mod members;
mod sources;
mod walkthrough;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
    process::Command,
};

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use crate::{coverage, generate, reference};

/// Licences a dependency may come under; one of an `OR` is enough, all of an `AND` are needed.
const ALLOWED: [&str; 15] = [
    "0BSD",
    "BSL-1.0",
    "Apache-2.0",
    "Apache-2.0 WITH LLVM-exception",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "CC0-1.0",
    "CDLA-Permissive-2.0",
    "ISC",
    "MIT",
    "MPL-2.0",
    "NCSA",
    "Unicode-3.0",
    "Unlicense",
    "Zlib",
];

/// Crates whose manifest names no licence but whose licence file was read: name and what it is.
const READ: [(&str, &str); 0] = [];

/// Crates that were replaced and must not come back, with what took their place.
const REPLACED: [(&str, &str); 3] = [
    ("libcontainer", "the shim's own making of containers"),
    (
        "rsa",
        "wharf-rsa, aws-lc-rs and ring: what it does with a private key takes a time that depends on the key \
         (RUSTSEC-2023-0071)",
    ),
    ("rustls-pemfile", "rustls's own `pki_types::pem`"),
];

/// How many crates are built in a further incompatible version, on Linux. Each costs build time and
/// is one more to watch for advisories; the number may only fall. (It rose once, by three: ratatui wants other
/// versions of `itertools` and `strum` than what reads OCI's documents.)
const DUPLICATES: usize = 20;

pub fn run(root: &Path) -> Result<()> {
    let mut problems = Vec::new();
    let metadata = metadata(root)?;
    generated(root, &mut problems)?;
    licences(&metadata, &mut problems)?;
    cryptography(&metadata, &mut problems)?;
    duplicates(&metadata, &mut problems)?;
    replaced(&metadata, &mut problems)?;
    structure(root, &metadata, &mut problems)?;
    contracts(root, &mut problems)?;
    problems.extend(walkthrough::check(root)?);
    problems.extend(generate::unheard(root)?);
    problems.extend(members::check(root)?);
    problems.extend(reference::check(root)?);
    for problem in &problems {
        eprintln!("{problem}");
    }
    if !problems.is_empty() {
        bail!("{} problems", problems.len());
    }
    println!(
        "generated files, licences, duplicates, replaced crates, arrows, unsafe code, permits and loops of tries are in order"
    );
    Ok(())
}

fn generated(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let mut files = generate::render(root)?;
    files.insert(root.join("docs/coverage.md"), coverage::render(root)?);
    for (path, text) in files {
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            let name = path.strip_prefix(root)?.display();
            problems.push(format!(
                "{name} is not what the generator writes: run `cargo xtask generate coverage`"
            ));
        }
    }
    Ok(())
}

fn metadata(root: &Path) -> Result<Value> {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root)
        .output()
        .context("starting cargo metadata")?;
    if !output.status.success() {
        bail!(
            "cargo metadata: {}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(serde_json::from_slice(&output.stdout)?)
}

fn licences(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    for package in metadata["packages"].as_array().context("packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let licence = package["license"].as_str().unwrap_or_default();
        let read = READ.iter().any(|(known, _)| *known == name);
        let known = permissive(licence) || (licence.is_empty() && read);
        if !known {
            problems.push(format!("{name} comes under `{licence}`"));
        }
    }
    Ok(())
}

/// aws-lc is there for what ring cannot do: the private operations of KMS's keys, SAML's assertions that come
/// encrypted (the tests of STS encrypt some), signatures of images on the curve P-521, and making RSA keys: those
/// of EC2's key pairs, those that sign tokens of Kubernetes' service accounts, and those of certificates and of
/// SNS' messages, which `wharf-rsa` makes and signs with; TLS is ring's. Its C library is called past aws-lc-rs by
/// that crate, by `wharf-edwards`, which has Ed25519ph, and by `wharf-md5`, whose MD5 is faster than that of others, alone.
fn cryptography(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    const MAY: [&str; 10] = [
        "aws-lc-rs",
        "wharf-edwards",
        "wharf-kube-auth",
        "wharf-md5",
        "wharf-rsa",
        "wharf-signature",
        "wharf-svc-ec2",
        "wharf-svc-iam",
        "wharf-svc-kms",
        "wharf-svc-sts",
    ];
    const PAST: [&str; 4] = ["aws-lc-rs", "wharf-edwards", "wharf-md5", "wharf-rsa"];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let packages = metadata["packages"].as_array().context("packages")?;
    let names: BTreeMap<String, String> = packages
        .iter()
        .map(|package| (text(&package["id"]), text(&package["name"])))
        .collect();
    let name = |id: &Value| names.get(&text(id)).map_or("", String::as_str);
    for node in metadata["resolve"]["nodes"].as_array().context("nodes")? {
        let user = name(&node["id"]);
        let used = node["dependencies"].as_array().into_iter().flatten();
        for used in used.map(name).filter(|it| it.starts_with("aws-lc")) {
            if !MAY.contains(&user) {
                problems.push(format!("{user} uses {used}: use ring"));
            } else if used == "aws-lc-sys" && !PAST.contains(&user) {
                problems.push(format!("{user} uses {used}: use aws-lc-rs"));
            }
        }
    }
    Ok(())
}

fn replaced(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    for package in metadata["packages"].as_array().context("packages")? {
        let name = package["name"].as_str().unwrap_or_default();
        let replaced = REPLACED.iter().find(|(known, _)| *known == name);
        if let Some((_, by)) = replaced {
            problems.push(format!("{name} is back; it was replaced by {by}"));
        }
    }
    Ok(())
}

fn duplicates(metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for package in metadata["packages"].as_array().context("packages")? {
        let name = package["name"].as_str().context("a package's name")?;
        let version = package["version"].as_str().context("a package's version")?;
        versions
            .entry(name)
            .or_default()
            .insert(compatible(version));
    }
    versions.retain(|_, versions| versions.len() > 1);
    let found = versions.values().map(|versions| versions.len() - 1).sum();
    if DUPLICATES < found {
        problems.push(format!(
            "{found} crates come in a further version, {DUPLICATES} are allowed: {versions:?}"
        ));
    } else if found < DUPLICATES {
        problems.push(format!(
            "{found} crates come in a further version: lower DUPLICATES in xtask/src/check.rs to that"
        ));
    }
    Ok(())
}

/// The part of a version that says what it is compatible with.
fn compatible(version: &str) -> &str {
    let minor = version.strip_prefix("0.").map(|rest| (2, rest));
    let patch = minor
        .and_then(|(_, rest)| rest.strip_prefix("0."))
        .map(|rest| (4, rest));
    let (before, rest) = patch.or(minor).unwrap_or((0, version));
    let length = rest.find(['.', '-', '+']).unwrap_or(rest.len());
    &version[..before + length]
}

fn permissive(expression: &str) -> bool {
    let expression = expression.replace('/', " OR ").replace(['(', ')'], "");
    expression
        .split(" AND ")
        .all(|all| all.split(" OR ").any(|one| ALLOWED.contains(&one.trim())))
}

/// Arrows between crates, and what sources say.
fn structure(root: &Path, metadata: &Value, problems: &mut Vec<String>) -> Result<()> {
    let crates = arrows::of(metadata, root)?;
    problems.extend(arrows::check(&crates));
    for (folder, _) in &crates {
        let source = root.join("crates").join(folder).join("src");
        let roots = ["lib.rs", "main.rs"].map(|name| source.join(name));
        let Some(path) = roots.iter().find(|path| path.exists()) else {
            bail!("crates/{folder} has neither lib.rs nor main.rs");
        };
        let text = fs::read_to_string(path)?;
        problems.extend(sources::check_root(folder, &text));
    }
    let controllers = sources::controllers(metadata, |path| arrows::folder(path, root));
    let mut unused = controllers.clone();
    let mut files = BTreeSet::new();
    rust_files(&root.join("crates"), &mut files)?;
    let mut texts = Vec::new();
    for path in files {
        let name = path.strip_prefix(root.join("crates"))?;
        let text = fs::read_to_string(&path)?;
        let name = name.to_string_lossy().into_owned();
        problems.extend(sources::check(&name, &text, &controllers, &mut unused));
        problems.extend(sources::check_stored(&name, &text));
        texts.push((name, text));
    }
    let texts = texts
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    problems.extend(loops::check(texts.clone()));
    problems.extend(sources::check_sealed(texts));
    problems.extend(unused.into_iter().map(|(name, file)| {
        format!(
            "crates/{file} does not write as the controller {name}: take it out of the manifest"
        )
    }));
    Ok(())
}

/// Each contract belongs to a row of the server's table.
fn contracts(root: &Path, problems: &mut Vec<String>) -> Result<()> {
    let listed = generate::services(root)?;
    for entry in fs::read_dir(root.join("crates/api"))? {
        let name = entry?.file_name().to_string_lossy().into_owned();
        if !listed.contains(&name) {
            problems.push(format!(
                "crates/api/{name} has no row in crates/server/src/services.rs"
            ));
        }
    }
    Ok(())
}

fn rust_files(folder: &Path, found: &mut BTreeSet<std::path::PathBuf>) -> Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            rust_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.insert(path);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{compatible, permissive, replaced};

    #[test]
    fn versions_that_are_compatible() {
        for (version, expected) in [
            ("1.2.3", "1"),
            ("0.31.3", "0.31"),
            ("0.0.7", "0.0.7"),
            ("2.0.0-rc.1", "2"),
        ] {
            assert_eq!(compatible(version), expected);
        }
    }

    #[test]
    fn replaced_crates_are_refused_by_name() {
        let of = |name: &str| {
            let mut problems = Vec::new();
            replaced(&json!({"packages": [{"name": name}]}), &mut problems).unwrap();
            problems
        };
        assert!(of("rustls-pki-types").is_empty());
        assert_eq!(of("libcontainer").len(), 1);
        assert!(of("rustls-pemfile")[0].contains("pki_types::pem"));
        assert!(of("rsa")[0].contains("wharf-rsa"));
        assert!(of("wharf-rsa").is_empty());
    }

    #[test]
    fn licence_expressions() {
        for good in [
            "MIT",
            "MIT OR Apache-2.0",
            "MIT/Apache-2.0",
            "(MIT OR GPL-3.0) AND Unicode-3.0",
            "MPL-2.0 OR LGPL-3.0-or-later",
        ] {
            assert!(permissive(good), "{good}");
        }
        for bad in [
            "",
            "GPL-3.0",
            "MIT AND GPL-2.0",
            "LGPL-3.0-or-later",
            "BUSL-1.1",
        ] {
            assert!(!permissive(bad), "{bad}");
        }
    }
}
