//! The lists of members that services understand, `crates/svc/NAME/src/understood.txt`: completed for new
//! operations, held to the models, and shown in docs/known-differences.md.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, bail};
use wharf_wire::{
    schema::{Kind, ServiceSchema, ShapeIndex},
    understood::{Line, Rule, lines},
};

use super::{model::Model, names::snake, services};
use crate::coverage;

const DIFFERENCES: &str = "docs/known-differences.md";
const BEGIN: &str = "<!-- What follows is written by `cargo xtask generate`. -->\n";
/// How a list begins.
pub const HEAD: &str = "# What operations do with the members of their requests; docs/adding-an-operation.md has the form.\n\
                        code UnsupportedOperation\n";

/// A service's list, and what of the model it is about.
struct List {
    service: String,
    schema: &'static ServiceSchema,
    path: PathBuf,
    text: &'static str,
    /// The attributes and settings that it has, in the same form.
    settings: &'static str,
}

/// The rules of structures' members, by their names.
type Rows = BTreeMap<&'static str, BTreeMap<&'static str, Rule>>;

/// The lists and the page as they should be.
pub fn render(root: &Path, files: &mut BTreeMap<PathBuf, String>) -> Result<()> {
    let mut all = Vec::new();
    for service in services(root)? {
        let folder = root.join("crates/svc").join(&service).join("src");
        if !folder.is_dir() {
            // The installation's own API is the server's.
            continue;
        }
        let model = Model::read(&root.join("models").join(format!("{service}.json")))?;
        let path = folder.join("understood.txt");
        let text = fs::read_to_string(&path).unwrap_or_else(|_| HEAD.to_owned());
        let written = coverage::written(root, &service)?;
        let has = |name: &str| written.contains(&snake(name));
        let text = completed(text, model.schema, has).with_context(|| service.clone())?;
        files.insert(path.clone(), text.clone());
        all.push(List {
            service,
            schema: model.schema,
            path,
            text: text.leak(),
            settings: fs::read_to_string(folder.join("settings.txt"))
                .unwrap_or_default()
                .leak(),
        });
    }
    let page = root.join(DIFFERENCES);
    let text = fs::read_to_string(&page).context(DIFFERENCES)?;
    let by_hand = text.split_once(BEGIN).map_or(text.as_str(), |it| it.0);
    files.insert(
        page,
        format!("{}\n\n{BEGIN}{}", by_hand.trim_end(), section(&all)?),
    );
    Ok(())
}

/// Services that have a list and do not say so to the dispatcher.
pub fn unheard(root: &Path) -> Result<Vec<String>> {
    let mut unheard = Vec::new();
    for service in services(root)? {
        let folder = root.join("crates/svc").join(&service).join("src");
        if !folder.is_dir() {
            continue;
        }
        let block = ["service.rs", "lib.rs"].iter().any(|file| {
            let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
            text.contains("    understood = ") && text.contains("include_str!(\"understood.txt\")")
        });
        if !block {
            unheard.push(format!(
                "crates/svc/{service}: its operations! block names no list, `understood = …;`"
            ));
        }
    }
    Ok(unheard)
}

/// The rows of a text, whose names are the model's.
fn rows(text: &'static str, schema: &ServiceSchema) -> Result<Rows> {
    let (mut rows, mut current) = (Rows::new(), "");
    for line in lines(text) {
        match line {
            Line::Code(_) => {}
            Line::Structure(name) => {
                if schema.find_shape(name).is_none() {
                    bail!("there is no structure {name}");
                }
                if rows.insert(name, BTreeMap::new()).is_some() {
                    bail!("{name} is there twice");
                }
                current = name;
            }
            Line::Member(name, rule) => {
                let shape = schema.find_shape(current).context("a member comes first")?;
                if !schema.members(shape).iter().any(|it| it.name == name) {
                    bail!("{current} has no {name}");
                }
                rows.entry(current).or_default().insert(name, rule);
            }
        }
    }
    Ok(rows)
}

/// The text with a row for each structure of what operations are asked with, and no other.
fn completed(
    text: String,
    schema: &'static ServiceSchema,
    has: impl Fn(&str) -> bool,
) -> Result<String> {
    let text: &'static str = text.leak();
    let rows = rows(text, schema)?;
    let operations = schema.operations.iter().filter(|it| has(it.name));
    let wanted = reached(schema, &rows, operations.filter_map(|it| it.input));
    if let Some(stale) = rows.keys().find(|name| !wanted.contains(*name)) {
        bail!("{stale} is in no request to an operation that is here");
    }
    let missing = wanted.iter().filter(|name| !rows.contains_key(*name));
    let missing = missing.map(|name| format!("{name}\n{}", everything(schema, name)));
    let mut blocks: Vec<String> = text.trim_end().split("\n\n").map(str::to_owned).collect();
    let head = blocks.remove(0);
    blocks.extend(missing.map(|it| it.trim_end().to_owned()));
    blocks.sort();
    blocks.insert(0, head.trim_end().to_owned());
    Ok(blocks.join("\n\n") + "\n")
}

/// All members, as if each were understood: whoever writes the operation takes out what it does not heed.
fn everything(schema: &ServiceSchema, name: &str) -> String {
    let members = schema
        .find_shape(name)
        .map_or(&[][..], |it| schema.members(it));
    members.iter().fold(String::new(), |mut out, member| {
        let _ = writeln!(out, "    {}", member.name);
        out
    })
}

