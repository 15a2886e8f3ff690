//! Records as they are written: which of their fields, and in which form. Pure.

use std::fmt::{self, Write};

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
        let mut line = String::new();
        // Neither what is written to here nor what is below fails.
        let _ = self.write(record, &mut line);
        line
    }

    /// The bytes of such a line, which is not made for that.
    pub fn size(&self, record: &Map<String, Value>) -> usize {
        let mut size = Size(0);
        let _ = self.write(record, &mut size);
        size.0
    }

    /// Whether a field is written at all.
    pub fn has(&self, field: &str) -> bool {
        self.fields.iter().any(|it| it == field)
    }

    fn write(&self, record: &Map<String, Value>, to: &mut impl Write) -> fmt::Result {
        if self.format == Format::Json {
            let chosen = self.fields.iter();
            let chosen = chosen.filter_map(|it| Some((it.as_str(), record.get(it)?)));
            to.write_char('{')?;
            for (number, (name, value)) in chosen.enumerate() {
                let before = if number > 0 { "," } else { "" };
                write!(to, "{before}{}:{value}", Value::from(name))?;
            }
            return to.write_char('}');
        }
        for (number, name) in self.fields.iter().enumerate() {
            if number > 0 {
                to.write_str(&self.delimiter)?;
            }
            let mut within = Within {
                written: self,
                to: &mut *to,
            };
            match record.get(name) {
                None | Some(Value::Null) => within.to.write_str(NOTHING)?,
                Some(Value::String(text)) => within.write_str(text)?,
                Some(other) => write!(within, "{other}")?,
            }
        }
        Ok(())
    }

    /// What a file begins with.
    pub fn header(&self) -> Option<String> {
        let is_told = self.format == Format::W3c;
        is_told.then(|| format!("#Version: 1.0\n#Fields: {}\n", self.fields.join(" ")))
    }
}

/// What is written between delimiters.
struct Within<'a, W> {
    written: &'a Written,
    to: &'a mut W,
}

impl<W: Write> Write for Within<'_, W> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for letter in text.chars() {
            let parts =
                self.written.delimiter.contains(letter) && self.written.format != Format::Raw;
            // An end of a line would be that of the record.
            if parts || matches!(letter, '\n' | '\r') {
                let mut bytes = [0; 4];
                for byte in letter.encode_utf8(&mut bytes).bytes() {
                    write!(self.to, "%{byte:02X}")?;
                }
            } else {
                self.to.write_char(letter)?;
            }
        }
        Ok(())
    }
}

/// Counts what it gets.
struct Size(usize);

impl Write for Size {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.0 += text.len();
        Ok(())
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
            let written = written(format, delimiter);
            assert_eq!(written.line(&record()), expected, "{format:?}");
            assert_eq!(written.size(&record()), expected.len(), "{format:?}");
        }
    }

    #[test]
    fn files_of_w3c_say_what_their_fields_are() {
        let header = "#Version: 1.0\n#Fields: a b none c\n";
        assert_eq!(written(Format::W3c, "\t").header().as_deref(), Some(header));
        assert_eq!(written(Format::Plain, "\t").header(), None);
    }
}
