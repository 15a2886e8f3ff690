//! What a message says: its body and attributes, what they may be, their size and checksums. Pure.

use std::collections::BTreeMap;

use md5::{Digest, Md5};
use serde::{Deserialize, Serialize};
use wharf_api_sqs::{MessageAttributeValue, MessageSystemAttributeValue, faults};
use wharf_wire::Fault;

use crate::fault;

/// Attributes of a message.
const MOST_ATTRIBUTES: usize = 10;
const LONGEST_NAME: usize = 256;
/// The only system attribute that senders set.
const TRACE: &str = "AWSTraceHeader";

/// A body with its attributes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Content {
    pub body: String,
    pub attributes: BTreeMap<String, Attribute>,
    /// `AWSTraceHeader`
    pub trace: Option<Attribute>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attribute {
    pub data_type: String,
    pub value: Value,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Value {
    Text(String),
    Binary(Vec<u8>),
}

impl Value {
    fn bytes(&self) -> &[u8] {
        match self {
            Self::Text(text) => text.as_bytes(),
            Self::Binary(bytes) => bytes,
        }
    }
}

impl Attribute {
    fn to_wire(&self) -> MessageAttributeValue {
        let (text, binary) = match &self.value {
            Value::Text(text) => (Some(text.clone()), None),
            Value::Binary(bytes) => (None, Some(bytes.clone())),
        };
        MessageAttributeValue {
            string_value: text,
            binary_value: binary,
            data_type: Some(self.data_type.clone()),
            ..MessageAttributeValue::default()
        }
    }
}

impl Content {
    /// What a request sends.
    ///
    /// # Errors
    /// There is no body, or a part is not as SQS wants it.
    pub fn given(
        body: Option<String>,
        attributes: Option<BTreeMap<String, MessageAttributeValue>>,
        system: Option<BTreeMap<String, MessageSystemAttributeValue>>,
    ) -> Result<Self, Fault> {
        let body = body.filter(|it| !it.is_empty());
        let body = body.ok_or_else(|| fault::missing("MessageBody"))?;
        check_characters(&body)?;
        let attributes = attributes.unwrap_or_default();
        if attributes.len() > MOST_ATTRIBUTES {
            return Err(fault::invalid(format!(
                "Number of message attributes [{}] exceeds the allowed maximum [{MOST_ATTRIBUTES}].",
                attributes.len()
            )));
        }
        let mut read = BTreeMap::new();
        for (name, it) in attributes {
            check_name(&name)?;
            let attribute = attribute(&name, it.data_type, it.string_value, it.binary_value)?;
            read.insert(name, attribute);
        }
        let mut trace = None;
        for (name, it) in system.unwrap_or_default() {
            if name != TRACE {
                return Err(fault::invalid(format!(
                    "Message system attribute name '{}' is invalid. The only supported message system \
                     attribute is {TRACE}.",
                    name.chars().take(100).collect::<String>()
                )));
            }
            let of = attribute(&name, it.data_type, it.string_value, it.binary_value)?;
            if of.data_type != "String" {
                return Err(fault::invalid(format!(
                    "The message system attribute {TRACE} must be a String."
                )));
            }
            trace = Some(of);
        }
        Ok(Self {
            body,
            attributes: read,
            trace,
        })
    }

    /// Bytes as quotas count them: body, and names, types and values of attributes.
    pub fn size(&self) -> usize {
        let of = |(name, it): (&String, &Attribute)| {
            name.len() + it.data_type.len() + it.value.bytes().len()
        };
        self.body.len() + self.attributes.iter().map(of).sum::<usize>()
    }

    pub fn md5_of_body(&self) -> String {
        hex::encode(Md5::digest(self.body.as_bytes()))
    }

    pub fn md5_of_attributes(&self) -> Option<String> {
        md5_of(self.attributes.iter())
    }

    pub fn md5_of_system_attributes(&self) -> Option<String> {
        let name = TRACE.to_owned();
        md5_of(self.trace.iter().map(|it| (&name, it)))
    }

    /// Attributes that a receive asks for: by name, by prefix (`bar.*`), or `All` and `.*`; and their checksum.
    pub fn asked(
        &self,
        names: &[String],
    ) -> Option<(BTreeMap<String, MessageAttributeValue>, String)> {
        let is_asked = |name: &str| {
            names.iter().any(|asked| match asked.strip_suffix(".*") {
                _ if asked == "All" => true,
                Some(prefix) => name.starts_with(prefix),
                None => asked == name,
            })
        };
        let chosen = || self.attributes.iter().filter(|(name, _)| is_asked(name));
        let md5 = md5_of(chosen())?;
        let shown = chosen().map(|(name, it)| (name.clone(), it.to_wire()));
        Some((shown.collect(), md5))
    }

    pub fn trace(&self) -> Option<&str> {
        match &self.trace.as_ref()?.value {
            Value::Text(text) => Some(text),
            Value::Binary(_) => None,
        }
    }
}

/// The checksum that SDKs compute as well: of each attribute, by name, length and bytes of name and type, the
/// kind of the value, its length and bytes.
fn md5_of<'a>(attributes: impl Iterator<Item = (&'a String, &'a Attribute)>) -> Option<String> {
    let mut hash = Md5::new();
    let mut any = false;
    let mut add = |hash: &mut Md5, bytes: &[u8]| {
        any = true;
        hash.update(u32::try_from(bytes.len()).unwrap_or(u32::MAX).to_be_bytes());
        hash.update(bytes);
    };
    for (name, it) in attributes {
        add(&mut hash, name.as_bytes());
        add(&mut hash, it.data_type.as_bytes());
        hash.update([match it.value {
            Value::Text(_) => 1,
            Value::Binary(_) => 2,
        }]);
        add(&mut hash, it.value.bytes());
    }
    any.then(|| hex::encode(hash.finalize()))
}

