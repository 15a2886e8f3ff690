//! The static description of a service that codecs and checks walk: tables joined by index.

use std::sync::OnceLock;

use regex::Regex;

/// Index of a shape in its service's table.
pub type ShapeIndex = u16;

/// One AWS service as its model describes it.
#[derive(Debug)]
pub struct ServiceSchema {
    /// The model's file name: `ecs`, `elbv2`, …
    pub name: &'static str,
    pub protocol: Protocol,
    pub api_version: &'static str,
    /// Service part of the credential scope, and prefix of IAM actions.
    pub signing_name: &'static str,
    /// `X-Amz-Target` is `<target_prefix>.<Operation>`; empty for the query protocols.
    pub target_prefix: &'static str,
    pub xml_namespace: &'static str,
    /// Sorted by name.
    pub operations: &'static [OperationSchema],
    /// Operations of the service that this contract leaves out, sorted. Empty where it is whole, and
    /// where any unknown name gets the same answer.
    pub left_out: &'static [&'static str],
    pub shapes: &'static [Shape],
}

impl ServiceSchema {
    pub fn shape(&self, index: ShapeIndex) -> &'static Shape {
        &self.shapes[usize::from(index)]
    }

    /// Index of the operation of that name.
    pub fn find_operation(&self, name: &str) -> Option<usize> {
        self.operations
            .binary_search_by(|op| op.name.cmp(name))
            .ok()
    }

    /// Whether AWS has an operation of that name that is not in this contract.
    pub fn leaves_out(&self, name: &str) -> bool {
        self.left_out.binary_search(&name).is_ok()
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0 or 1.1
    Json {
        minor: u8,
    },
    Query,
    Ec2,
}

#[derive(Debug)]
pub struct OperationSchema {
    pub name: &'static str,
    pub input: Option<ShapeIndex>,
    pub output: Option<ShapeIndex>,
    /// Name of the element around the output's members; empty where there is none.
    pub result_wrapper: &'static str,
}

#[derive(Debug)]
pub struct Shape {
    pub name: &'static str,
    pub kind: Kind,
    /// Length of a string, size of a list or map, value of a number; infinite where unbounded.
    pub min: f64,
    pub max: f64,
}

#[derive(Debug)]
pub enum Kind {
    Structure {
        members: &'static [Member],
    },
    List {
        member: ShapeIndex,
        member_name: &'static str,
        flattened: bool,
    },
    Map {
        key: ShapeIndex,
        value: ShapeIndex,
        key_name: &'static str,
        value_name: &'static str,
        flattened: bool,
    },
    String {
        pattern: Option<Pattern>,
        values: &'static [&'static str],
    },
    Boolean,
    Integer,
    Long,
    Float,
    Double,
    Timestamp(TimestampFormat),
    Blob,
    Document,
}

#[derive(Debug)]
pub struct Member {
    pub name: &'static str,
    /// Element name in XML.
    pub xml_name: &'static str,
    /// Parameter name in query requests.
    pub query_name: &'static str,
    pub shape: ShapeIndex,
    pub required: bool,
    pub flattened: bool,
    /// Its value must not show up in logs or messages.
    pub sensitive: bool,
}

impl Member {
    pub const fn new(name: &'static str, shape: ShapeIndex) -> Self {
        Self {
            name,
            xml_name: name,
            query_name: name,
            shape,
            required: false,
            flattened: false,
            sensitive: false,
        }
    }

    pub const fn xml(mut self, name: &'static str) -> Self {
        self.xml_name = name;
        self
    }

    pub const fn query(mut self, name: &'static str) -> Self {
        self.query_name = name;
        self
    }

    pub const fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub const fn flattened(mut self) -> Self {
        self.flattened = true;
        self
    }

    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// Seconds since 1970 with a fraction.
    EpochSeconds,
    Iso8601,
}

/// A regular expression of the model, compiled when first used. The whole value must match.
#[derive(Debug)]
pub struct Pattern {
    /// As the model has it, for messages.
    pub source: &'static str,
    /// The same in the dialect of the `regex` crate; empty where that crate has no equivalent
    /// (look-around), in which case nothing is refused here.
    dialect: &'static str,
    compiled: OnceLock<Option<Regex>>,
}

impl Pattern {
    pub const fn new(source: &'static str, dialect: &'static str) -> Self {
        Self {
            source,
            dialect,
            compiled: OnceLock::new(),
        }
    }

    pub fn matches(&self, text: &str) -> bool {
        let compiled = self.compiled.get_or_init(|| {
            if self.dialect.is_empty() {
                return None;
            }
            Regex::new(&format!("^(?s:{})$", self.dialect)).ok()
        });
        compiled.as_ref().is_none_or(|regex| regex.is_match(text))
    }
}
