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
    /// The one that current SDKs choose.
    pub protocol: Protocol,
    /// All that the service answers.
    pub protocols: &'static [Protocol],
    pub api_version: &'static str,
    /// Service part of the credential scope.
    pub signing_name: &'static str,
    /// Prefix of IAM actions: `ecs` of `ecs:RunTask`.
    pub action_prefix: &'static str,
    /// First part of its host's name.
    pub endpoint_prefix: &'static str,
    /// `X-Amz-Target` is `<target_prefix>.<Operation>`; empty where no JSON or CBOR is spoken.
    pub target_prefix: &'static str,
    pub xml_namespace: &'static str,
    /// Codes that clients of awsQuery know exceptions by, of a service that has moved on to another
    /// protocol: name and code, sorted by name. Such a service says the code in a header, too.
    pub query_codes: Option<&'static [(&'static str, &'static str)]>,
    /// Sorted by name.
    pub operations: &'static [OperationSchema],
    /// Operations of the service that this contract leaves out, sorted. Empty where it is whole, and
    /// where any unknown name gets the same answer.
    pub left_out: &'static [&'static str],
    /// Sorted by name.
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

    /// The shape of that name.
    pub fn find_shape(&self, name: &str) -> Option<ShapeIndex> {
        let found = self.shapes.binary_search_by(|it| it.name.cmp(name)).ok()?;
        ShapeIndex::try_from(found).ok()
    }

    /// The members of a structure; none of other shapes.
    pub fn members(&self, index: ShapeIndex) -> &'static [Member] {
        match &self.shape(index).kind {
            Kind::Structure { members } => members,
            _ => &[],
        }
    }

    /// The member of a structure that passes piece by piece, with its number.
    pub fn stream(&self, shape: Option<ShapeIndex>) -> Option<(usize, &'static Member)> {
        let mut members = shape
            .map_or(&[][..], |it| self.members(it))
            .iter()
            .enumerate();
        members.find(|(_, it)| it.streaming && it.location == Location::Payload)
    }

    /// The largest body of any request, as a whole.
    pub fn max_body(&self) -> u64 {
        let whole = self.operations.iter();
        let whole = whole.filter(|it| self.stream(it.input).is_none());
        whole.map(|it| it.max_body).max().unwrap_or(MAX_BODY)
    }

    /// Whether AWS has an operation of that name that is not in this contract.
    pub fn leaves_out(&self, name: &str) -> bool {
        self.left_out.binary_search(&name).is_ok()
    }
}

/// How requests and answers look on the wire.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protocol {
    /// awsJson 1.0 or 1.1
    Json {
        minor: u8,
    },
    Query,
    Ec2,
    RestJson,
    RestXml,
    /// Smithy RPC v2 in CBOR
    Cbor,
}

impl Protocol {
    /// Whether method and path name the operation.
    pub fn is_rest(self) -> bool {
        matches!(self, Self::RestJson | Self::RestXml)
    }

    /// Whether a form names it.
    pub fn is_query(self) -> bool {
        matches!(self, Self::Query | Self::Ec2)
    }

    pub fn is_json(self) -> bool {
        matches!(self, Self::Json { .. })
    }
}

/// What a caller must prove of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auth {
    Signed,
    /// The signature need not cover the body.
    SignedHead,
    Unsigned,
}

/// How an operation treats checksums of bodies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Checksums {
    /// Member of the input that names the algorithm of the request's; empty where there is none.
    pub algorithm: &'static str,
    /// A request without one is refused.
    pub required: bool,
    /// Member of the input that asks for one in the answer; empty where there is none.
    pub mode: &'static str,
}

/// The largest body of most requests, in bytes; PutLogEvents may bring 1 MiB of events, escaped.
pub const MAX_BODY: u64 = 8 << 20;

#[derive(Debug)]
pub struct OperationSchema {
    pub name: &'static str,
    pub input: Option<ShapeIndex>,
    pub output: Option<ShapeIndex>,
    /// Name of the element around the output's members; empty where there is none.
    pub result_wrapper: &'static str,
    pub method: &'static str,
    /// Path with labels, `/a/{b}/{c+}`, and constants of the query after a `?`.
    pub uri: &'static str,
    /// Status of a success.
    pub status: u16,
    pub auth: Auth,
    /// Clients may pack large bodies with gzip.
    pub packed: bool,
    pub checksums: Checksums,
    /// What clients put before the host's name, with labels.
    pub host_prefix: &'static str,
    /// The largest body of a request, in bytes.
    pub max_body: u64,
}

