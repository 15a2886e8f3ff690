//! A message: what it may be, and what of it each protocol gets. Pure.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wharf_api_sns::{MessageAttributeValue, faults};
use wharf_wire::Fault;

use crate::{crypt, endpoint::Protocol, fifo};

/// Bytes of a message with its attributes.
pub const MOST_BYTES: usize = 256 << 10;
const LONGEST_SUBJECT: usize = 100;
/// Attributes that a queue takes.
const MOST_RAW_ATTRIBUTES: usize = 10;

/// A message as it was published.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub id: String,
    pub text: String,
    #[serde(default)]
    pub subject: Option<String>,
    #[serde(default)]
    pub attributes: BTreeMap<String, Attribute>,
    #[serde(default)]
    pub group: Option<String>,
    /// What repetitions are told by.
    #[serde(default)]
    pub told_by: Option<String>,
    /// Of a topic with order.
    #[serde(default)]
    pub number: Option<u64>,
    /// It comes from an archive.
    #[serde(default)]
    pub is_replayed: bool,
    /// ISO 8601
    pub published_at: String,
    /// Other texts, by the protocols that get them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub texts: BTreeMap<String, String>,
    /// Of a topic with a key of KMS: text, subject and attributes are in here.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sealed: Option<crypt::Sealed>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Attribute {
    pub data_type: String,
    #[serde(default)]
    pub text: Option<String>,
    /// In base 64.
    #[serde(default)]
    pub binary: Option<String>,
}

impl Attribute {
    pub fn value(&self) -> &str {
        self.text
            .as_deref()
            .or(self.binary.as_deref())
            .unwrap_or_default()
    }
}

/// What a request publishes.
#[derive(Debug, Default)]
pub struct Given {
    pub text: Option<String>,
    pub subject: Option<String>,
    pub structure: Option<String>,
    pub attributes: Option<BTreeMap<String, MessageAttributeValue>>,
    pub group: Option<String>,
    pub told_by: Option<String>,
}

impl Message {
    /// # Errors
    /// A part is not as SNS wants it.
    pub fn new(given: Given, id: String, published_at: String) -> Result<Self, Fault> {
        let text = given.text.filter(|it| !it.is_empty());
        let text = text.ok_or_else(|| {
            faults::invalid_parameter_exception("Invalid parameter: Empty message")
        })?;
        if let Some(subject) = &given.subject {
            let fits = !subject.chars().any(char::is_control);
            let length = subject.chars().count();
            if !(1..=LONGEST_SUBJECT).contains(&length) || !fits || subject.starts_with(' ') {
                return Err(faults::invalid_parameter_exception(
                    "Invalid parameter: Subject",
                ));
            }
        }
        let size = text.len();
        let (text, texts) = match given.structure.as_deref() {
            None | Some("") => (text, BTreeMap::new()),
            Some("json") => for_protocols(&text)?,
            Some(_) => {
                return Err(faults::invalid_parameter_exception(
                    "Invalid parameter: Invalid message structure",
                ));
            }
        };
        if let Some(group) = &given.group {
            fifo::check_id("MessageGroupId", group)?;
        }
        if let Some(told_by) = &given.told_by {
            fifo::check_id("MessageDeduplicationId", told_by)?;
        }
        let mut attributes = BTreeMap::new();
        for (name, it) in given.attributes.unwrap_or_default() {
            attributes.insert(name.clone(), attribute(&name, it)?);
        }
        let of =
            |(name, it): (&String, &Attribute)| name.len() + it.data_type.len() + it.value().len();
        if size + attributes.iter().map(of).sum::<usize>() > MOST_BYTES {
            return Err(faults::invalid_parameter_exception(
                "Invalid parameter: Message too long",
            ));
        }
        Ok(Self {
            id,
            text,
            subject: given.subject,
            attributes,
            group: given.group,
            told_by: given.told_by,
            published_at,
            texts,
            ..Self::default()
        })
    }

    /// One of our own.
    pub fn ours(text: String, id: String, published_at: String) -> Self {
        Self {
            id,
            text,
            published_at,
            ..Self::default()
        }
    }

    fn text_for(&self, protocol: Protocol) -> &str {
        self.texts.get(protocol.name()).unwrap_or(&self.text)
    }

    /// What subscriptions of a protocol get.
    pub fn for_protocol(&self, protocol: Protocol) -> Self {
        Self {
            text: self.text_for(protocol).to_owned(),
            texts: BTreeMap::new(),
            ..self.clone()
        }
    }

    /// As the API shows it: as long as those of AWS.
    pub fn sequence_number(&self) -> Option<String> {
        self.number.map(sequence_number)
    }

    /// Bytes of what was published: texts and attributes.
    pub fn published_bytes(&self) -> usize {
        let attributes = self.attributes.iter();
        let of =
            |(name, it): (&String, &Attribute)| name.len() + it.data_type.len() + it.value().len();
        let texts: usize = self.texts.values().map(String::len).sum();
        self.text.len() + texts + attributes.map(of).sum::<usize>()
    }

    /// Bytes that it takes when it is kept, at most, beside what is as long in every message.
    pub fn size(&self) -> usize {
        let texts = self.texts.iter();
        let texts = texts.map(|(name, it)| quoted_bytes(name) + quoted_bytes(it) + 2);
        self.size_with(&self.text) + texts.sum::<usize>()
    }