/// SQS takes what XML 1.0 can say.
fn check_characters(text: &str) -> Result<(), Fault> {
    let fits = |it: char| matches!(it, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..);
    match text.chars().all(fits) {
        true => Ok(()),
        false => Err(faults::invalid_message_contents(
            "Invalid characters found. Valid unicode characters are #x9 | #xA | #xD | #x20 to #xD7FF | \
             #xE000 to #xFFFD | #x10000 to #x10FFFF.",
        )),
    }
}

fn check_name(name: &str) -> Result<(), Fault> {
    let fits = |it: u8| it.is_ascii_alphanumeric() || matches!(it, b'_' | b'-' | b'.');
    let lower = name.to_ascii_lowercase();
    let fits = (1..=LONGEST_NAME).contains(&name.len())
        && name.bytes().all(fits)
        && !name.starts_with('.')
        && !name.ends_with('.')
        && !name.contains("..")
        && !lower.starts_with("aws.")
        && !lower.starts_with("amazon.");
    match fits {
        true => Ok(()),
        false => Err(fault::invalid(format!(
            "The message attribute name '{}' is invalid. Attribute name can contain A-Z, a-z, 0-9, \
             underscore (_), hyphen (-), and period (.) characters, must not start with AWS. or Amazon., and \
             has at most {LONGEST_NAME} characters.",
            name.chars().take(LONGEST_NAME).collect::<String>()
        ))),
    }
}

