//! A message: what it may be, and how queues get it. Pure.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use wharf_api_sns::{MessageAttributeValue, faults};
use wharf_wire::Fault;

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
    /// ISO 8601
    pub published_at: String,
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
    fn value(&self) -> &str {
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
            let fits = subject.chars().all(|it| it.is_ascii_graphic() || it == ' ');
            if !(1..=LONGEST_SUBJECT).contains(&subject.len()) || !fits || subject.starts_with(' ')
            {
                return Err(faults::invalid_parameter_exception(
                    "Invalid parameter: Subject",
                ));
            }
        }
        let text = match given.structure.as_deref() {
            None | Some("") => text,
            Some("json") => for_queues(&text)?,
            Some(_) => {
                return Err(faults::invalid_parameter_exception(
                    "Invalid parameter: Invalid message structure",
                ));
            }
        };
        let mut attributes = BTreeMap::new();
        for (name, it) in given.attributes.unwrap_or_default() {
            attributes.insert(name.clone(), attribute(&name, it)?);
        }
        let of =
            |(name, it): (&String, &Attribute)| name.len() + it.data_type.len() + it.value().len();
        if text.len() + attributes.iter().map(of).sum::<usize>() > MOST_BYTES {
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
            published_at,
        })
    }

    /// What a queue gets: the message with what is known of it.
    pub fn envelope(&self, topic: &str) -> String {
        let mut envelope = json!({
            "Type": "Notification",
            "MessageId": self.id,
            "TopicArn": topic,
            "Message": self.text,
            "Timestamp": self.published_at,
        });
        if let Some(subject) = &self.subject {
            envelope["Subject"] = subject.as_str().into();
        }
        if !self.attributes.is_empty() {
            let shown = |(name, it): (&String, &Attribute)| {
                (
                    name.clone(),
                    json!({"Type": it.data_type, "Value": it.value()}),
                )
            };
            let all: Map<_, _> = self.attributes.iter().map(shown).collect();
            envelope["MessageAttributes"] = all.into();
        }
        envelope.to_string()
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

/// The text for queues among those for several protocols.
fn for_queues(text: &str) -> Result<String, Fault> {
    let bad = |why: &str| {
        faults::invalid_parameter_exception(format!("Invalid parameter: Message Structure - {why}"))
    };
    let Ok(Value::Object(texts)) = serde_json::from_str(text) else {
        return Err(bad("JSON message body failed to parse"));
    };
    let Some(default) = texts.get("default").and_then(Value::as_str) else {
        return Err(bad("No default entry in JSON message body"));
    };
    let own = texts.get("sqs").and_then(Value::as_str);
    Ok(own.unwrap_or(default).to_owned())
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
