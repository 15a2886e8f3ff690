//! Which operation a method, a path and a query name.

use percent_encoding::percent_decode_str;

use crate::schema::{Location, OperationSchema, ServiceSchema};

/// An operation with the labels of its path.
#[derive(Debug, PartialEq, Eq)]
pub struct Matched {
    pub operation: usize,
    pub labels: Vec<(String, String)>,
}

/// How closely an operation fits; of several that do, the greatest is meant.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    constants: usize,
    /// Members that must be in the query or the headers, and are: S3 tells a copy from an upload so.
    required: usize,
    literals: usize,
    labels: usize,
}

/// The operation of a request. `path` is encoded as it came; `query` is decoded, and so are `headers`,
/// with names in lower case.
pub fn match_route(
    schema: &'static ServiceSchema,
    method: &str,
    path: &str,
    query: &[(String, String)],
    headers: &[(String, String)],
) -> Option<Matched> {
    let segments: Vec<&str> = path.strip_prefix('/')?.split('/').collect();
    let mut best: Option<(Fit, Matched)> = None;
    for (index, operation) in schema.operations.iter().enumerate() {
        if operation.method != method {
            continue;
        }
        let (template, constants) = operation.uri.split_once('?').unwrap_or((operation.uri, ""));
        let Some(constants) = count_constants(constants, query) else {
            continue;
        };
        let Some(required) = count_required(schema, operation, query, headers) else {
            continue;
        };
        let Some((literals, labels)) = match_path(template, &segments) else {
            continue;
        };
        let fit = Fit {
            constants,
            required,
            literals,
            labels: labels.len(),
        };
        let matched = Matched {
            operation: index,
            labels,
        };
        if best.as_ref().is_none_or(|(other, _)| fit > *other) {
            best = Some((fit, matched));
        }
    }
    best.map(|(_, matched)| matched)
}

/// The constants of a template's query; `None` if the request lacks one.
fn count_constants(constants: &str, query: &[(String, String)]) -> Option<usize> {
    let mut count = 0;
    for constant in constants.split('&').filter(|it| !it.is_empty()) {
        let (name, value) = constant.split_once('=').unwrap_or((constant, ""));
        let has =
            |(key, given): &(String, String)| key == name && (value.is_empty() || given == value);
        if !query.iter().any(has) {
            return None;
        }
        count += 1;
    }
    Some(count)
}

/// Members that must be in the query or a header; `None` if the request lacks one, provided that
/// another operation could be meant.
fn count_required(
    schema: &'static ServiceSchema,
    operation: &OperationSchema,
    query: &[(String, String)],
    headers: &[(String, String)],
) -> Option<usize> {
    let mut count = 0;
    for member in operation.input.map_or(&[][..], |it| schema.members(it)) {
        let name = member.location_name;
        let is_there = match member.location {
            Location::Query => query.iter().any(|(key, _)| key == name),
            Location::Header => headers
                .iter()
                .any(|(key, _)| key.eq_ignore_ascii_case(name)),
            _ => continue,
        };
        match (member.required, is_there) {
            (true, true) => count += 1,
            (true, false) if has_rival(schema, operation) => return None,
            _ => {}
        }
    }
    Some(count)
}

/// Whether another operation has the same method and a path of the same form: without one, a member
/// that is missing is reported as such.
fn has_rival(schema: &'static ServiceSchema, operation: &OperationSchema) -> bool {
    let form = |uri: &'static str| {
        let path = uri.split_once('?').map_or(uri, |(path, _)| path);
        path.split('/')
            .map(|it| if it.starts_with('{') { "{" } else { it })
    };
    schema.operations.iter().any(|other| {
        other.name != operation.name
            && other.method == operation.method
            && form(other.uri).eq(form(operation.uri))
    })
}

/// The labels of a path, and how many segments are as the template has them.
fn match_path(template: &str, segments: &[&str]) -> Option<(usize, Vec<(String, String)>)> {
    let pattern: Vec<&str> = template.strip_prefix('/')?.split('/').collect();
    let (mut literals, mut labels, mut at) = (0, Vec::new(), 0);
    for (index, piece) in pattern.iter().enumerate() {
        let label = piece.strip_prefix('{').and_then(|it| it.strip_suffix('}'));
        let Some(label) = label else {
            if segments.get(at) != Some(piece) {
                return None;
            }
            literals += usize::from(!piece.is_empty());
            at += 1;
            continue;
        };
        let (name, taken) = match label.strip_suffix('+') {
            // It takes all but what the rest of the template needs.
            Some(name) => (
                name,
                segments.len().checked_sub(at + pattern.len() - index - 1)?,
            ),
            None => (label, 1),
        };
        let value = segments
            .get(at..at + taken)
            .filter(|it| !it.is_empty())?
            .join("/");
        if value.is_empty() {
            return None;
        }
        labels.push((name.to_owned(), decoded(&value)?));
        at += taken;
    }
    // A slash at the end of a bucket's path is no key.
    let is_over = at == segments.len() || segments[at..] == [""];
    is_over.then_some((literals, labels))
}

fn decoded(value: &str) -> Option<String> {
    let text = percent_decode_str(value).decode_utf8().ok()?;
    Some(text.into_owned())
}
