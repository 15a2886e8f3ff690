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
    if schema.protocol == Protocol::Ec2 {
        let mut text = PROLOGUE.to_owned();
        text.push_str("<Response><Errors><Error>");
        leaf(&mut text, "Code", &fault.code);
        leaf(&mut text, "Message", &fault.message);
        text.push_str("</Error></Errors>");
        leaf(&mut text, "RequestID", request_id);
        text.push_str("</Response>");
        text.into_bytes()
    } else {
        let root = format!("<ErrorResponse xmlns=\"{}\">", schema.xml_namespace);
        error_response(&root, fault, request_id)
    }
}

/// A fault of a service without a schema here, as awsQuery and most of restXml have it.
pub fn encode_wrapped_fault(fault: &Fault, request_id: &str) -> Vec<u8> {
    error_response("<ErrorResponse>", fault, request_id)
}

/// The same, as S3 has it.
pub fn encode_bare_fault(fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut text = PROLOGUE.to_owned();
    text.push_str("<Error>");
    leaf(&mut text, "Code", &fault.code);
    leaf(&mut text, "Message", &fault.message);
    leaf(&mut text, "RequestId", request_id);
    text.push_str("</Error>");
    text.into_bytes()
}

fn error_response(root: &str, fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut text = PROLOGUE.to_owned();
    text.push_str(root);
    text.push_str("<Error>");
    leaf(
        &mut text,
        "Type",
        if fault.sender { "Sender" } else { "Receiver" },
    );
    leaf(&mut text, "Code", &fault.code);
    leaf(&mut text, "Message", &fault.message);
    text.push_str("</Error>");
    leaf(&mut text, "RequestId", request_id);
    text.push_str("</ErrorResponse>");
    text.into_bytes()
}

fn leaf(text: &mut String, name: &str, value: &str) {
    let _ = write!(text, "<{name}>");
    escape(text, value);
    let _ = write!(text, "</{name}>");
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
        leaf(&mut self.text, name, value);
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
