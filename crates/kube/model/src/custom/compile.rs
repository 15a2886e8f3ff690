//! A structural schema as a table of types.

use crate::Schema;
use crate::schema::{Extra, FieldRow, Kind, ListType, Node, PatchStrategy, Table, Text, TypeRow};
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;

/// Types of one version of a custom resource.
const MAX_TYPES: usize = 100_000;

/// `None` for what is no schema or too large a one.
pub fn schema(schema: &Value) -> Option<Schema> {
    let mut compiler = Compiler {
        table: Table::default(),
        imported: HashMap::new(),
    };
    let root = compiler.object(schema, true)?;
    Some(Schema::new(Arc::new(compiler.table), root))
}

struct Compiler {
    table: Table,
    /// Types of the built-in table that are in this one too.
    imported: HashMap<String, u32>,
}

fn is(schema: &Value, name: &str) -> bool {
    schema.get(name) == Some(&Value::Bool(true))
}

impl Compiler {
    fn add(&mut self, row: TypeRow) -> Option<u32> {
        if self.table.types.len() >= MAX_TYPES {
            return None;
        }
        self.table.types.push(row);
        u32::try_from(self.table.types.len() - 1).ok()
    }

    fn any(&mut self) -> Option<u32> {
        self.add(TypeRow {
            preserves_unknown: true,
            nullable: true,
            ..TypeRow::of(Kind::Any)
        })
    }

    fn extra(&mut self, schema: &Value) -> u32 {
        let Some(default) = schema.get("default").filter(|default| !default.is_null()) else {
            return 0;
        };
        self.table.extras.push(Extra {
            default: Some(default.clone()),
        });
        self.table.extras.len() as u32
    }

    fn value(&mut self, schema: &Value) -> Option<u32> {
        let kind = schema
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default();
        let row = match kind {
            _ if is(schema, "x-kubernetes-int-or-string") => TypeRow::of(Kind::IntOrString),
            "object" => {
                let id = self.object(schema, false)?;
                self.table.types[id as usize].nullable = is(schema, "nullable");
                return Some(id);
            }
            "array" => {
                let item = match schema.get("items") {
                    Some(items) if items.is_object() => self.value(items)?,
                    _ => self.any()?,
                };
                let list = match schema.get("x-kubernetes-list-type").and_then(Value::as_str) {
                    Some("map") => ListType::Map,
                    Some("set") => ListType::Set,
                    _ => ListType::Atomic,
                };
                let keys = schema
                    .get("x-kubernetes-list-map-keys")
                    .and_then(Value::as_array)
                    .into_iter()
                    .flatten();
                let keys: Vec<&str> = keys.filter_map(Value::as_str).collect();
                let keys = self.table.push_text(&keys.join(" "));
                TypeRow {
                    item,
                    list,
                    keys,
                    ..TypeRow::of(Kind::List)
                }
            }
            "string" => TypeRow::of(Kind::String),
            "integer" => TypeRow::of(Kind::Int64),
            "number" => TypeRow::of(Kind::Double),
            "boolean" => TypeRow::of(Kind::Bool),
            _ => {
                let id = self.any()?;
                let extra = self.extra(schema);
                let row = &mut self.table.types[id as usize];
                row.nullable = is(schema, "nullable");
                row.extra = extra;
                return Some(id);
            }
        };
        let extra = self.extra(schema);
        self.add(TypeRow {
            nullable: is(schema, "nullable"),
            extra,
            ..row
        })
    }

    fn object(&mut self, schema: &Value, root: bool) -> Option<u32> {
        let atomic = schema.get("x-kubernetes-map-type").and_then(Value::as_str) == Some("atomic");
        let preserves = is(schema, "x-kubernetes-preserve-unknown-fields");
        // Beside properties that are told, others are kept as they are.
        let preserves_unknown = preserves || is(schema, "additionalProperties");
        let embedded = is(schema, "x-kubernetes-embedded-resource");
        let extra = self.extra(schema);
        let mut properties = schema
            .get("properties")
            .and_then(Value::as_object)
            .cloned()
            .unwrap_or_default();
        if let Some(values) = schema
            .get("additionalProperties")
            .filter(|_| properties.is_empty() && !root)
        {
            let item = if values.is_object() {
                self.value(values)?
            } else {
                self.any()?
            };
            return self.add(TypeRow {
                item,
                atomic,
                extra,
                ..TypeRow::of(Kind::Map)
            });
        }
        if properties.is_empty() && preserves && !root && !embedded {
            let any = self.any()?;
            self.table.types[any as usize].extra = extra;
            self.table.types[any as usize].atomic = atomic;
            return Some(any);
        }
        let mut rows = Vec::new();
        if root || embedded {
            for name in ["apiVersion", "kind"] {
                properties.shift_remove(name);
                let text = self.add(TypeRow::of(Kind::String))?;
                rows.push(self.field(name, text, false));
            }
            properties.shift_remove("metadata");
            let metadata = Schema::built_in("meta.k8s.io", "v1", "ObjectMeta")?;
            let id = self.import(metadata.root())?;
            rows.push(self.field("metadata", id, false));
        }
        let required = schema
            .get("required")
            .and_then(Value::as_array)
            .cloned()
            .unwrap_or_default();
        for (name, property) in &properties {
            let id = self.value(property)?;
            let needed = required.iter().any(|required| required == name.as_str());
            rows.push(self.field(name, id, needed));
        }
        let from = self.table.fields.len() as u32;
        self.table.fields.extend(rows);
        let fields = (from, self.table.fields.len() as u32);
        self.add(TypeRow {
            fields,
            atomic,
            preserves_unknown,
            embedded,
            extra,
            ..TypeRow::of(Kind::Struct)
        })
    }

    fn field(&mut self, name: &str, node: u32, required: bool) -> FieldRow {
        FieldRow {
            name: self.table.push_text(name),
            node,
            number: 0,
            pointer: true,
            omit_empty: true,
            omit_zero: false,
            inline: false,
            required,
            atomic: false,
            patch: PatchStrategy::default(),
            merge_key: Text::default(),
            default: 0,
        }
    }

    /// A built-in type and all it is made of.
    fn import(&mut self, node: Node<'_>) -> Option<u32> {
        if let Some(known) = self
            .imported
            .get(node.name())
            .filter(|_| !node.name().is_empty())
        {
            return Some(*known);
        }
        let mut row = TypeRow {
            go: true,
            ..*node.row()
        };
        row.name = self.table.push_text(node.name());
        let keys: Vec<&str> = node.keys().collect();
        row.keys = self.table.push_text(&keys.join(" "));
        row.extra = 0;
        if let Some(item) = node.item() {
            row.item = self.import(item)?;
        }
        let mut rows = Vec::new();
        for field in node.fields() {
            let mut made = *field.row();
            made.name = self.table.push_text(field.name());
            made.merge_key = self.table.push_text(field.merge_key().unwrap_or_default());
            made.node = self.import(field.node())?;
            made.default = 0;
            rows.push(made);
        }
        let from = self.table.fields.len() as u32;
        self.table.fields.extend(rows);
        row.fields = (from, self.table.fields.len() as u32);
        let id = self.add(row)?;
        self.imported.insert(node.name().to_owned(), id);
        Some(id)
    }
}
