//! The latest samples in the text form that Prometheus scrapes.

use std::fmt::Write as _;

use wharf_promql::{Labels, NAME};

use crate::results::number;

pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

/// A sample with its time in milliseconds.
pub type Latest = (Labels, i64, f64);

/// Those of one name stand together.
pub fn text(mut all: Vec<Latest>) -> String {
    all.retain(|it| is_legacy(it.0.get(NAME)) && it.0.iter().all(|label| is_legacy(label.0)));
    all.sort_by(|a, b| {
        let key = |it: &Latest| it.0.get(NAME).to_owned();
        key(a).cmp(&key(b)).then_with(|| a.0.cmp(&b.0))
    });
    let (mut out, mut before) = (String::new(), "");
    for (labels, at, value) in &all {
        let name = labels.get(NAME);
        if name != before {
            let _ = writeln!(out, "# TYPE {name} untyped");
            before = name;
        }
        out.push_str(name);
        let others = labels.iter().filter(|it| it.0 != NAME);
        for (place, (label, value)) in others.enumerate() {
            out.push(if place == 0 { '{' } else { ',' });
            let value = value
                .replace('\\', "\\\\")
                .replace('"', "\\\"")
                .replace('\n', "\\n");
            let _ = write!(out, "{label}=\"{value}\"");
        }
        if labels.len() > 1 {
            out.push('}');
        }
        let _ = writeln!(out, " {} {at}", number(*value));
    }
    out
}

/// Whether the text form can say a name.
fn is_legacy(name: &str) -> bool {
    let is_part = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == ':';
    !name.starts_with(|it: char| it.is_ascii_digit()) && name.chars().all(is_part)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_stand_together_and_values_are_escaped() {
        let labels = |pairs: &[(&str, &str)]| {
            let owned = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
            Labels::new(pairs.iter().map(owned).collect())
        };
        let all = vec![
            (labels(&[(NAME, "b"), ("x", "a\"\\b")]), 2, f64::INFINITY),
            (labels(&[(NAME, "a")]), 1, 0.5),
            (labels(&[(NAME, "b"), ("x", "1")]), 3, f64::NAN),
            (labels(&[(NAME, "with.dot")]), 3, 1.0),
        ];
        assert_eq!(
            text(all),
            "# TYPE a untyped\na 0.5 1\n# TYPE b untyped\nb{x=\"1\"} NaN 3\nb{x=\"a\\\"\\\\b\"} +Inf 2\n"
        );
    }
}
