//! Writes one contract crate per service: types, schema, faults, trait, routes, client.
//!
//! The output is checked in; `cargo xtask check` fails when generating would change it.

mod model;
mod names;
mod operations;
mod schema;
mod service;
mod types;
mod understood;

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, bail};

use model::Model;
pub use names::field;
pub use understood::{HEAD as UNDERSTOOD_HEAD, unheard};

/// Where services are listed.
const TABLE: &str = "crates/server/src/services.rs";

/// The services that the server's table has, sorted.
pub fn services(root: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(root.join(TABLE)).context(TABLE)?;
    let found = in_table(&text);
    if found.is_empty() {
        bail!("{TABLE} has no rows of the form `schema: &wharf_api_NAME::schema::SERVICE`");
    }
    Ok(found)
}

pub fn in_table(text: &str) -> Vec<String> {
    let rows = text.lines().filter_map(|line| {
        let row = line.trim().strip_prefix("schema: &wharf_api_")?;
        let name = row.strip_suffix("::schema::SERVICE,")?;
        Some(name.replace('_', "-"))
    });
    let mut names: Vec<String> = rows.collect();
    names.sort();
    names
}

/// First line of every generated file.
const MARK: &str = "// Written by `cargo xtask generate` from models/. Do not edit.\n";

pub fn write(root: &Path) -> Result<()> {
    for (path, text) in render(root)? {
        let folder = path.parent().expect("generated files lie in folders");
        fs::create_dir_all(folder)?;
        if fs::read_to_string(&path).ok().as_deref() != Some(text.as_str()) {
            fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
            println!("wrote {}", path.strip_prefix(root)?.display());
        }
    }
    Ok(())
}

/// Every generated file with its content.
pub fn render(root: &Path) -> Result<BTreeMap<PathBuf, String>> {
    let mut files = BTreeMap::new();
    for service in &services(root)? {
        let path = root.join("models").join(format!("{service}.json"));
        let model = Model::read(&path).with_context(|| format!("reading {}", path.display()))?;
        let folder = root.join("crates/api").join(service);
        let source = folder.join("src");
        files.insert(folder.join("Cargo.toml"), manifest(service));
        for (name, text) in contract(&model)? {
            let text = format!("{MARK}{text}");
            // The tables stay one line a shape: the formatter would make forty of it.
            let text = if name == "schema.rs" {
                text
            } else {
                format(&text)?
            };
            files.insert(source.join(name), text);
        }
    }
    understood::render(root, &mut files)?;
    Ok(files)
}

/// The files of a contract crate, not yet formatted.
fn contract(model: &Model) -> Result<[(&'static str, String); 6]> {
    Ok([
        ("lib.rs", library(model)),
        ("types.rs", types::render(model)?),
        ("schema.rs", schema::render(model.schema)),
        ("faults.rs", types::render_faults(model)),
        ("service.rs", service::render(model)),
        ("operations.rs", operations::render(model)),
    ])
}

fn manifest(service: &str) -> String {
    format!(
        "# Written by `cargo xtask generate` from models/. Do not edit.\n[package]\nname = \"wharf-api-{service}\"\n\
         version.workspace = true\nedition.workspace = true\nlicense.workspace = true\n\n\
         [lib]\ndoctest = false\ntest = false\n\n[dependencies]\nwharf-wire.workspace = true\n"
    )
}

fn library(model: &Model) -> String {
    format!(
        "//! Contract of {} ({}): types, schema, faults, the trait `{}`, its routes and client.\n\
         #![allow(clippy::all)]\n#![forbid(unsafe_code)]\n\
         pub mod faults;\npub mod operations;\n#[rustfmt::skip]\npub mod schema;\npub mod service;\npub mod types;\n\n\
         pub use service::{{Client, Input, Routes, {}}};\npub use types::*;\n#[doc(hidden)]\npub use wharf_wire as wire;\n",
        model.full_name,
        model.api_version,
        model.trait_name(),
        model.trait_name(),
    )
}

fn format(text: &str) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args([
            "--edition",
            "2024",
            "--config",
            "max_width=100",
            "--emit",
            "stdout",
        ])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .context("starting rustfmt")?;
    let mut input = rustfmt.stdin.take().expect("stdin is a pipe");
    let text = text.to_owned();
    let feeder = std::thread::spawn(move || input.write_all(text.as_bytes()));
    let output = rustfmt.wait_with_output()?;
    feeder.join().expect("the feeder does not panic")?;
    if !output.status.success() {
        bail!("rustfmt refused a generated file");
    }
    Ok(String::from_utf8(output.stdout)?)
}

/// The trait that the contract of a model will have.
pub fn trait_name(root: &Path, service: &str) -> Result<String> {
    let path = root.join("models").join(format!("{service}.json"));
    let model = Model::read(&path).with_context(|| format!("reading {}", path.display()))?;
    Ok(model.trait_name())
}

/// The operations of a service: the model's name and the trait's function.
pub fn operations(root: &Path, service: &str) -> Result<Vec<(String, String)>> {
    let model = Model::read(&root.join("models").join(format!("{service}.json")))?;
    Ok(model
        .operations
        .into_iter()
        .map(|it| (it.name.clone(), names::snake(&it.name)))
        .collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn services_are_the_rows_of_the_table() {
        let text = "    Row {\n        schema: &wharf_api_sts::schema::SERVICE,\n    },\n    \
                    Row {\n        schema: &wharf_api_eks_auth::schema::SERVICE,\n";
        assert_eq!(in_table(text), ["eks-auth", "sts"]);
    }

    /// Services without a contract crate will get one.
    #[test]
    fn a_contract_can_be_made_of_every_model() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut names = Vec::new();
        for entry in fs::read_dir(root.join("models")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_some_and(|it| it == "json") {
                let model = Model::read(&path).unwrap();
                let files = contract(&model).unwrap_or_else(|e| panic!("{}: {e}", model.name));
                assert_eq!(files.len(), 6);
                names.push(model.trait_name());
            }
        }
        names.sort();
        for name in ["ApplicationAutoscaling", "EcrPublic", "EksAuth", "Ecs"] {
            assert!(names.iter().any(|it| it == name), "{names:?}");
        }
    }
}
