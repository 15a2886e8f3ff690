//! Names and ARNs of groups and streams.

use wharf_base::Arn;
use wharf_records::Scope;
use wharf_wire::{Context, Fault};

use crate::fault;

pub fn group_arn(cx: &Context, name: &str) -> String {
    Arn::new("logs", &cx.region, &cx.account, format!("log-group:{name}")).to_string()
}

/// Of what PutDestination makes.
pub fn destination_arn(cx: &Context, name: &str) -> String {
    let resource = format!("destination:{name}");
    Arn::new("logs", &cx.region, &cx.account, resource).to_string()
}

/// The same of a group that no request is about.
pub fn group_arn_in(scope: &Scope, name: &str) -> String {
    let resource = format!("log-group:{name}");
    Arn::new("logs", &scope.region, &scope.account, resource).to_string()
}

pub fn stream_arn(cx: &Context, group: &str, stream: &str) -> String {
    format!("{}:log-stream:{stream}", group_arn(cx, group))
}

/// The group named by either of the two members; one of them must be there, not both.
pub fn one_group(
    cx: &Context,
    name: Option<&str>,
    identifier: Option<&str>,
) -> Result<String, Fault> {
    match (name, identifier) {
        (Some(name), None) => Ok(name.to_owned()),
        (None, Some(identifier)) => from_identifier(cx, identifier),
        (Some(_), Some(_)) => Err(fault::invalid(
            "LogGroup name and LogGroup ARN are mutually exclusive parameters.",
        )),
        (None, None) => Err(fault::invalid(
            "Exactly one of logGroupName or logGroupIdentifier is required.",
        )),
    }
}

/// A name, or the ARN of a group with or without its closing `:*`. One of another account or region
/// is as unknown as one that does not exist.
pub fn from_identifier(cx: &Context, identifier: &str) -> Result<String, Fault> {
    let Ok(arn) = identifier.parse::<Arn>() else {
        return Ok(identifier.to_owned());
    };
    let name = arn
        .resource
        .strip_prefix("log-group:")
        .map(|rest| rest.strip_suffix(":*").unwrap_or(rest).to_owned())
        .filter(|name| arn.is_in_its_partition() && arn.service == "logs" && !name.is_empty())
        .ok_or_else(|| fault::invalid(format!("{identifier} is not the ARN of a log group")))?;
    match arn.account == cx.account && arn.region == cx.region {
        true => Ok(name),
        false => Err(fault::no_group()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers() {
        let cx = Context::internal("000000000000", "us-east-1", "x", Default::default());
        for (text, name) in [
            ("app", "app"),
            ("/ecs/app", "/ecs/app"),
            (
                "arn:aws:logs:us-east-1:000000000000:log-group:/ecs/app",
                "/ecs/app",
            ),
            ("arn:aws:logs:us-east-1:000000000000:log-group:app:*", "app"),
        ] {
            assert_eq!(from_identifier(&cx, text).unwrap(), name);
        }
        assert!(from_identifier(&cx, "arn:aws:ecs:us-east-1:0:cluster/a").is_err());
        for elsewhere in [
            "arn:aws:logs:us-east-1:111122223333:log-group:app",
            "arn:aws:logs:eu-west-1:000000000000:log-group:app",
        ] {
            let fault = from_identifier(&cx, elsewhere).unwrap_err();
            assert_eq!(fault.code, "ResourceNotFoundException", "{elsewhere}");
        }
        assert!(one_group(&cx, None, None).is_err());
        assert!(one_group(&cx, Some("a"), Some("a")).is_err());
    }
}
