//! Answers in XML: awsQuery, ec2Query and restXml (platform §1).

use std::fmt::Write as _;

use super::{error, text};
use crate::{
    Fault,
    dynamic::Dynamic,
    node::{Struct, View},
    schema::{
        Kind, Location, Member, OperationSchema, ServiceSchema, Shape, ShapeIndex, TimestampFormat,
    },
};

const PROLOGUE: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n";

/// What the prefix of `xsi:type` stands for.
const INSTANCE_NAMESPACE: &str = "http://www.w3.org/2001/XMLSchema-instance";

/// The body of a success in awsQuery.
pub fn encode_query(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    output: &dyn Struct,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = Writer::new(schema);
    let root = format!("{}Response", operation.name);
    writer.open_root(&root);
    if !operation.result_wrapper.is_empty() {
        writer.open(operation.result_wrapper);
        writer.output(operation, output);
        writer.close(operation.result_wrapper);
    }
    writer.open("ResponseMetadata");
    writer.leaf("RequestId", request_id);
    writer.close("ResponseMetadata");
    writer.close(&root);
    writer.text.into_bytes()
}

/// The body of a success of EC2.
pub fn encode_ec2(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    output: &dyn Struct,
    request_id: &str,
) -> Vec<u8> {
    let mut writer = Writer::new(schema);
    let root = format!("{}Response", operation.name);
    writer.open_root(&root);
    writer.leaf("requestId", request_id);
    writer.output(operation, output);
    writer.close(&root);
    writer.text.into_bytes()
}

/// The body of a success in restXml: `root` with those of the shape's members that are in the body.
pub(super) fn encode_rest(
    schema: &'static ServiceSchema,
    root: &str,
    shape: ShapeIndex,
    output: &dyn Struct,
) -> Vec<u8> {
    let mut writer = Writer::new(schema);
    let mut members = schema.members(shape).iter().enumerate();
    let alone = members.find(|(_, it)| it.location == Location::Body && it.location_name == root);
    // S3's location of a bucket is a root that holds nothing but text.
    let text = alone.and_then(|(index, it)| {
        let shape = schema.shape(it.shape);
        text::render(shape, &output.member(index), TimestampFormat::Iso8601)
    });
    writer.open_root(root);
    match text {
        Some(text) => escape(&mut writer.text, &text),
        None => writer.members(schema.members(shape), output),
    }
    writer.close(root);
    writer.text.into_bytes()
}

/// The body of a fault in awsQuery.
pub fn encode_fault(schema: &'static ServiceSchema, fault: &Fault, request_id: &str) -> Vec<u8> {
    let root = format!("<ErrorResponse xmlns=\"{}\">", schema.xml_namespace);
    let added = added_members(schema, fault);
    error_response(
        &root,
        fault,
        error::query_code(schema, fault),
        &added,
        request_id,
    )
}

/// The body of a fault of EC2.
pub fn encode_ec2_fault(fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut text = PROLOGUE.to_owned();
    text.push_str("<Response><Errors><Error>");
    leaf(&mut text, "Code", &fault.code);
    leaf(&mut text, "Message", &fault.message);
    text.push_str("</Error></Errors>");
    leaf(&mut text, "RequestID", request_id);
    text.push_str("</Response>");
    text.into_bytes()
}

/// What the modelled exception has beside code and message.
fn added_members(schema: &'static ServiceSchema, fault: &Fault) -> String {
    let Some((shape, members)) = error::members(schema, fault) else {
        return String::new();
    };
    let mut writer = Writer::new(schema);
    writer.text.clear();
    writer.members(schema.members(shape), &members as &Dynamic);
    writer.text
}

/// A fault of a service without a schema here, as awsQuery and most of restXml have it.
pub fn encode_wrapped_fault(fault: &Fault, request_id: &str) -> Vec<u8> {
    error_response("<ErrorResponse>", fault, &fault.code, "", request_id)
}

/// The same, as S3 has it.
pub fn encode_bare_fault(fault: &Fault, request_id: &str) -> Vec<u8> {
    let mut text = PROLOGUE.to_owned();
    text.push_str("<Error>");
    leaf(&mut text, "Code", &fault.code);
    leaf(&mut text, "Message", &fault.message);
    for (name, value) in fault.elements() {
        leaf(&mut text, name, value);
    }
    leaf(&mut text, "RequestId", request_id);
    text.push_str("</Error>");
    text.into_bytes()
}

fn error_response(root: &str, fault: &Fault, code: &str, added: &str, request_id: &str) -> Vec<u8> {
    let mut text = PROLOGUE.to_owned();
    text.push_str(root);
    text.push_str("<Error>");
    leaf(
        &mut text,
        "Type",
        if fault.sender { "Sender" } else { "Receiver" },
    );
    leaf(&mut text, "Code", code);
    leaf(&mut text, "Message", &fault.message);
    text.push_str(added);
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
    fn new(schema: &'static ServiceSchema) -> Self {
        Self {
            schema,
            text: PROLOGUE.to_owned(),
        }
    }

    fn open_root(&mut self, name: &str) {
        let _ = write!(
            self.text,
            "<{name} xmlns=\"{}\">",
            self.schema.xml_namespace
        );
    }

    fn open(&mut self, name: &str) {
        let _ = write!(self.text, "<{name}>");
    }

    fn close(&mut self, name: &str) {
        let _ = write!(self.text, "</{name}>");
    }

    fn leaf(&mut self, name: &str, value: &str) {
        leaf(&mut self.text, name, value);
    }

    fn output(&mut self, operation: &OperationSchema, output: &dyn Struct) {
        if let Some(shape) = operation.output {
            self.members(self.schema.members(shape), output);
        }
    }

    fn members(&mut self, members: &'static [Member], value: &dyn Struct) {
        for (index, member) in members.iter().enumerate() {
            if member.location != Location::Body || member.attribute {
                continue;
            }
            let view = value.member(index);
            if !matches!(view, View::Absent) {
                let shape = self.schema.shape(member.shape);
                self.value(member.location_name, shape, member.flattened, &view);
            }
        }
    }

    /// The start of a structure's element.
    fn open_with_attributes(&mut self, name: &str, members: &'static [Member], value: &dyn Struct) {
        let _ = write!(self.text, "<{name}");
        for (index, member) in members.iter().enumerate().filter(|(_, it)| it.attribute) {
            let shape = self.schema.shape(member.shape);
            let text = text::render(shape, &value.member(index), TimestampFormat::Iso8601);
            let Some(text) = text else { continue };
            if member.location_name.starts_with("xsi:") {
                let _ = write!(self.text, " xmlns:xsi=\"{INSTANCE_NAMESPACE}\"");
            }
            let _ = write!(self.text, " {}=\"", member.location_name);
            escape(&mut self.text, &text);
            self.text.push('"');
        }
        self.text.push('>');
    }

    fn value(&mut self, name: &str, shape: &'static Shape, flattened: bool, view: &View<'_>) {
        match (view, &shape.kind) {
            (View::Absent, _) => {}
            // IAM and STS print no fraction (platform §1).
            (View::Time(at), Kind::Timestamp(None))
                if matches!(self.schema.name, "iam" | "sts") =>
            {
                self.leaf(name, &at.iso8601_seconds());
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
            (View::Struct(value), Kind::Structure { members }) => {
                self.open_with_attributes(name, members, *value);
                self.members(members, *value);
                self.close(name);
            }
            (view, _) => match text::render(shape, view, TimestampFormat::Iso8601) {
                Some(text) => self.leaf(name, &text),
                None => debug_assert!(false, "value and shape of {name} disagree"),
            },
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