/// The structures with members that are looked at one by one, beginning with `inputs`.
fn reached(
    schema: &'static ServiceSchema,
    rows: &Rows,
    inputs: impl Iterator<Item = ShapeIndex>,
) -> BTreeSet<&'static str> {
    let (mut waiting, mut found): (Vec<ShapeIndex>, _) = (inputs.collect(), BTreeSet::new());
    let mut seen = BTreeSet::new();
    while let Some(index) = waiting.pop() {
        if !seen.insert(index) {
            continue;
        }
        let shape = schema.shape(index);
        match &shape.kind {
            Kind::List { member, .. } => waiting.push(*member),
            Kind::Map { value, .. } => waiting.push(*value),
            Kind::Structure { members } if !members.is_empty() => {
                found.insert(shape.name);
                let row = rows.get(shape.name);
                let is_used = |name: &str| match row {
                    Some(row) => row.get(name) == Some(&Rule::Used),
                    None => true,
                };
                let used = members.iter().filter(|it| is_used(it.name));
                waiting.extend(used.map(|it| it.shape));
            }
            _ => {}
        }
    }
    found
}

/// What the page says of all lists.
fn section(all: &[List]) -> Result<String> {
    let (mut recorded, mut refused) = (String::new(), String::new());
    for list in all {
        let rows = rows(list.text, list.schema).with_context(|| list.path.display().to_string())?;
        for (structure, row) in &rows {
            let place = format!("| {} | {structure} |", list.service);
            for (member, rule) in row {
                if let Rule::Recorded(reason) = rule {
                    let _ = writeln!(recorded, "{place} `{member}` | {reason} |");
                }
            }
            let shape = list.schema.find_shape(structure).context("it was found")?;
            let members = list.schema.members(shape).iter().map(|it| it.name);
            let names: Vec<String> = members.filter_map(|it| refusal(it, row.get(it))).collect();
            if !names.is_empty() {
                let _ = writeln!(refused, "{place} {} |", names.join(", "));
            }
        }
        settings(list, &mut recorded, &mut refused);
    }
    Ok(format!(
        "\n## Members of requests\n\nThe lists beside each service's code (`crates/svc/NAME/src/understood.txt`) say what operations \
         do with the members of their requests. A member that is refused is refused by its name, unless it is empty or has \
         the value that is in brackets.\n\n### Taken, without effect\n\n| service | structure | member | why |\n\
         | --- | --- | --- | --- |\n{recorded}\n### Refused\n\n| service | structure | members |\n| --- | --- | --- |\n{refused}"
    ))
}

/// The same of attributes and settings, which are in no model.
fn settings(list: &List, recorded: &mut String, refused: &mut String) {
    let mut kind = "";
    for line in lines(list.settings) {
        match line {
            Line::Structure(name) => kind = name,
            Line::Member(name, Rule::Recorded(reason)) => {
                let _ = writeln!(
                    recorded,
                    "| {} | {kind} | `{name}` | {reason} |",
                    list.service
                );
            }
            Line::Member(name, rule) => {
                if let Some(refusal) = refusal(name, Some(&rule)) {
                    let _ = writeln!(refused, "| {} | {kind} | {refusal} |", list.service);
                }
            }
            Line::Code(_) => {}
        }
    }
}

fn refusal(member: &str, rule: Option<&Rule>) -> Option<String> {
    match rule {
        None => Some(format!("`{member}`")),
        Some(Rule::Only(values)) => Some(format!("`{member}` ({})", values.join(", "))),
        Some(_) => None,
    }
}

#[cfg(test)]
#[path = "walk_tests.rs"]
mod walk_tests;

#[cfg(test)]
mod tests {
    use super::*;

    fn ecs() -> &'static ServiceSchema {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        Model::read(&root.join("models/ecs.json")).unwrap().schema
    }

    #[test]
    fn a_new_operation_gets_rows_of_everything() {
        let has = |name: &str| name == "CreateCluster" || name == "ListTagsForResource";
        let text = completed(HEAD.to_owned(), ecs(), has).unwrap();
        assert!(
            text.contains("\n\nListTagsForResourceRequest\n    resourceArn\n"),
            "{text}"
        );
        assert!(
            text.contains("\n\nCreateClusterRequest\n    clusterName\n    tags\n"),
            "{text}"
        );
        assert!(text.contains("\n\nTag\n    key\n    value\n"), "{text}");
        assert_eq!(completed(text.clone(), ecs(), has).unwrap(), text);
        // What was taken out stays out, with what lay below it.
        let less = text.replace("    configuration\n", "");
        let refused = completed(less, ecs(), has).unwrap_err().to_string();
        assert!(refused.contains("is in no request"), "{refused}");
    }

    /// Each operation that is here has its rows, all names are the models', and no row is left over.
    #[test]
    fn lists_are_whole() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let mut files = BTreeMap::new();
        render(&root, &mut files).unwrap();
        files.retain(|path, _| path.ends_with("understood.txt"));
        assert!(files.len() >= 9);
        for (path, text) in files {
            assert_eq!(
                fs::read_to_string(&path).unwrap(),
                text,
                "{}",
                path.display()
            );
        }
    }

    #[test]
    fn names_are_the_models() {
        for (text, expected) in [
            ("# x\n\nTag\n    other\n", "Tag has no other"),
            ("# x\n\nNothing\n", "there is no structure Nothing"),
            ("# x\n\nTag\n\nTag\n", "Tag is there twice"),
        ] {
            let fault = completed(text.to_owned(), ecs(), |_| true).unwrap_err();
            assert_eq!(fault.to_string(), expected);
        }
    }
}
