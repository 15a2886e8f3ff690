//! Records as they are written: which of their fields, and in which form. Pure.

use serde_json::{Map, Value};

use super::{
    catalog::{DELIMITERS, SourceKind},
    records::{Delivery, Format},
};

/// What stands for a field that a record does not have.
const NOTHING: &str = "-";

/// How a delivery writes.
#[derive(Debug, Clone, PartialEq)]
pub struct Written {
    format: Format,
    fields: Vec<String>,
    delimiter: String,
}

impl Written {
    pub fn new(format: Format, kind: &SourceKind, delivery: &Delivery) -> Self {
        Self {
            format,
            fields: fields(kind, delivery),
            delimiter: delimiter(delivery).to_owned(),
        }
    }

    /// A record, without an end of the line.
    pub fn line(&self, record: &Map<String, Value>) -> String {
        if self.format == Format::Json {
            let chosen = self.fields.iter();
            let chosen = chosen.filter_map(|it| Some((it.clone(), record.get(it)?.clone())));
            return Value::Object(chosen.collect()).to_string();
        }
        let values = self.fields.iter().map(|it| self.value(record.get(it)));
        values.collect::<Vec<_>>().join(&self.delimiter)
    }

    /// What a file begins with.
    pub fn header(&self) -> Option<String> {
        let is_told = self.format == Format::W3c;
        is_told.then(|| format!("#Version: 1.0\n#Fields: {}\n", self.fields.join(" ")))
    }

    fn value(&self, value: Option<&Value>) -> String {
        let text = match value {
            None | Some(Value::Null) => return NOTHING.to_owned(),
            Some(Value::String(text)) => text.clone(),
            Some(other) => other.to_string(),
        };
        let mut written = String::with_capacity(text.len());
        for letter in text.chars() {
            let parts = self.delimiter.contains(letter) && self.format != Format::Raw;
            // An end of a line would be that of the record.
            if parts || matches!(letter, '\n' | '\r') {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    written.push_str(&format!("%{byte:02X}"));
                }
            } else {
                written.push(letter);
            }
        }
        written
    }
}

/// The fields that a delivery writes.
pub fn fields(kind: &SourceKind, delivery: &Delivery) -> Vec<String> {
    match &delivery.fields {
        Some(chosen) => chosen.clone(),
        None => kind.fields.iter().map(|it| (*it).to_owned()).collect(),
    }
}

/// What a delivery writes between fields.
pub fn delimiter(delivery: &Delivery) -> &str {
    delivery.delimiter.as_deref().unwrap_or(DELIMITERS[0])
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn record() -> Map<String, Value> {
        let record = json!({"b": "x\ty\nz", "a": 1, "c": {"d": "e f"}});
        record.as_object().unwrap().clone()
    }

    fn written(format: Format, delimiter: &str) -> Written {
        Written {
            format,
            fields: ["a", "b", "none", "c"].map(str::to_owned).into(),
            delimiter: delimiter.to_owned(),
        }
    }

    #[test]
    fn records_in_each_form() {
        for (format, delimiter, expected) in [
            (
                Format::Json,
                "\t",
                r#"{"a":1,"b":"x\ty\nz","c":{"d":"e f"}}"#,
            ),
            (Format::Plain, "\t", "1\tx%09y%0Az\t-\t{\"d\":\"e f\"}"),
            (Format::W3c, " ", "1 x\ty%0Az - {\"d\":\"e%20f\"}"),
            (Format::Raw, " ", "1 x\ty%0Az - {\"d\":\"e f\"}"),
        ] {
            let line = written(format, delimiter).line(&record());
            assert_eq!(line, expected, "{format:?}");
        }
    }

    #[test]
    fn files_of_w3c_say_what_their_fields_are() {
        let header = "#Version: 1.0\n#Fields: a b none c\n";
        assert_eq!(written(Format::W3c, "\t").header().as_deref(), Some(header));
        assert_eq!(written(Format::Plain, "\t").header(), None);
    }
}
