//! `cargo xtask new-service NAME`: from a model to a service that answers, without one operation yet.
//!
//! Writes the row in the server's table, the contract, the crate, and the server's two dependencies;
//! nothing else is shared with other services. The crate is on the kit of services: a table of records, sealed page tokens, the service's own faults, a
//! row of authorisation for each operation, and a test over the testkit. What comes out compiles and
//! passes the walks over all routes: each operation is checked under its own name on `*`, and then
//! answers that it is not supported.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{coverage, generate};

const TABLE: &str = "crates/server/src/services.rs";
/// What follows the last row.
const TABLE_END: &str = "];\n\n/// Every service of the table, built.";

pub fn run(root: &Path, name: &str) -> Result<()> {
    let (crates, service) = (
        root.join("crates/svc").join(name),
        generate::trait_name(root, name)?,
    );
    if crates.exists() || generate::services(root)?.iter().any(|it| it == name) {
        bail!("{name} is there already");
    }
    edit(&root.join(TABLE), |text| with_row(text, name, &service))?;
    generate::write(root)?;
    let operations = generate::operations(root, name)?;
    let (_, operation) = operations.first().context("a service has operations")?;
    for (file, text) in templates(name, &service, operation) {
        let path = crates.join(file);
        fs::create_dir_all(path.parent().context("a crate's file lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let in_server = |kind: &str| format!("wharf-{kind}-{name} = {{ path = \"../{kind}/{name}\" }}");
    edit(&root.join("crates/server/Cargo.toml"), |text| {
        with_line(&with_line(text, &in_server("api"))?, &in_server("svc"))
    })?;
    coverage::write(root)?;
    println!("{name} is there: docs/adding-a-service.md walks through what comes next");
    Ok(())
}

fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    fs::write(path, change(&text)?).with_context(|| format!("writing {}", path.display()))
}

fn with_row(text: &str, name: &str, service: &str) -> Result<String> {
    let ident = name.replace('-', "_");
    let row = format!(
        "    Row {{\n        schema: &wharf_api_{ident}::schema::SERVICE,\n        serve: |it| {{\n            \
         let (store, keyring) = (it.data.store.clone(), it.data.keyring.clone());\n            \
         let service = wharf_svc_{ident}::{service}Service::new(store, keyring);\n            \
         Served::by(wharf_api_{ident}::Routes(Arc::new(service)))\n        }},\n    }},\n"
    );
    if !text.contains(TABLE_END) {
        bail!("{TABLE} does not end its table as this command knows it");
    }
    Ok(text.replacen(TABLE_END, &format!("{row}{TABLE_END}"), 1))
}

/// The manifest with a line more, among those of its first section that begin as it does.
fn with_line(text: &str, line: &str) -> Result<String> {
    let kind = &line[..line
        .find('-')
        .and_then(|at| Some(at + line[at + 1..].find('-')? + 2))
        .context("a crate's name")?];
    let mut lines: Vec<&str> = text.lines().collect();
    let first = lines
        .iter()
        .position(|it| it.starts_with(kind))
        .with_context(|| format!("no line begins with {kind}"))?;
    let before = lines[first..]
        .iter()
        .take_while(|it| it.starts_with(kind) && **it < line);
    lines.insert(first + before.count(), line);
    Ok(lines.join("\n") + "\n")
}

/// The files of the crate, by their paths in it. The templates lie beside this file.
fn templates(name: &str, service: &str, operation: &str) -> [(&'static str, String); 7] {
    let ident = name.replace('-', "_");
    let fill = |template: &str| {
        template
            .replace("{name}", name)
            .replace("{ident}", &ident)
            .replace("{Service}", service)
            .replace("{operation}", operation)
    };
    [
        (
            "Cargo.toml",
            fill(include_str!("new_service/manifest.toml")),
        ),
        ("src/understood.txt", generate::UNDERSTOOD_HEAD.to_owned()),
        ("src/lib.rs", fill(include_str!("new_service/lib.txt"))),
        (
            "src/authorize.rs",
            fill(include_str!("new_service/authorize.txt")),
        ),
        ("src/fault.rs", fill(include_str!("new_service/fault.txt"))),
        (
            "src/service.rs",
            fill(include_str!("new_service/service.txt")),
        ),
        (
            "tests/service.rs",
            fill(include_str!("new_service/test.txt")),
        ),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_comes_last_and_is_read_again() {
        let text = format!("pub static SERVICES: &[Row] = &[\n{TABLE_END}\n");
        let text = with_row(&text, "eks-auth", "EksAuth").unwrap();
        assert!(
            text.contains("wharf_svc_eks_auth::EksAuthService::new(store, keyring)"),
            "{text}"
        );
        assert_eq!(generate::in_table(&text), ["eks-auth"]);
        assert!(with_row("[]", "x", "X").is_err());
    }

    #[test]
    fn lines_of_manifests_stay_in_order() {
        let text = "wharf-api-ecs = 1\nwharf-api-sts = 1\nwharf-base = 1\n[dev-dependencies]\nwharf-api-s3 = 1\n";
        let line = |name: &str| with_line(text, &format!("wharf-api-{name} = 1")).unwrap();
        assert_eq!(
            line("sns"),
            "wharf-api-ecs = 1\nwharf-api-sns = 1\nwharf-api-sts = 1\nwharf-base = 1\n[dev-dependencies]\nwharf-api-s3 = 1\n"
        );
        assert!(line("acm").starts_with("wharf-api-acm"));
        assert!(with_line(text, "wharf-svc-x = 1").is_err());
    }

    #[test]
    fn the_crate_is_named_as_the_model_is() {
        let files = templates("ecr-public", "EcrPublic", "describe_images");
        let of = |file: &str| {
            files
                .iter()
                .find(|(name, _)| *name == file)
                .unwrap()
                .1
                .clone()
        };
        assert!(of("Cargo.toml").contains("name = \"wharf-svc-ecr-public\""));
        assert!(
            of("src/service.rs")
                .contains("wharf_api_ecr_public::operations! {\n    impl EcrPublicService;")
        );
    }
}
