//! The pages of `docs/iam/`: for each service what its operations ask IAM, taken from the very rows that
//! authorisation uses.
//!
//! The services of the table stand over a store in which there is one of each thing, called `sample` and
//! tagged. Each operation is asked for its row with all members of its input, with the required ones
//! alone, and through another service; what the rows name is what the pages list.

mod level;
mod page;
mod samples;
mod world;

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use wharf_wire::{
    AskedOf, Check,
    schema::{Kind, Member, OperationSchema, ServiceSchema, ShapeIndex},
};

use self::{
    samples::{ACCOUNT, REGION, SAMPLE},
    world::World,
};

/// Set, the pages are written; otherwise they are compared.
const WRITE: &str = "WHARF_WRITE_REFERENCE";
/// How deep structures are filled.
const DEPTH: usize = 6;

/// What one operation asks for one action.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub struct Asked {
    pub resources: BTreeSet<String>,
    pub keys: BTreeSet<String>,
    pub of: Option<AskedOf>,
}

/// By action.
pub type Row = BTreeMap<String, Asked>;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_reference_of_iam_is_what_rows_ask() {
    let world = World::new().await;
    let supported = supported();
    let mut pages = BTreeMap::new();
    let (mut listed, mut without) = (Vec::new(), Vec::new());
    for schema in world.schemas() {
        let mut rows: BTreeMap<&str, Row> = BTreeMap::new();
        for operation in schema.operations {
            let name = (schema.name.to_owned(), operation.name.to_owned());
            if supported.contains(&name) {
                match row(&world, schema, operation).await {
                    Ok(row) => drop(rows.insert(operation.name, row)),
                    Err(refused) => without.push(refused),
                }
            }
        }
        pages.insert(format!("{}.md", schema.name), page::service(schema, &rows));
        listed.push((schema, rows));
    }
    assert!(without.is_empty(), "no rows: {without:#?}");
    pages.insert("README.md".to_owned(), page::index(&listed));
    compare(&pages);
}

fn docs() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs")
}

/// The operations that there are, as docs/coverage.md has them from the code.
fn supported() -> BTreeSet<(String, String)> {
    let text = fs::read_to_string(docs().join("coverage.md")).unwrap();
    let (mut service, mut found) = (String::new(), BTreeSet::new());
    for line in text.lines() {
        if let Some(name) = line.strip_prefix("## ") {
            name.clone_into(&mut service);
        } else if let Some(list) = line.strip_prefix("Supported: ") {
            let names = list.trim_end_matches('.').split(", ");
            found.extend(names.map(|name| (service.clone(), name.to_owned())));
        }
    }
    found
}

/// What an operation asks, or why it was refused before that.
async fn row(
    world: &World,
    schema: &ServiceSchema,
    operation: &OperationSchema,
) -> Result<Row, String> {
    let mut row = Row::new();
    let mut refused = Vec::new();
    let first = [
        (true, None, None),
        (false, None, None),
        (true, Some("ssm.amazonaws.com"), None),
    ];
    let others = world.others(schema.name);
    let others = others.map(|(member, value)| (true, None, Some((member, value))));
    for (everything, via, instead) in first.into_iter().chain(others) {
        let filling = Filling {
            world,
            schema,
            everything,
            instead,
        };
        let input = match operation.input {
            Some(shape) => filling.filled(shape, 0),
            None => json!({}),
        };
        match world.checks(schema.name, operation.name, &input, via).await {
            Ok(checks) => checks.iter().for_each(|check| add(&mut row, check)),
            Err(fault) => refused.push(fault.to_string()),
        }
    }
    if let Some(input) = samples::whole(schema.name, operation.name) {
        match world
            .checks(schema.name, operation.name, &input, None)
            .await
        {
            Ok(checks) => checks.iter().for_each(|check| add(&mut row, check)),
            Err(fault) => refused.push(fault.to_string()),
        }
    }
    match row.is_empty() {
        true => Err(format!("{} {}: {refused:?}", schema.name, operation.name)),
        false => Ok(row),
    }
}

fn add(row: &mut Row, check: &Check) {
    let asked = row.entry(check.action.clone()).or_default();
    asked.of = Some(check.asked_of);
    asked.resources.insert(form(&check.resource));
    // A tag without a key is an input's that was filled with little.
    let keys = check.context.keys().filter(|key| !key.ends_with('/'));
    asked.keys.extend(keys.map(|key| key_form(key)));
}

