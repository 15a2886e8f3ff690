//! The schema of the built-in kinds, read from `data/` at first use.

use crate::schema::{Extra, FieldRow, Kind, ListType, Node, PatchStrategy, Table, Text, TypeRow};
use serde_json::{Map, Value};
use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

pub const SCHEMA: &[u8] = include_bytes!("../data/schema.json.zst");
pub const DESCRIPTIONS: &[u8] = include_bytes!("../data/descriptions.json.zst");
/// More than the text of any release: the data is ours, a broken file should not take all memory.
const TEXT_LIMIT: usize = 16 << 20;

/// The order of `KINDS` in `data/make.py`.
const KINDS: [Kind; 20] = [
    Kind::Any,
    Kind::Bool,
    Kind::Int32,
    Kind::Int64,
    Kind::Double,
    Kind::String,
    Kind::Bytes,
    Kind::Time,
    Kind::MicroTime,
    Kind::Duration,
    Kind::Quantity,
    Kind::IntOrString,
    Kind::RawExtension,
    Kind::FieldsV1,
    Kind::SchemaOrArray,
    Kind::SchemaOrBool,
    Kind::SchemaOrStrings,
    Kind::List,
    Kind::Map,
    Kind::Struct,
];

/// All built-in types and which of them is `apps/v1/Deployment`.
pub struct BuiltIn {
    pub table: Arc<Table>,
    pub index: HashMap<String, u32>,
}

pub static BUILT_IN: LazyLock<BuiltIn> = LazyLock::new(|| {
    let text =
        zstd::bulk::decompress(SCHEMA, TEXT_LIMIT).expect("the schema in the binary is whole");
    let data: Value = serde_json::from_slice(&text).expect("the schema in the binary is JSON");
    let mut reader = Reader {
        table: Table::default(),
        texts: HashMap::new(),
    };
    for row in data["types"].as_array().into_iter().flatten() {
        reader.add(row);
    }
    let entries = data["index"].as_object().into_iter().flatten();
    let index = entries
        .map(|(name, id)| (name.clone(), number(id)))
        .collect();
    BuiltIn {
        table: Arc::new(reader.table),
        index,
    }
});

impl BuiltIn {
    /// `apps/v1/Deployment` and what it is.
    pub fn kinds(&'static self) -> impl Iterator<Item = (&'static str, Node<'static>)> {
        let mut kinds: Vec<_> = self.index.iter().collect();
        kinds.sort();
        kinds
            .into_iter()
            .map(|(name, id)| (name.as_str(), self.table.node(*id)))
    }
}

/// By definition: its description, its required fields, its fields' descriptions. Read anew each time: only OpenAPI needs it.
pub fn descriptions() -> Map<String, Value> {
    let text = zstd::bulk::decompress(DESCRIPTIONS, TEXT_LIMIT)
        .expect("the descriptions in the binary are whole");
    serde_json::from_slice(&text).expect("the descriptions in the binary are JSON")
}

struct Reader {
    table: Table,
    texts: HashMap<String, Text>,
}

fn number(value: &Value) -> u32 {
    value
        .as_u64()
        .and_then(|number| u32::try_from(number).ok())
        .unwrap_or_default()
}

impl Reader {
    /// A text of the table, each kept once.
    fn text(&mut self, value: &Value) -> Text {
        let text = value.as_str().unwrap_or_default();
        if let Some(known) = self.texts.get(text) {
            return *known;
        }
        let made = self.table.push_text(text);
        self.texts.insert(text.to_owned(), made);
        made
    }

    /// `[kind]`, `[kind, name, item, list, keys, flags]` or `[kind, name, item, list, keys, flags, fields]`.
    fn add(&mut self, row: &Value) {
        let kind = KINDS[number(&row[0]) as usize];
        let flags = number(&row[5]);
        let from = self.table.fields.len() as u32;
        for field in row[6].as_array().into_iter().flatten() {
            let field = self.field(field);
            self.table.fields.push(field);
        }
        let made = TypeRow {
            name: self.text(&row[1]),
            item: number(&row[2]),
            list: match row[3].as_str() {
                Some("set") => ListType::Set,
                Some("map") => ListType::Map,
                _ => ListType::Atomic,
            },
            keys: self.text(&row[4]),
            atomic: flags & 1 != 0,
            wrapped: flags & 2 != 0,
            go: true,
            fields: (from, self.table.fields.len() as u32),
            ..TypeRow::of(kind)
        };
        self.table.types.push(made);
    }

    /// `[name, node, number, flags, merge key]` and, where there is one, the default.
    fn field(&mut self, row: &Value) -> FieldRow {
        let flags = number(&row[3]);
        let has = |bit: u32| flags & (1 << bit) != 0;
        let default = row.get(5).map_or(0, |default| {
            self.table.extras.push(Extra {
                default: Some(default.clone()),
            });
            self.table.extras.len() as u32
        });
        FieldRow {
            name: self.text(&row[0]),
            node: number(&row[1]),
            number: number(&row[2]),
            pointer: has(0),
            omit_empty: has(1),
            omit_zero: has(2),
            inline: has(3),
            required: has(4),
            atomic: has(5),
            patch: PatchStrategy {
                merge: has(6),
                replace: has(7),
                retain_keys: has(8),
            },
            merge_key: self.text(&row[4]),
            default,
        }
    }
}
