//! `cargo xtask new-service NAME`: from a model to a service that answers, without one operation yet.
//!
//! Writes the row in the server's table, the contract, the crate, and the lines of the manifests. What
//! comes out compiles and passes the walks over all routes: each operation is checked under its own
//! name on `*`, and then answers that it is not supported.

use std::{fs, path::Path};

use anyhow::{Context as _, Result, bail};

use crate::{coverage, generate};

const TABLE: &str = "crates/server/src/services.rs";
/// What follows the last row.
const TABLE_END: &str = "];\n\n/// What services are built from.";

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
    for (file, text) in templates(name, &service) {
        let path = crates.join(file);
        fs::create_dir_all(path.parent().context("a crate's file lies in a folder")?)?;
        fs::write(&path, text).with_context(|| format!("writing {}", path.display()))?;
    }
    let at_home =
        |kind: &str| format!("wharf-{kind}-{name} = {{ path = \"crates/{kind}/{name}\" }}");
    let in_server = |kind: &str| format!("wharf-{kind}-{name}.workspace = true");
    edit(&root.join("Cargo.toml"), |text| {
        with_line(&with_line(text, &at_home("api"))?, &at_home("svc"))
    })?;
    edit(&root.join("crates/server/Cargo.toml"), |text| {
        with_line(&with_line(text, &in_server("api"))?, &in_server("svc"))
    })?;
    coverage::write(root)?;
    println!("{name} is there: docs/adding-an-operation.md says how it gets its first operation");
    Ok(())
}

fn edit(path: &Path, change: impl FnOnce(&str) -> Result<String>) -> Result<()> {
    let text = fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    fs::write(path, change(&text)?).with_context(|| format!("writing {}", path.display()))
}

fn with_row(text: &str, name: &str, service: &str) -> Result<String> {
    let ident = name.replace('-', "_");
    let row = format!(
        "    Row {{\n        schema: &wharf_api_{ident}::schema::SERVICE,\n        serve: |_| \
         Served::by(wharf_api_{ident}::Routes(Arc::new(wharf_svc_{ident}::{service}Service))),\n    }},\n"
    );
    if !text.contains(TABLE_END) {
        bail!("{TABLE} does not end its table as this command knows it");
    }
    Ok(text.replacen(TABLE_END, &format!("{row}{TABLE_END}"), 1))
}

/// The manifest with a line more, among those that begin as it does.
fn with_line(text: &str, line: &str) -> Result<String> {
    let kind = &line[..line
        .find('-')
        .and_then(|at| Some(at + line[at + 1..].find('-')? + 2))
        .context("a crate's name")?];
    let mut lines: Vec<&str> = text.lines().collect();
    let last = lines
        .iter()
        .rposition(|it| it.starts_with(kind) && **it < *line);
    let first = lines.iter().position(|it| it.starts_with(kind));
    let at = last
        .map(|at| at + 1)
        .or(first)
        .with_context(|| format!("no line begins with {kind}"))?;
    lines.insert(at, line);
    Ok(lines.join("\n") + "\n")
}

/// The files of the crate, by their paths in it.
fn templates(name: &str, service: &str) -> [(&'static str, String); 5] {
    let ident = name.replace('-', "_");
    [
        (
            "Cargo.toml",
            format!(
                "[package]\nname = \"wharf-svc-{name}\"\nversion.workspace = true\nedition.workspace = true\n\
                 license.workspace = true\n\n[dependencies]\nwharf-api-{name}.workspace = true\n\
                 wharf-wire.workspace = true\n\n[lints]\nworkspace = true\n"
            ),
        ),
        (
            "src/lib.rs",
            format!(
                "//! The service {name}; its rules are below `ops`.\n\n#![forbid(unsafe_code)]\n\nmod authorize;\n\
                 mod service;\n\npub use service::{service}Service;\n"
            ),
        ),
        ("src/understood.txt", generate::UNDERSTOOD_HEAD.to_owned()),
        (
            "src/authorize.rs",
            format!(
                "//! What each operation does to which resource.\n\nuse wharf_api_{ident}::Input;\nuse wharf_wire::Check;\n\n\
                 /// The rows; an operation without one of its own is checked under its name on `*`.\n\
                 pub(crate) fn checks(input: Input<'_>) -> Vec<Check> {{\n    vec![Check::any(input.action())]\n}}\n"
            ),
        ),
        (
            "src/service.rs",
            format!(
                "//! The service: what it stands on, and one line for each operation.\n\nuse crate::authorize;\n\n\
                 /// Has no state yet.\n#[derive(Debug, Clone)]\npub struct {service}Service;\n\n\
                 /// Which members of requests operations heed.\nstatic UNDERSTOOD: wharf_wire::understood::Understood =\n    \
                 wharf_wire::understood::Understood::new(include_str!(\"understood.txt\"));\n\n\
                 wharf_api_{ident}::operations! {{\n    impl {service}Service;\n    \
                 authorize(self, _cx, input) = Ok(authorize::checks(input));\n    understood = UNDERSTOOD;\n    \
                 run(self, operation, call, input) = operation(self, call, input).await;\n}}\n"
            ),
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
            text.contains("Arc::new(wharf_svc_eks_auth::EksAuthService)"),
            "{text}"
        );
        assert_eq!(generate::in_table(&text), ["eks-auth"]);
        assert!(with_row("[]", "x", "X").is_err());
    }

    #[test]
    fn lines_of_manifests_stay_in_order() {
        let text = "wharf-api-ecs = 1\nwharf-api-sts = 1\nwharf-base = 1\n";
        let line = |name: &str| with_line(text, &format!("wharf-api-{name} = 1")).unwrap();
        assert_eq!(
            line("sns"),
            "wharf-api-ecs = 1\nwharf-api-sns = 1\nwharf-api-sts = 1\nwharf-base = 1\n"
        );
        assert!(line("acm").starts_with("wharf-api-acm"));
        assert!(with_line(text, "wharf-svc-x = 1").is_err());
    }

    #[test]
    fn the_crate_is_named_as_the_model_is() {
        let files = templates("ecr-public", "EcrPublic");
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
