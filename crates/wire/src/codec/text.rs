//! Scalars as text: in XML, forms, headers, labels and query strings.

use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use wharf_base::Timestamp;

use super::Malformed;
use crate::{
    node::{Slot, View},
    schema::{Kind, Shape, TimestampFormat},
};

/// Numbers that JSON has no digits for.
pub fn unusual(number: f64) -> &'static str {
    if number.is_nan() {
        "NaN"
    } else if number > 0.0 {
        "Infinity"
    } else {
        "-Infinity"
    }
}

/// A scalar; `None` for what is none. `otherwise` is the format of times that the shape leaves open.
pub fn render(shape: &Shape, view: &View<'_>, otherwise: TimestampFormat) -> Option<String> {
    Some(match view {
        View::Str(text) => (*text).to_owned(),
        View::Bool(value) => value.to_string(),
        View::Long(number) => number.to_string(),
        View::Double(number) if !number.is_finite() => unusual(*number).to_owned(),
        View::Double(number) => number.to_string(),
        View::Blob(bytes) => BASE64.encode(bytes),
        View::Document(document) => document.to_string(),
        View::Time(at) => {
            let own = match shape.kind {
                Kind::Timestamp(own) => own,
                _ => None,
            };
            match own.unwrap_or(otherwise) {
                TimestampFormat::EpochSeconds => at.epoch_seconds().to_string(),
                TimestampFormat::Iso8601 => at.iso8601(),
                TimestampFormat::HttpDate => at.http_date(),
            }
        }
        View::Absent | View::Stream(_) | View::List(_) | View::Map(_) | View::Struct(_) => {
            return None;
        }
    })
}

/// A time in any of the formats that clients have.
pub fn time(text: &str) -> Option<Timestamp> {
    let seconds = || text.parse().ok().and_then(Timestamp::from_epoch_seconds);
    Timestamp::parse_iso8601(text)
        .or_else(|| Timestamp::parse_http_date(text))
        .or_else(seconds)
}

/// Fills a scalar. `name` is the parameter's, for the message.
pub fn parse(name: &str, text: &str, slot: Slot<'_>) -> Result<(), Malformed> {
    let bad = |kind: &str| {
        Malformed::new(format!(
            "Value ({text}) for parameter {name} is invalid. Expected {kind}."
        ))
    };
    match slot {
        Slot::Str(to) => text.clone_into(to),
        Slot::Bool(to) => {
            *to = match text {
                "true" | "True" | "1" => true,
                "false" | "False" | "0" => false,
                _ => return Err(bad("a boolean")),
            };
        }
        Slot::Int(to) => *to = text.trim().parse().map_err(|_| bad("an integer"))?,
        Slot::Long(to) => *to = text.trim().parse().map_err(|_| bad("an integer"))?,
        Slot::Double(to) => *to = text.trim().parse().map_err(|_| bad("a number"))?,
        Slot::Time(to) => {
            *to = time(text).ok_or_else(|| bad("a timestamp"))?;
        }
        Slot::Blob(to) => *to = BASE64.decode(text).map_err(|_| bad("base 64"))?,
        Slot::Document(to) => *to = text.into(),
        Slot::Stream(_) => return Err(bad("no body")),
        // An empty value names an empty list or structure: SDKs send `Tags=` for `Tags=[]`.
        Slot::List(_) | Slot::Map(_) | Slot::Struct(_) if text.is_empty() => {}
        Slot::List(_) | Slot::Map(_) | Slot::Struct(_) => return Err(bad("a structure")),
    }
    Ok(())
}
