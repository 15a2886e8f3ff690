//! How a log is asked for: what cannot be read is a bad request, what cannot be done is invalid, as upstream has it.

use wharf_base::Timestamp;
use wharf_kube_model::{
    field::{Errors, Path},
    status::Status,
};

use crate::{answer::Fault, query::Query};

const STREAMS: [&str; 3] = ["All", "Stderr", "Stdout"];
const POSITIVE: &str = "must be greater than 0";

/// `name` is the pod's.
pub fn check(query: &Query, name: &str) -> Result<(), Fault> {
    let number = |name: &str| {
        let number = query.number(name);
        number.map_err(|odd| Fault::from(Status::from(odd)))
    };
    let (tail, limit) = (number("tailLines")?, number("limitBytes")?);
    let seconds = number("sinceSeconds")?;
    let since = query.get("sinceTime");
    if let Some(text) = since.filter(|it| Timestamp::parse_iso8601(it).is_none()) {
        let text = wharf_kube_model::field::quoted(text);
        let why = format!(
            "parsing time {text} as \"2006-01-02T15:04:05Z07:00\": cannot parse {text} as \"2006\""
        );
        return Err(Status::bad_request(why).into());
    }
    let mut errors = Errors::new();
    // What is wrong with several options together is said of none.
    let together = Path::root("[]");
    if let Some(tail) = tail.filter(|it| *it < 0) {
        let why = "must be greater than or equal to 0";
        errors.invalid(&Path::root("tailLines"), tail, why);
    }
    if let Some(limit) = limit.filter(|it| *it < 1) {
        errors.invalid(&Path::root("limitBytes"), limit, POSITIVE);
    }
    match (seconds, since) {
        (Some(_), Some(_)) => {
            let why = "at most one of `sinceTime` or `sinceSeconds` may be specified";
            errors.forbidden(&together, why);
        }
        (Some(seconds), None) if seconds < 1 => {
            errors.invalid(&Path::root("sinceSeconds"), seconds, POSITIVE);
        }
        _ => {}
    }
    let stream = query.get("stream").unwrap_or("All");
    if !STREAMS.contains(&stream) {
        errors.not_supported(&Path::root("stream"), stream, &STREAMS);
    } else if stream != "All" && tail.is_some() {
        let why = "`tailLines` and specific `stream` are mutually exclusive for now";
        errors.forbidden(&together, why);
    }
    match errors.is_empty() {
        true => Ok(()),
        false => Err(Status::invalid("", "PodLogOptions", name, errors.into_vec()).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_done_is_said_option_by_option() {
        for (query, expected) in [
            ("", None),
            (
                "container=a&follow=true&tailLines=0&limitBytes=1&sinceSeconds=1",
                None,
            ),
            ("sinceTime=2026-01-01T00:00:00Z&stream=Stdout", None),
            (
                "tailLines=-1&sinceSeconds=0&limitBytes=0",
                Some((
                    422,
                    "PodLogOptions \"p\" is invalid: [tailLines: Invalid value: -1: must be greater than or equal to 0, limitBytes: Invalid value: 0: must be greater than 0, sinceSeconds: Invalid value: 0: must be greater than 0]",
                )),
            ),
            (
                "sinceSeconds=0&sinceTime=2026-01-01T00:00:00Z",
                Some((
                    422,
                    "PodLogOptions \"p\" is invalid: []: Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified",
                )),
            ),
            (
                "stream=x",
                Some((
                    422,
                    "PodLogOptions \"p\" is invalid: stream: Unsupported value: \"x\": supported values: \"All\", \"Stderr\", \"Stdout\"",
                )),
            ),
            (
                "stream=Stderr&tailLines=1",
                Some((
                    422,
                    "PodLogOptions \"p\" is invalid: []: Forbidden: `tailLines` and specific `stream` are mutually exclusive for now",
                )),
            ),
            (
                "tailLines=x",
                Some((400, "strconv.ParseInt: parsing \"x\": invalid syntax")),
            ),
            (
                "sinceTime=soon",
                Some((
                    400,
                    "parsing time \"soon\" as \"2006-01-02T15:04:05Z07:00\": cannot parse \"soon\" as \"2006\"",
                )),
            ),
        ] {
            let found = check(&Query::parse(query), "p").err();
            let found = found.as_ref().map(|it| (it.code, it.message.as_str()));
            assert_eq!(found, expected, "{query}");
        }
    }
}