/// Tags and contexts of encryption are keys of a form.
fn key_form(key: &str) -> String {
    for (end, form) in [("/sample", "/TAG-KEY"), (":sample", ":CONTEXT-KEY")] {
        if let Some(start) = key.strip_suffix(end) {
            return format!("{start}{form}");
        }
    }
    key.to_owned()
}

/// An ARN with placeholders: what is the same for all resources of the type stays.
fn form(resource: &str) -> String {
    const FIXED: [&str; 6] = [
        "app",
        "log-stream",
        "alias",
        "root",
        "oidc-provider",
        "saml-provider",
    ];
    let parts: Vec<&str> = resource.splitn(6, ':').collect();
    let [arn, partition, service, region, account, resource] = parts[..] else {
        return resource.to_owned();
    };
    let region = if region == REGION { "REGION" } else { region };
    let account = if account == ACCOUNT {
        "ACCOUNT"
    } else {
        account
    };
    // The resources of these have no type.
    let is_typed = !["sqs", "sns", "s3"].contains(&service);
    let mut out = String::new();
    for (index, part) in resource.split_inclusive(['/', ':']).enumerate() {
        let text = part.trim_end_matches(['/', ':']);
        let keeps = (index == 0 && is_typed) || FIXED.contains(&text) || text.is_empty();
        out.push_str(if keeps { text } else { "*" });
        out.push_str(&part[text.len()..]);
    }
    format!("{arn}:{partition}:{service}:{region}:{account}:{out}")
}

/// How an input is made.
struct Filling<'a> {
    world: &'a World,
    schema: &'a ServiceSchema,
    /// All members, or those that are required.
    everything: bool,
    /// The value of a member in place of the usual one.
    instead: Option<(&'a str, &'a str)>,
}

impl Filling<'_> {
    fn filled(&self, shape: ShapeIndex, depth: usize) -> Value {
        match &self.schema.shape(shape).kind {
            Kind::Structure { members } => {
                let wanted = |it: &&Member| {
                    (self.everything || it.required) && !it.streaming && depth <= DEPTH
                };
                let members = members.iter().filter(wanted);
                let filled = members.map(|it| (it.name.to_owned(), self.member(it, depth)));
                Value::Object(filled.collect())
            }
            Kind::List { member, .. } => json!([self.filled(*member, depth + 1)]),
            Kind::Map { value, .. } => json!({ SAMPLE: self.filled(*value, depth + 1) }),
            Kind::String { values, .. } => json!(values.first().unwrap_or(&SAMPLE)),
            Kind::Boolean => json!(true),
            Kind::Integer | Kind::Long | Kind::Float | Kind::Double => json!(1),
            Kind::Timestamp(_) => json!(1_700_000_000),
            Kind::Blob => json!("YWFh"),
            Kind::Document => json!({}),
        }
    }

    fn member(&self, member: &Member, depth: usize) -> Value {
        let instead = self.instead.filter(|(name, _)| *name == member.name);
        let usual = || self.world.value(self.schema.name, member.name);
        let known = instead.map(|(_, value)| value).or_else(usual);
        match (known, &self.schema.shape(member.shape).kind) {
            (Some(text), Kind::String { .. }) => json!(text),
            (Some(text), Kind::List { .. }) => json!([text]),
            _ => self.filled(member.shape, depth + 1),
        }
    }
}

fn compare(pages: &BTreeMap<String, String>) {
    let folder = docs().join("iam");
    if std::env::var_os(WRITE).is_some() {
        fs::create_dir_all(&folder).unwrap();
        for (name, text) in pages {
            fs::write(folder.join(name), text).unwrap();
        }
    }
    for (name, text) in pages {
        let there = fs::read_to_string(folder.join(name)).unwrap_or_default();
        assert!(
            there == *text,
            "docs/iam/{name} is not what rows ask: run `cargo xtask reference`"
        );
    }
    let there = fs::read_dir(&folder)
        .unwrap()
        .map(|it| it.unwrap().file_name());
    for name in there.map(|it| it.to_string_lossy().into_owned()) {
        assert!(
            pages.contains_key(&name),
            "docs/iam/{name} is of no service"
        );
    }
}