/// Digits, a sign, a point and an exponent: `NaN` and `inf` are no numbers here.
fn is_number(text: &str) -> bool {
    let text = text.trim();
    let fits = |it: u8| it.is_ascii_digit() || matches!(it, b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(fits) && text.parse::<f64>().is_ok()
}

fn attribute(
    name: &str,
    data_type: Option<String>,
    text: Option<String>,
    binary: Option<Vec<u8>>,
) -> Result<Attribute, Fault> {
    let empty = || {
        fault::invalid(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message \
             attribute type."
        ))
    };
    let data_type = data_type.filter(|it| !it.is_empty()).ok_or_else(|| {
        fault::invalid(format!(
            "The message attribute '{name}' must contain non-empty message attribute type."
        ))
    })?;
    if data_type.len() > LONGEST_NAME {
        return Err(fault::invalid(format!(
            "The message attribute '{name}' type must be at most {LONGEST_NAME} bytes long."
        )));
    }
    let value = match data_type.split('.').next().unwrap_or_default() {
        kind @ ("String" | "Number") => {
            let text = text.filter(|it| !it.is_empty()).ok_or_else(empty)?;
            check_characters(&text)?;
            if kind == "Number" && !is_number(&text) {
                return Err(fault::invalid(format!(
                    "Can't cast the value of message attribute '{name}' to a number."
                )));
            }
            Value::Text(text)
        }
        "Binary" => Value::Binary(binary.filter(|it| !it.is_empty()).ok_or_else(empty)?),
        _ => {
            return Err(fault::invalid(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of \
                 supported type prefixes is Binary, Number, and String."
            )));
        }
    };
    Ok(Attribute { data_type, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(kind: &str, value: &str) -> MessageAttributeValue {
        MessageAttributeValue {
            data_type: Some(kind.to_owned()),
            string_value: Some(value.to_owned()),
            ..MessageAttributeValue::default()
        }
    }

    fn content(attributes: &[(&str, MessageAttributeValue)]) -> Result<Content, String> {
        let attributes = attributes
            .iter()
            .map(|(name, it)| ((*name).to_owned(), it.clone()));
        let given = Content::given(Some("hello".to_owned()), Some(attributes.collect()), None);
        given.map_err(|it| it.message)
    }

    #[test]
    fn checksums_are_those_of_clients() {
        let content = content(&[
            ("city", text("String", "Any City")),
            ("n", text("Number", "1.5")),
        ])
        .unwrap();
        assert_eq!(content.md5_of_body(), "5d41402abc4b2a76b9719d911017c592");
        // Of what botocore and the SDKs hash: lengths in four bytes, big end first.
        let mut bytes = Vec::new();
        for (name, kind, value) in [("city", "String", "Any City"), ("n", "Number", "1.5")] {
            for part in [name, kind] {
                bytes.extend((part.len() as u32).to_be_bytes());
                bytes.extend(part.as_bytes());
            }
            bytes.push(1);
            bytes.extend((value.len() as u32).to_be_bytes());
            bytes.extend(value.as_bytes());
        }
        assert_eq!(
            content.md5_of_attributes(),
            Some(hex::encode(Md5::digest(&bytes)))
        );
        assert_eq!(content.size(), 5 + 4 + 6 + 8 + 1 + 6 + 3);
    }

    #[test]
    fn attributes_are_asked_for_by_name_and_prefix() {
        let content = content(&[
            ("a.x", text("String", "1")),
            ("a.y", text("String", "2")),
            ("b", text("String", "3")),
        ]);
        let content = content.unwrap();
        for (asked, found) in [("All", 3), (".*", 3), ("a.*", 2), ("b", 1), ("c", 0)] {
            let shown = content.asked(&[asked.to_owned()]);
            assert_eq!(shown.map_or(0, |(it, _)| it.len()), found, "{asked}");
        }
    }

    #[test]
    fn what_is_refused() {
        for (name, value) in [
            ("aws.x", text("String", "1")),
            (".x", text("String", "1")),
            ("x", text("Text", "1")),
            ("x", text("Number", "one")),
            ("x", text("Number", "NaN")),
            ("x", text("Number", "-inf")),
            ("x", text("String", "")),
            ("x", text("", "1")),
            ("x", text("Binary", "1")),
            ("x", text("String", "\u{1}")),
        ] {
            assert!(content(&[(name, value)]).is_err(), "{name}");
        }
        let body = |it: &str| Content::given(Some(it.to_owned()), None, None).map_err(|it| it.code);
        assert_eq!(body("").unwrap_err(), "MissingParameter");
        assert_eq!(body("\u{ffff}").unwrap_err(), "InvalidMessageContents");
        assert!(body("\t🚢").is_ok());
    }
}
