//! Paths into a document: `$.detail.items[0].name`, `$['detail-type']`, `[*]`. Pure.

use serde_json::Value;

/// A path that was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Path(Vec<Step>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Step {
    Field(String),
    Element(usize),
    Each,
}

impl Path {
    /// `None` for what is no path.
    pub fn parse(text: &str) -> Option<Self> {
        let mut rest = text.strip_prefix('$')?;
        let mut steps = Vec::new();
        while !rest.is_empty() {
            let step;
            (step, rest) = match rest.strip_prefix('.') {
                Some(named) => {
                    let end = named.find(['.', '[']).unwrap_or(named.len());
                    let (name, after) = named.split_at(end);
                    let step = match name {
                        "" => return None,
                        "*" => Step::Each,
                        name => Step::Field(name.to_owned()),
                    };
                    (step, after)
                }
                None => bracket(rest.strip_prefix('[')?)?,
            };
            steps.push(step);
        }
        Some(Self(steps))
    }

    /// What it leads to; a list where it goes through each element of one.
    pub fn find(&self, document: &Value) -> Option<Value> {
        let mut found = vec![document];
        let mut many = false;
        for step in &self.0 {
            many |= *step == Step::Each;
            found = found.into_iter().flat_map(|it| step.from(it)).collect();
        }
        match many {
            true => Some(found.into_iter().cloned().collect()),
            false => found.first().map(|it| (*it).clone()),
        }
    }
}

impl Step {
    fn from<'a>(&self, value: &'a Value) -> Vec<&'a Value> {
        match (self, value) {
            (Self::Field(name), value) => value.get(name).into_iter().collect(),
            (Self::Element(at), value) => value.get(at).into_iter().collect(),
            (Self::Each, Value::Array(all)) => all.iter().collect(),
            (Self::Each, Value::Object(all)) => all.values().collect(),
            (Self::Each, _) => Vec::new(),
        }
    }
}

/// `0]…`, `*]…`, `'name']…`
fn bracket(text: &str) -> Option<(Step, &str)> {
    for quote in ['\'', '"'] {
        if let Some(named) = text.strip_prefix(quote) {
            let (name, after) = named.split_once(quote)?;
            return Some((Step::Field(name.to_owned()), after.strip_prefix(']')?));
        }
    }
    let (inner, after) = text.split_once(']')?;
    match inner {
        "*" => Some((Step::Each, after)),
        digits => Some((Step::Element(digits.parse().ok()?), after)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn paths_lead_to_what_they_say() {
        let document = json!({"detail-type": "t", "a": {"b": [{"c": 1}, {"c": 2}]}, "x.y": 3});
        for (path, found) in [
            ("$", Some(document.clone())),
            ("$.detail-type", Some(json!("t"))),
            ("$['detail-type']", Some(json!("t"))),
            ("$.a.b[1].c", Some(json!(2))),
            ("$.a.b[*].c", Some(json!([1, 2]))),
            ("$.a.b[2]", None),
            ("$.nothing.here", None),
            ("$[\"x.y\"]", Some(json!(3))),
        ] {
            assert_eq!(Path::parse(path).unwrap().find(&document), found, "{path}");
        }
        for bad in ["", "a", "$.", "$..a", "$a", "$[", "$['a]", "$[x]", "$.a[0"] {
            assert_eq!(Path::parse(bad), None, "{bad}");
        }
    }
}