impl OperationSchema {
    /// As most are: posted to `/`, signed.
    pub const fn new(
        name: &'static str,
        input: Option<ShapeIndex>,
        output: Option<ShapeIndex>,
    ) -> Self {
        Self {
            name,
            input,
            output,
            result_wrapper: "",
            method: "POST",
            uri: "/",
            status: 200,
            auth: Auth::Signed,
            packed: false,
            checksums: Checksums {
                algorithm: "",
                required: false,
                mode: "",
            },
            host_prefix: "",
            max_body: MAX_BODY,
        }
    }

    pub const fn wrapped(mut self, result_wrapper: &'static str) -> Self {
        self.result_wrapper = result_wrapper;
        self
    }

    pub const fn http(mut self, method: &'static str, uri: &'static str, status: u16) -> Self {
        self.method = method;
        self.uri = uri;
        self.status = status;
        self
    }

    pub const fn auth(mut self, auth: Auth) -> Self {
        self.auth = auth;
        self
    }

    pub const fn packed(mut self) -> Self {
        self.packed = true;
        self
    }

    pub const fn checksums(mut self, checksums: Checksums) -> Self {
        self.checksums = checksums;
        self
    }

    pub const fn host_prefix(mut self, prefix: &'static str) -> Self {
        self.host_prefix = prefix;
        self
    }

    pub const fn max_body(mut self, bytes: u64) -> Self {
        self.max_body = bytes;
        self
    }
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
    /// `None` for the format that protocol and place imply.
    Timestamp(Option<TimestampFormat>),
    Blob,
    Document,
}

/// Where a member stands in a REST request or answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Location {
    /// Within the body, with the others.
    Body,
    /// It is the body.
    Payload,
    /// A label of the path.
    Uri,
    Query,
    Header,
    /// All headers whose names begin with the location's name.
    Headers,
    Status,
}

#[derive(Debug)]
pub struct Member {
    pub name: &'static str,
    /// What it is called at its location: an element of XML, a header, a label; a member of restJson.
    pub location_name: &'static str,
    /// Parameter name in query requests.
    pub query_name: &'static str,
    pub shape: ShapeIndex,
    pub location: Location,
    pub required: bool,
    pub flattened: bool,
    /// An attribute of its element in XML.
    pub attribute: bool,
    /// Its value must not show up in logs or messages.
    pub sensitive: bool,
    /// A body that need not fit into memory.
    pub streaming: bool,
    /// Its shape is the union of the events of a stream.
    pub events: bool,
}

impl Member {
    pub const fn new(name: &'static str, shape: ShapeIndex) -> Self {
        Self {
            name,
            location_name: name,
            query_name: name,
            shape,
            location: Location::Body,
            required: false,
            flattened: false,
            attribute: false,
            sensitive: false,
            streaming: false,
            events: false,
        }
    }

    /// Sets [`Member::location_name`].
    pub const fn named(mut self, name: &'static str) -> Self {
        self.location_name = name;
        self
    }

    pub const fn at(mut self, location: Location) -> Self {
        self.location = location;
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

    pub const fn attribute(mut self) -> Self {
        self.attribute = true;
        self
    }

    pub const fn sensitive(mut self) -> Self {
        self.sensitive = true;
        self
    }

    pub const fn streaming(mut self) -> Self {
        self.streaming = true;
        self
    }

    pub const fn events(mut self) -> Self {
        self.events = true;
        self
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TimestampFormat {
    /// Seconds since 1970 with a fraction.
    EpochSeconds,
    Iso8601,
    /// `Sun, 06 Nov 1994 08:49:37 GMT`
    HttpDate,
}

/// A regular expression of the model, compiled when first used. The whole value must match.
#[derive(Debug)]
pub struct Pattern {
    /// As the model has it, for messages.
    pub source: &'static str,
    /// The same in the dialect of the `regex` crate; empty where that crate has no equivalent
    /// (look-around), in which case nothing is refused here.
    pub dialect: &'static str,
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
