//! Forms by which browsers upload (`POST Object`): their fields, and the policy that whoever made the form signed.
//! Pure.

use serde_json::Value;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::fault;

/// Bytes of all fields in front of the file.
pub const MAX_FIELDS: usize = 20 << 10;
/// Fields that no condition need name.
const FREE: [&str; 7] = [
    "awsaccesskeyid",
    "file",
    "policy",
    "signature",
    "x-amz-signature",
    "submit",
    "bucket",
];
const FILENAME: &str = "${filename}";

/// The fields of a form, by their names in lower case.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// The first of a name counts.
    pub fn add(&mut self, name: &str, value: String) {
        let name = name.to_ascii_lowercase();
        if self.get(&name).is_none() {
            self.0.push((name, value));
        }
    }

    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(known, _)| known == name);
        found.map(|(_, value)| value.as_str())
    }

    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(name, value)| (name.as_str(), value.as_str()))
    }

    /// Puts the name of the file where fields ask for it: before a policy is looked at.
    ///
    /// # Errors
    /// The fields become larger than they may be: a few bytes ask for the name, which whoever posts makes as long as a piece of
    /// the body, and nobody knows yet who that is.
    pub fn expand(&mut self, filename: &str) -> Result<(), Fault> {
        // What a browser of old gives is a whole path.
        let short = filename.rsplit(['/', '\\']).next().unwrap_or_default();
        let is_asking = |name: &str| name != "policy";
        let sizes = self.0.iter().map(|(name, value)| {
            let asked = match is_asking(name) {
                true => value.matches(FILENAME).count(),
                false => 0,
            };
            let named = asked.saturating_mul(short.len());
            (name.len() + value.len() - asked * FILENAME.len()).saturating_add(named)
        });
        if sizes.fold(0, usize::saturating_add) > MAX_FIELDS {
            return Err(too_large());
        }
        for (name, value) in &mut self.0 {
            if is_asking(name.as_str()) && value.contains(FILENAME) {
                *value = value.replace(FILENAME, short);
            }
        }
        Ok(())
    }
}

/// What a policy lets a form do.
#[derive(Debug, Clone, PartialEq)]
pub struct Policy {
    expires: Timestamp,
    conditions: Vec<Condition>,
}

#[derive(Debug, Clone, PartialEq)]
enum Condition {
    Equals(String, String),
    StartsWith(String, String),
    Length(u64, u64),
}

/// How many bytes a file may have, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    pub least: u64,
    pub most: u64,
}

impl Sizes {
    pub const ANY: Self = Self {
        least: 0,
        most: u64::MAX,
    };

    /// # Errors
    /// The file has fewer.
    pub fn check_least(self, size: u64) -> Result<(), Fault> {
        if size >= self.least {
            return Ok(());
        }
        let text = "Your proposed upload is smaller than the minimum allowed size";
        Err(Fault::sender("EntityTooSmall", 400, text)
            .with("ProposedSize", size.to_string())
            .with("MinSizeAllowed", self.least.to_string()))
    }

    /// # Errors
    /// The file has more, so far.
    pub fn check_most(self, size: u64) -> Result<(), Fault> {
        if size <= self.most {
            return Ok(());
        }
        let text = "Your proposed upload exceeds the maximum allowed size";
        Err(Fault::sender("EntityTooLarge", 400, text)
            .with("ProposedSize", size.to_string())
            .with("MaxSizeAllowed", self.most.to_string()))
    }
}

fn invalid(why: &str) -> Fault {
    let text = format!("Invalid Policy: {why}");
    Fault::sender("InvalidPolicyDocument", 400, text)
}

fn refused(why: &str) -> Fault {
    let text = format!("Invalid according to Policy: {why}");
    Fault::sender("AccessDenied", 403, text)
}

impl Policy {
    /// # Errors
    /// In S3's words.
    pub fn parse(text: &[u8]) -> Result<Self, Fault> {
        let document: Value = serde_json::from_slice(text).map_err(|_| invalid("Invalid JSON."))?;
        let document = document
            .as_object()
            .ok_or_else(|| invalid("Invalid JSON."))?;
        if let Some(other) = document
            .keys()
            .find(|it| !["expiration", "conditions"].contains(&it.as_str()))
        {
            let shown: String = other.chars().take(64).collect();
            return Err(invalid(&format!("Unexpected: '{shown}'.")));
        }
        let expires = document
            .get("expiration")
            .ok_or_else(|| invalid("Policy missing expiration."))?;
        let expires = expires.as_str().and_then(Timestamp::parse_iso8601);
        let expires = expires.ok_or_else(|| invalid("Invalid 'expiration' value."))?;
        let conditions = document
            .get("conditions")
            .ok_or_else(|| invalid("Policy missing conditions."))?;
        let conditions = conditions
            .as_array()
            .ok_or_else(|| invalid("Invalid 'conditions' value: must be a List."))?;
        let mut read = Vec::with_capacity(conditions.len());
        for condition in conditions {
            match condition {
                Value::Object(pairs) => {
                    for (name, value) in pairs {
                        let value = value.as_str().ok_or_else(|| {
                            invalid("Invalid Simple-Condition: value must be a string.")
                        })?;
                        read.push(Condition::Equals(
                            name.to_ascii_lowercase(),
                            value.to_owned(),
                        ));
                    }
                }
                Value::Array(parts) => read.push(Condition::of(parts)?),
                _ => return Err(invalid("Invalid condition.")),
            }
        }
        Ok(Self {
            expires,
            conditions: read,
        })
    }

