//! awsQuery and ec2Query responses (platform §1).

use std::fmt::Write as _;

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};

use crate::{
    Fault,
    node::{Struct, View},
    schema::{Kind, OperationSchema, Protocol, ServiceSchema, Shape, TimestampFormat},
};

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// The body of a success.
pub fn encode(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    output: &dyn Struct,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = Writer {
        schema,
        text: PROLOGUE.to_owned(),
    };
    let root = format!("{}Response", operation.name);
    let _ = write!(writer.text, "<{root} xmlns=\"{}\">", schema.xml_namespace);
    let members = |writer: &mut Writer| {
        if let Some(shape) = operation.output {
            writer.members(schema.shape(shape), output);
        }
    };
    if schema.protocol == Protocol::Ec2 {
        writer.leaf("requestId", request_id);
        members(&mut writer);
    } else {
        if !operation.result_wrapper.is_empty() {
            writer.open(operation.result_wrapper);
            members(&mut writer);
            writer.close(operation.result_wrapper);
        }
        writer.open("ResponseMetadata");
        writer.leaf("RequestId", request_id);
        writer.close("ResponseMetadata");
    }
    writer.close(&root);
    writer.text.into_bytes()
}

/// The body of a fault.
pub fn encode_fault(schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut writer = Writer {
        schema,
        text: PROLOGUE.to_owned(),
    };
    if schema.protocol == Protocol::Ec2 {
        writer.open("Response");
        writer.open("Errors");
        writer.open("Error");
        writer.leaf("Code", &fault.code);
        writer.leaf("Message", &fault.message);
        writer.close("Error");
        writer.close("Errors");
        writer.leaf("RequestID", request_id);
        writer.close("Response");
    } else {
        let _ = write!(
            writer.text,
            "<ErrorResponse xmlns=\"{}\">",
            schema.xml_namespace
        );
        writer.open("Error");
        writer.leaf("Type", if fault.sender { "Sender" } else { "Receiver" });
        writer.leaf("Code", &fault.code);
        writer.leaf("Message", &fault.message);
        writer.close("Error");
        writer.leaf("RequestId", request_id);
        writer.close("ErrorResponse");
    }
    writer.text.into_bytes()
}

struct Writer {
    schema: &'static ServiceSchema,
    text: String,
}

impl Writer {
    fn open(&mut self, name: &str) {
        let _ = write!(self.text, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.text, "</{name}>");
    }

    fn leaf(&mut self, name: &str, value: &str) {
        self.open(name);
        escape(&mut self.text, value);
        self.close(name);
    }

    fn members(&mut self, shape: &'static Shape, value: &dyn Struct) {
        let Kind::Structure { members } = &shape.kind else {
            return;
        };
        for (index, member) in members.iter().enumerate() {
            let view = value.member(index);
            if !matches!(view, View::Absent) {
                let shape = self.schema.shape(member.shape);
                self.value(member.xml_name, shape, member.flattened, &view);
            }
        }
    }

    fn value(&mut self, name: &str, shape: &'static Shape, flattened: bool, view: &View<'_>) {
        match (view, &shape.kind) {
            (View::Absent, _) => {}
            (View::Str(text), _) => self.leaf(name, text),
            (View::Bool(value), _) => self.leaf(name, if *value { "true" } else { "false" }),
            (View::Long(number), _) => self.leaf(name, &number.to_string()),
            (View::Double(number), _) => self.leaf(name, &number.to_string()),
            (View::Blob(bytes), _) => self.leaf(name, &BASE64.encode(bytes)),
            (View::Document(document), _) => self.leaf(name, &document.to_string()),
            (View::Time(at), kind) => {
                let epoch = matches!(kind, Kind::Timestamp(TimestampFormat::EpochSeconds));
                // IAM and STS print no fraction (platform §1).
                let whole = matches!(self.schema.name, "iam" | "sts");
                let text = match (epoch, whole) {
                    (true, _) => at.epoch_seconds().to_string(),
                    (false, true) => at.iso8601_seconds(),
                    (false, false) => at.iso8601(),
                };
                self.leaf(name, &text);
            }
            (
                View::List(list),
                Kind::List {
                    member,
                    member_name,
                    flattened: of_shape,
                },
            ) => {
                let inner = self.schema.shape(*member);
                let flat = flattened || *of_shape;
                if !flat {
                    self.open(name);
                }
                let item_name = if flat { name } else { member_name };
                for index in 0..list.len() {
                    self.value(item_name, inner, false, &list.get(index));
                }
                if !flat {
                    self.close(name);
                }
            }
            (
                View::Map(map),
                Kind::Map {
                    value,
                    key_name,
                    value_name,
                    flattened: of_shape,
                    ..
                },
            ) => {
                let inner = self.schema.shape(*value);
                let flat = flattened || *of_shape;
                if !flat {
                    self.open(name);
                }
                let entry_name = if flat { name } else { "entry" };
                for (key, view) in map.entries() {
                    self.open(entry_name);
                    self.leaf(key_name, key);
                    self.value(value_name, inner, false, &view);
                    self.close(entry_name);
                }
                if !flat {
                    self.close(name);
                }
            }
            (View::Struct(value), Kind::Structure { .. }) => {
                self.open(name);
                self.members(shape, *value);
                self.close(name);
            }
            _ => debug_assert!(false, "value and shape of {name} disagree"),
        }
    }
}

/// Text as XML character data; characters XML 1.0 cannot carry become U+FFFD.
fn escape(to: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => to.push_str("&amp;"),
            '<' => to.push_str("&lt;"),
            '>' => to.push_str("&gt;"),
            '"' => to.push_str("&quot;"),
            '\r' => to.push_str("&#xD;"),
            '\t' | '\n' => to.push(c),
            c if c < ' ' || c == '\u{fffe}' || c == '\u{ffff}' => to.push('\u{fffd}'),
            c => to.push(c),
        }
    }
}
