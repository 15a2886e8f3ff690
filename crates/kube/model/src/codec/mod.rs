//! Bytes to objects and back: JSON, YAML and protobuf, all of bounded size and depth.

pub mod json;
mod protobuf;
pub mod syntax;
pub mod wire;
mod yaml;

pub use self::protobuf::as_go_has_it;
use crate::Catalog;
use serde_json::Value;

/// What objects are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum MediaType {
    /// `application/json`
    Json,
    /// `application/yaml`
    Yaml,
    /// `application/vnd.kubernetes.protobuf`
    Protobuf,
}

/// An object as it was sent.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoded {
    pub value: Value,
    /// Fields that were given twice, as upstream tells them to a client (`duplicate field "spec.replicas"`). The last one holds.
    pub duplicates: Vec<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecodeError {
    /// In upstream's words.
    pub message: String,
}

/// An object from bytes. Protobuf finds the object's type in the catalog by the envelope's apiVersion and kind, or takes
/// `default` (apiVersion and kind) where the envelope says none.
pub fn decode(
    catalog: &Catalog,
    media: MediaType,
    bytes: &[u8],
    default: Option<(&str, &str)>,
) -> Result<Decoded, DecodeError> {
    let (value, duplicates) = match media {
        MediaType::Json => json::decode(bytes)?,
        MediaType::Yaml => yaml::decode(bytes)?,
        MediaType::Protobuf => (protobuf::decode(catalog, bytes, default)?, Vec::new()),
    };
    Ok(Decoded { value, duplicates })
}

/// What YAML says that is no object of the API, but a text in one. Of what is given twice, the last holds.
pub fn from_yaml(text: &str) -> Result<Value, DecodeError> {
    yaml::decode(text.as_bytes()).map(|(value, _)| value)
}

/// An object as bytes; `None` where its kind has no protobuf form (custom resources, Table).
#[must_use]
pub fn encode(catalog: &Catalog, media: MediaType, object: &Value) -> Option<Vec<u8>> {
    match media {
        MediaType::Json => {
            let mut bytes = serde_json::to_vec(object).ok()?;
            bytes.push(b'\n');
            Some(bytes)
        }
        MediaType::Yaml => Some(yaml::encode(object)),
        MediaType::Protobuf => protobuf::encode(catalog, object),
    }
}

/// A list of objects that are encoded already, so that bytes can be shared: `head` is the list without its items. `None` for YAML.
#[must_use]
pub fn encode_list<'a>(
    catalog: &Catalog,
    media: MediaType,
    head: &Value,
    items: impl Iterator<Item = &'a [u8]>,
) -> Option<Vec<u8>> {
    match media {
        MediaType::Json => {
            let mut bytes = serde_json::to_vec(head).ok()?;
            bytes.pop().filter(|last| *last == b'}')?;
            bytes.extend_from_slice(if bytes.len() > 1 {
                b",\"items\":["
            } else {
                b"\"items\":["
            });
            for (index, item) in items.enumerate() {
                if index > 0 {
                    bytes.push(b',');
                }
                bytes.extend_from_slice(item.trim_ascii_end());
            }
            bytes.extend_from_slice(b"]}\n");
            Some(bytes)
        }
        MediaType::Yaml => None,
        MediaType::Protobuf => protobuf::encode_list(catalog, head, items),
    }
}

/// A watch event around an object that is already encoded.
#[must_use]
pub fn watch_frame(media: MediaType, event: &str, object: &[u8]) -> Vec<u8> {
    match media {
        MediaType::Json | MediaType::Yaml => {
            let object = object.trim_ascii_end();
            let mut frame = Vec::with_capacity(object.len() + event.len() + 24);
            frame.extend_from_slice(b"{\"type\":\"");
            frame.extend_from_slice(event.as_bytes());
            frame.extend_from_slice(b"\",\"object\":");
            frame.extend_from_slice(object);
            frame.extend_from_slice(b"}\n");
            frame
        }
        MediaType::Protobuf => protobuf::watch_frame(event, object),
    }
}

#[cfg(test)]
mod goldens;
#[cfg(test)]
mod tests;