    /// Whether a form that is posted to a bucket is what the policy says.
    ///
    /// # Errors
    /// It is not, in S3's words.
    pub fn check(&self, fields: &Fields, bucket: &str, now: Timestamp) -> Result<Sizes, Fault> {
        if now >= self.expires {
            return Err(refused("Policy expired."));
        }
        let mut sizes = Sizes::ANY;
        for condition in &self.conditions {
            match condition {
                Condition::Length(least, most) => {
                    sizes.least = sizes.least.max(*least);
                    sizes.most = sizes.most.min(*most);
                }
                Condition::Equals(name, _) | Condition::StartsWith(name, _) => {
                    let given = match name.as_str() {
                        "bucket" => Some(bucket),
                        name => fields.get(name),
                    };
                    if !given.is_some_and(|given| condition.holds(given)) {
                        let shown = condition.shown();
                        return Err(refused(&format!("Policy Condition failed: {shown}")));
                    }
                }
            }
        }
        let is_named = |field: &str| self.conditions.iter().any(|it| it.name() == Some(field));
        let is_free = |field: &str| FREE.contains(&field) || field.starts_with("x-ignore-");
        let extra: Vec<&str> = fields
            .iter()
            .map(|it| it.0)
            .filter(|it| !is_free(it) && !is_named(it))
            .collect();
        if !extra.is_empty() {
            return Err(refused(&format!(
                "Extra input fields: {}",
                extra.join(", ")
            )));
        }
        Ok(sizes)
    }
}

impl Condition {
    fn of(parts: &[Value]) -> Result<Self, Fault> {
        let [kind, first, second] = parts else {
            return Err(invalid("Invalid Condition: wrong number of arguments."));
        };
        let kind = kind.as_str().unwrap_or_default().to_ascii_lowercase();
        let number = |value: &Value| match value {
            Value::String(text) => text.parse().ok(),
            value => value.as_u64(),
        };
        if kind == "content-length-range" {
            let range = number(first).zip(number(second)).filter(|it| it.0 <= it.1);
            let (least, most) = range.ok_or_else(|| invalid("Invalid content-length-range."))?;
            return Ok(Self::Length(least, most));
        }
        let name = first.as_str().and_then(|it| it.strip_prefix('$'));
        let name =
            name.ok_or_else(|| invalid("Invalid Condition: the field must begin with '$'."))?;
        let value = second
            .as_str()
            .ok_or_else(|| invalid("Invalid Condition: value must be a string."))?;
        let (name, value) = (name.to_ascii_lowercase(), value.to_owned());
        match kind.as_str() {
            "eq" => Ok(Self::Equals(name, value)),
            "starts-with" => Ok(Self::StartsWith(name, value)),
            _ => Err(invalid("Invalid Condition: unknown operation.")),
        }
    }

    fn name(&self) -> Option<&str> {
        match self {
            Self::Equals(name, _) | Self::StartsWith(name, _) => Some(name),
            Self::Length(..) => None,
        }
    }

    fn holds(&self, given: &str) -> bool {
        match self {
            Self::Equals(_, value) => given == value,
            // Types may be several.
            Self::StartsWith(name, start) if name == "content-type" => given
                .split(',')
                .all(|it| it.trim().starts_with(start.as_str())),
            Self::StartsWith(_, start) => given.starts_with(start.as_str()),
            Self::Length(..) => true,
        }
    }

    fn shown(&self) -> String {
        match self {
            Self::Equals(name, value) => format!("[\"eq\", \"${name}\", \"{value}\"]"),
            Self::StartsWith(name, value) => {
                format!("[\"starts-with\", \"${name}\", \"{value}\"]")
            }
            Self::Length(least, most) => format!("[\"content-length-range\", {least}, {most}]"),
        }
    }
}

/// The key that a form uploads to.
///
/// # Errors
/// There is none.
pub fn key(fields: &Fields) -> Result<&str, Fault> {
    fields.get("key").ok_or_else(|| {
        let text = "Bucket POST must contain a field named 'key'.  If it is specified, please check the order of the \
                    fields.";
        fault::argument(text, "key", "")
    })
}

/// No file came.
pub fn no_file() -> Fault {
    let text = "POST requires exactly one file upload per request.";
    fault::argument(text, "file", "0")
}

/// The fields before the file are too large.
pub fn too_large() -> Fault {
    let text = "Your POST request fields preceding the upload file were too large.";
    Fault::sender("MaxPostPreDataLengthExceeded", 400, text)
}

/// The body is no form.
pub fn malformed() -> Fault {
    let text = "The body of your POST request is not well-formed multipart/form-data.";
    Fault::sender("MalformedPOSTRequest", 400, text)
}

#[cfg(test)]
mod tests;
