//! What form an answer has: the media type, and whether an object, a table of it or its metadata alone.

use http::{HeaderMap, header::ACCEPT};
use wharf_kube_model::codec::MediaType;

pub const JSON: &str = "application/json";
pub const YAML: &str = "application/yaml";
pub const PROTOBUF: &str = "application/vnd.kubernetes.protobuf";
pub const ALL: [&str; 3] = [JSON, YAML, PROTOBUF];

/// What comes beside for lists that are watched.
pub const STREAMS: [&str; 2] = [
    "application/json;stream=watch",
    "application/vnd.kubernetes.protobuf;stream=watch",
];

/// Bytes of the header that are read.
const MOST_BYTES: usize = 8 << 10;

/// What of an object is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    Whole,
    /// In this version of `meta.k8s.io`.
    Table(&'static str),
    Metadata(&'static str),
    /// Of a list.
    MetadataList(&'static str),
}

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Form {
    pub media: MediaType,
    pub shape: Shape,
}

impl Form {
    pub const JSON: Self = Self {
        media: MediaType::Json,
        shape: Shape::Whole,
    };
}

/// One of the things that a client accepts, in the order it likes them.
pub struct Clause<'a> {
    pub kind: &'a str,
    parameters: Vec<(&'a str, &'a str)>,
    weight: u32,
}

impl<'a> Clause<'a> {
    pub fn get(&self, name: &str) -> Option<&'a str> {
        let mut found = self.parameters.iter();
        found.find_map(|(key, value)| (*key == name).then_some(*value))
    }
}

/// The clauses of an `Accept` header.
pub fn clauses(headers: &HeaderMap) -> Vec<Clause<'_>> {
    let Some(text) = headers.get(ACCEPT).and_then(|it| it.to_str().ok()) else {
        return Vec::new();
    };
    let text = text.get(..MOST_BYTES).unwrap_or(text);
    let mut all: Vec<_> = text
        .split(',')
        .map(|clause| {
            let mut parts = clause.split(';').map(str::trim);
            let kind = parts.next().unwrap_or_default();
            let parameters: Vec<_> = parts
                .filter_map(|it| it.split_once('='))
                .map(|(key, value)| (key.trim(), value.trim().trim_matches('"')))
                .collect();
            let weight = parameters.iter().find(|(key, _)| *key == "q");
            let weight = weight.and_then(|(_, value)| value.parse::<f32>().ok());
            Clause {
                kind,
                parameters,
                weight: (weight.unwrap_or(1.0).clamp(0.0, 1.0) * 1000.0) as u32,
            }
        })
        .filter(|it| !it.kind.is_empty() && it.weight > 0)
        .collect();
    all.sort_by_key(|it| std::cmp::Reverse(it.weight));
    all
}

/// What a client accepts of what there is.
#[derive(Debug, Clone, Copy)]
pub struct Offer {
    /// Custom resources have no form in protobuf.
    pub protobuf: bool,
    /// A watch is no stream of YAML.
    pub yaml: bool,
    /// Objects of a resource can be shown as tables and by their metadata.
    pub shapes: bool,
}

/// `None` where nothing of what is offered is accepted.
pub fn negotiate(headers: &HeaderMap, offer: Offer) -> Option<Form> {
    let clauses = clauses(headers);
    if clauses.is_empty() {
        return Some(Form::JSON);
    }
    clauses.iter().find_map(|clause| {
        let media = match clause.kind {
            "*/*" | "application/*" | JSON => MediaType::Json,
            YAML if offer.yaml => MediaType::Yaml,
            PROTOBUF if offer.protobuf => MediaType::Protobuf,
            _ => return None,
        };
        let shape = match clause.get("as") {
            None => Shape::Whole,
            Some(_) if !offer.shapes || clause.get("g") != Some("meta.k8s.io") => return None,
            Some(shape) => {
                let version = match clause.get("v") {
                    Some("v1") => "v1",
                    Some("v1beta1") => "v1beta1",
                    _ => return None,
                };
                match shape {
                    // A table's cells are JSON.
                    "Table" if media != MediaType::Protobuf => Shape::Table(version),
                    "PartialObjectMetadata" => Shape::Metadata(version),
                    "PartialObjectMetadataList" => Shape::MetadataList(version),
                    _ => return None,
                }
            }
        };
        Some(Form { media, shape })
    })
}

/// Whether a client accepts one of the media types that there are, in whatever shape.
pub fn names_any(headers: &HeaderMap) -> bool {
    let all = clauses(headers);
    all.is_empty()
        || all
            .iter()
            .any(|it| ALL.contains(&it.kind) || ["*/*", "application/*"].contains(&it.kind))
}

/// The form of a body; nothing said is JSON.
pub fn body_media(content_type: Option<&str>) -> Option<MediaType> {
    let kind = content_type.unwrap_or(JSON).split(';').next();
    match kind.unwrap_or_default().trim() {
        "" | JSON => Some(MediaType::Json),
        YAML => Some(MediaType::Yaml),
        PROTOBUF => Some(MediaType::Protobuf),
        _ => None,
    }
}

pub fn content_type(media: MediaType, stream: bool) -> &'static str {
    match (media, stream) {
        (MediaType::Json, _) => JSON,
        (MediaType::Yaml, _) => YAML,
        (MediaType::Protobuf, false) => PROTOBUF,
        (MediaType::Protobuf, true) => "application/vnd.kubernetes.protobuf;stream=watch",
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ANY: Offer = Offer {
        protobuf: true,
        yaml: true,
        shapes: true,
    };

    fn form(accept: &'static str, offer: Offer) -> Option<Form> {
        let mut headers = HeaderMap::new();
        headers.insert(ACCEPT, accept.parse().unwrap());
        negotiate(&headers, offer)
    }

    #[test]
    fn the_first_that_there_is() {
        let custom = Offer {
            protobuf: false,
            ..ANY
        };
        let kubectl = "application/json;as=Table;v=v1;g=meta.k8s.io,application/json;as=Table;v=v1beta1;g=meta.k8s.io,application/json";
        let table = Form {
            shape: Shape::Table("v1"),
            ..Form::JSON
        };
        let protobuf = Form {
            media: MediaType::Protobuf,
            ..Form::JSON
        };
        for (accept, offer, expected) in [
            (kubectl, ANY, Some(table)),
            (
                kubectl,
                Offer {
                    shapes: false,
                    ..ANY
                },
                Some(Form::JSON),
            ),
            (
                "application/vnd.kubernetes.protobuf,application/json",
                ANY,
                Some(protobuf),
            ),
            (
                "application/vnd.kubernetes.protobuf,application/json",
                custom,
                Some(Form::JSON),
            ),
            ("application/vnd.kubernetes.protobuf", custom, None),
            (
                "application/json;q=0.5, application/vnd.kubernetes.protobuf",
                ANY,
                Some(protobuf),
            ),
            ("text/html, */*;q=0.1", ANY, Some(Form::JSON)),
            ("text/html", ANY, None),
            ("application/json;as=Chair;v=v1;g=meta.k8s.io", ANY, None),
        ] {
            assert_eq!(form(accept, offer), expected, "{accept}");
        }
        assert_eq!(negotiate(&HeaderMap::new(), ANY), Some(Form::JSON));
    }

    proptest! {
        #[test]
        fn any_header_is_read(accept in "[ -~]*") {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, accept.parse().unwrap());
            negotiate(&headers, ANY);
        }
    }
}
