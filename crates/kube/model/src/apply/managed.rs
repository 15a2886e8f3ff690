//! `metadata.managedFields`: entries read and written, in upstream's order.

use super::Writer;
use super::set::Set;
use serde_json::{Map, Value, json};

/// More updating managers than this share the entry `ancient-changes`.
const MAX_UPDATERS: usize = 10;
/// More entries than any object comes to have; a client could send ten thousand, each compared with all others.
const MAX_ENTRIES: usize = 1_000;
const ANCIENT: &str = "ancient-changes";

/// Who an entry belongs to.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Manager {
    pub name: String,
    /// By updates; else by server-side apply.
    pub updates: bool,
    /// Of updates alone: whoever applies is the same manager in each version.
    pub version: String,
    pub subresource: String,
}

impl Manager {
    pub fn of(writer: Writer<'_>, updates: bool) -> Self {
        let name = if writer.manager.is_empty() {
            "unknown"
        } else {
            writer.manager
        };
        Self {
            name: name.to_owned(),
            updates,
            version: if updates {
                writer.resource.api_version()
            } else {
                String::new()
            },
            subresource: writer.subresource.unwrap_or_default().to_owned(),
        }
    }

    /// As a conflict names it.
    pub fn text(&self) -> String {
        let mut text = format!("{:?}", self.name);
        if !self.subresource.is_empty() {
            text += &format!(" with subresource {:?}", self.subresource);
        }
        if self.updates {
            text += &format!(" using {}", self.version);
        }
        text
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub manager: Manager,
    /// The version its fields are of.
    pub version: String,
    pub time: Option<String>,
    pub set: Set,
}

/// All entries of an object.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Managed(pub Vec<Entry>);

fn text<'a>(entry: &'a Value, name: &str) -> &'a str {
    entry.get(name).and_then(Value::as_str).unwrap_or_default()
}

pub fn fields(object: &Value) -> Option<&Value> {
    object
        .get("metadata")?
        .get("managedFields")
        .filter(|fields| !fields.is_null())
}

/// Takes managedFields out of an object.
pub fn strip(object: &mut Value) {
    if let Some(Value::Object(metadata)) = object.get_mut("metadata") {
        metadata.shift_remove("managedFields");
    }
}

impl Managed {
    /// `None` where an entry cannot be read.
    pub fn of(object: &Value) -> Option<Self> {
        let Some(fields) = fields(object) else {
            return Some(Self::default());
        };
        let mut managed = Self::default();
        let entries = fields.as_array()?;
        if entries.len() > MAX_ENTRIES {
            return None;
        }
        for entry in entries {
            let updates = match text(entry, "operation") {
                "Apply" => false,
                "Update" => true,
                _ => return None,
            };
            if !matches!(text(entry, "fieldsType"), "FieldsV1")
                || text(entry, "apiVersion").is_empty()
            {
                return None;
            }
            let version = text(entry, "apiVersion").to_owned();
            let manager = Manager {
                updates,
                name: text(entry, "manager").to_owned(),
                version: if updates {
                    version.clone()
                } else {
                    String::new()
                },
                subresource: text(entry, "subresource").to_owned(),
            };
            let set = match entry.get("fieldsV1") {
                Some(Value::Object(fields)) => Set::from_fields(fields)?,
                None | Some(Value::Null) => Set::default(),
                Some(_) => return None,
            };
            let time = entry.get("time").and_then(Value::as_str).map(str::to_owned);
            let made = managed.entry(manager, &version);
            (made.time, made.set) = (time, set);
        }
        Some(managed)
    }

    /// One empty entry, by which a client asks for all to be forgotten.
    pub fn resets(object: &Value) -> bool {
        let entries = fields(object).and_then(Value::as_array);
        entries.is_some_and(|entries| match entries.as_slice() {
            [] => true,
            [one] => one
                .as_object()
                .is_some_and(|entry| entry.values().all(|value| value.is_null() || value == "")),
            _ => false,
        })
    }

    pub fn get(&self, manager: &Manager) -> Option<&Entry> {
        self.0.iter().find(|entry| entry.manager == *manager)
    }

    /// The manager's entry, begun where there is none.
    pub fn entry(&mut self, manager: Manager, version: &str) -> &mut Entry {
        let at = self
            .0
            .iter()
            .position(|entry| entry.manager == manager)
            .unwrap_or_else(|| {
                self.0.push(Entry {
                    manager,
                    version: version.to_owned(),
                    time: None,
                    set: Set::default(),
                });
                self.0.len() - 1
            });
        &mut self.0[at]
    }

    pub fn drop_empty(&mut self) {
        self.0.retain(|entry| !entry.set.is_empty());
    }

    /// The same owners of the same fields, whenever they wrote them.
    pub fn same(&self, other: &Self) -> bool {
        self.0.len() == other.0.len()
            && self.0.iter().all(|entry| {
                other
                    .get(&entry.manager)
                    .is_some_and(|other| entry.set == other.set && entry.version == other.version)
            })
    }

    /// Too many updaters: the oldest of a version become one.
    pub fn cap(&mut self) {
        let mut updaters: Vec<(Option<String>, Manager)> = self
            .0
            .iter()
            .filter(|entry| entry.manager.updates)
            .map(|entry| (entry.time.clone(), entry.manager.clone()))
            .collect();
        updaters.sort();
        let mut count = updaters.len();
        let mut first_of: Vec<(String, Manager)> = Vec::new();
        for (time, manager) in updaters {
            if count <= MAX_UPDATERS {
                return;
            }
            let version = manager.version.clone();
            let Some((_, first)) = first_of
                .iter()
                .find(|(known, _)| *known == version)
                .cloned()
            else {
                first_of.push((version, manager));
                continue;
            };
            let bucket = Manager {
                updates: true,
                name: ANCIENT.into(),
                version: version.clone(),
                subresource: String::new(),
            };
            let mut taken = Set::default();
            for gone in [&first, &manager] {
                if let Some(at) = self
                    .0
                    .iter()
                    .position(|entry| entry.manager == *gone && *gone != bucket)
                {
                    taken = taken.union(self.0.remove(at).set);
                }
            }
            let entry = self.entry(bucket, &version);
            entry.set = std::mem::take(&mut entry.set).union(taken);
            entry.time = time;
            count -= 1;
        }
    }

    /// Writes the entries into an object.
    pub fn write(mut self, object: &mut Value) {
        self.0.sort_by(|a, b| {
            let key = |entry: &Entry| {
                (
                    entry.manager.updates,
                    entry.time.clone(),
                    entry.manager.name.clone(),
                )
            };
            key(a)
                .cmp(&key(b))
                .then_with(|| (&a.version, &a.manager).cmp(&(&b.version, &b.manager)))
        });
        strip(object);
        if self.0.is_empty() {
            return;
        }
        let entries = self.0.into_iter().map(|entry| {
            let mut made = json!({
                "manager": entry.manager.name,
                "operation": if entry.manager.updates { "Update" } else { "Apply" },
                "apiVersion": entry.version,
            });
            if let Some(time) = entry.time {
                made["time"] = time.into();
            }
            made["fieldsType"] = "FieldsV1".into();
            made["fieldsV1"] = entry.set.into_fields();
            if !entry.manager.subresource.is_empty() {
                made["subresource"] = entry.manager.subresource.into();
            }
            made
        });
        let entries = Value::Array(entries.collect());
        if let Value::Object(object) = object {
            let metadata = object
                .entry("metadata")
                .or_insert_with(|| Value::Object(Map::new()));
            if let Value::Object(metadata) = metadata {
                metadata.insert("managedFields".into(), entries);
            }
        }
    }
}