    /// That of what subscriptions of a protocol get.
    pub fn size_for(&self, protocol: Protocol) -> usize {
        self.size_with(self.text_for(protocol))
    }

    fn size_with(&self, text: &str) -> usize {
        let attribute = |(name, it): (&String, &Attribute)| {
            let texts = [name.as_str(), it.data_type.as_str(), it.value()];
            texts.into_iter().map(quoted_bytes).sum::<usize>() + 64
        };
        let attributes: usize = self.attributes.iter().map(attribute).sum();
        let sealed = self.sealed.as_ref();
        let sealed = sealed.map_or(0, |it| it.key.len() + it.content.len());
        let others = [&self.subject, &self.group, &self.told_by];
        let others = others.into_iter().flatten().map(|it| quoted_bytes(it));
        quoted_bytes(text) + attributes + sealed + others.sum::<usize>()
    }

    /// The attributes as a queue takes them, for who gets the message alone; `None` for more than it takes.
    pub fn raw_attributes(&self) -> Option<Value> {
        let shown = |(name, it): (&String, &Attribute)| {
            let kind = match it.data_type.as_str() {
                "String.Array" => "String",
                kind => kind,
            };
            let value = match (&it.text, &it.binary) {
                (None, Some(binary)) => json!({"DataType": kind, "BinaryValue": binary}),
                _ => json!({"DataType": kind, "StringValue": it.value()}),
            };
            (name.clone(), value)
        };
        let all: Map<_, _> = self.attributes.iter().map(shown).collect();
        (all.len() <= MOST_RAW_ATTRIBUTES).then(|| all.into())
    }
}

/// Bytes of a text in JSON, where escapes make it longer than what it says.
pub fn quoted_bytes(text: &str) -> usize {
    let bytes = text.bytes().map(|it| match it {
        b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0c => 2_usize,
        0..0x20 => 6,
        _ => 1,
    });
    2 + bytes.sum::<usize>()
}

/// A number as the API shows it.
pub fn sequence_number(number: u64) -> String {
    format!("{}", 10_000_000_000_000_000_000_u64.saturating_add(number))
}

/// The text for who has none of its own, and those for several protocols.
fn for_protocols(text: &str) -> Result<(String, BTreeMap<String, String>), Fault> {
    let bad = |why: &str| {
        faults::invalid_parameter_exception(format!("Invalid parameter: Message Structure - {why}"))
    };
    let Ok(Value::Object(texts)) = serde_json::from_str(text) else {
        return Err(bad("JSON message body failed to parse"));
    };
    // Those of protocols that nobody knows are nobody's.
    let texts = texts.into_iter().filter_map(|(name, value)| match value {
        Value::String(text) => Some((name, text)),
        _ => None,
    });
    let mut texts: BTreeMap<_, _> = texts.collect();
    match texts.remove("default") {
        Some(default) => Ok((default, texts)),
        None => Err(bad("No default entry in JSON message body")),
    }
}

fn attribute(name: &str, it: MessageAttributeValue) -> Result<Attribute, Fault> {
    let bad = |why: String| Fault::sender("ParameterValueInvalid", 400, why);
    let data_type = it.data_type.unwrap_or_default();
    let (text, binary) = match data_type.split('.').next().unwrap_or_default() {
        "String" | "Number" => (it.string_value.filter(|it| !it.is_empty()), None),
        "Binary" => (None, it.binary_value.filter(|it| !it.is_empty())),
        _ => {
            return Err(bad(format!(
                "The message attribute '{name}' has an invalid message attribute type, the set of supported \
                 type prefixes is Binary, Number, and String."
            )));
        }
    };
    if text.is_none() && binary.is_none() {
        return Err(bad(format!(
            "The message attribute '{name}' must contain non-empty message attribute value for message \
             attribute type '{data_type}'."
        )));
    }
    if data_type == "Number" && text.as_ref().is_some_and(|it| it.parse::<f64>().is_err()) {
        return Err(bad(format!(
            "Could not cast message attribute '{name}' value to number."
        )));
    }
    Ok(Attribute {
        data_type,
        text,
        binary: binary.map(|it| STANDARD.encode(it)),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_subjects_may_be() {
        let with = |subject: &str| {
            let given = Given {
                text: Some("text".to_owned()),
                subject: Some(subject.to_owned()),
                ..Given::default()
            };
            Message::new(given, String::new(), String::new()).is_ok()
        };
        // Names of alarms are in them, which may be in any language.
        for subject in ["ALARM: \"Büro-CPU\"", "警報", &"ü".repeat(100)] {
            assert!(with(subject), "{subject}");
        }
        for subject in ["", " a", "a\nb", "a\u{85}b", "\u{7}", &"ü".repeat(101)] {
            assert!(!with(subject), "{subject:?}");
        }
    }

    #[test]
    fn a_text_is_as_long_as_its_json() {
        for letter in ('\0'..='\u{100}').chain(['€', '警', '\u{2028}', '🙂']) {
            let text = format!("a{letter}");
            let json = serde_json::to_string(&text).unwrap();
            assert_eq!(quoted_bytes(&text), json.len(), "{letter:?}");
        }
    }
}
