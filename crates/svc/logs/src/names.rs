//! Names and ARNs of groups, streams and lookup tables.

use wharf_base::{Arn, LogEnd, LogResource};
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

pub fn lookup_table_arn(cx: &Context, name: &str) -> String {
    let resource = format!("{LOOKUP_TABLE}{name}");
    Arn::new("logs", &cx.region, &cx.account, resource).to_string()
}

/// What names a delivery source in an ARN, a delivery destination, and a delivery.
pub const DELIVERY_SOURCE: &str = "delivery-source:";
pub const DELIVERY_DESTINATION: &str = "delivery-destination:";
pub const DELIVERY: &str = "delivery:";

/// The ARN of something of an account and region; `kind` is what names it in ARNs.
pub fn arn_in(scope: &Scope, kind: &str, name: &str) -> String {
    Arn::new(
        "logs",
        &scope.region,
        &scope.account,
        format!("{kind}{name}"),
    )
    .to_string()
}

/// Where a delivery destination is, and its name.
pub fn delivery_destination(arn: &str) -> Option<(Scope, String)> {
    let arn = arn.parse::<Arn>().ok();
    let arn = arn.filter(|it| it.is_in_its_partition() && it.service == "logs")?;
    let name = arn.resource.strip_prefix(DELIVERY_DESTINATION)?;
    let scope = Scope::new("logs", &arn.account, &arn.region);
    (!name.is_empty()).then(|| (scope, name.to_owned()))
}

/// The name of the log group of an ARN, with or without its closing `:*`.
pub fn group_in(arn: &Arn) -> Option<&str> {
    let named = LogResource::parse(&arn.resource).filter(|_| arn.service == "logs");
    named.and_then(LogResource::whole_group)
}

/// What names a lookup table in an ARN.
const LOOKUP_TABLE: &str = "lookup-table:";

/// The lookup table that an ARN names. One of another account or region is as unknown as one that does not exist.
pub fn lookup_table(cx: &Context, given: Option<&str>) -> Result<String, Fault> {
    let given = given.unwrap_or_default();
    let arn = given.parse::<Arn>().ok();
    let arn = arn.filter(|it| it.is_in_its_partition() && it.service == "logs");
    let named = arn.as_ref().and_then(|arn| {
        let name = arn.resource.strip_prefix(LOOKUP_TABLE)?;
        (!name.is_empty()).then_some((arn, name))
    });
    let (arn, name) =
        named.ok_or_else(|| fault::invalid(format!("{given} is not the ARN of a lookup table")))?;
    match arn.account == cx.account && arn.region == cx.region {
        true => Ok(name.to_owned()),
        false => Err(fault::no_lookup_table()),
    }
}

/// Whether it is the ARN of a lookup table, wherever that is.
pub fn is_lookup_table(arn: &str) -> bool {
    let arn = arn.parse::<Arn>();
    arn.is_ok_and(|it| it.service == "logs" && it.resource.starts_with(LOOKUP_TABLE))
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

/// A name, or the ARN of a group with or without its closing `:*`, of which Grafana leaves the colon. One
/// of another account or region is as unknown as one that does not exist.
pub fn from_identifier(cx: &Context, identifier: &str) -> Result<String, Fault> {
    let Ok(arn) = identifier.parse::<Arn>() else {
        return Ok(identifier.to_owned());
    };
    let named = LogResource::parse(&arn.resource)
        .filter(|it| !matches!(it.end, LogEnd::Stream(_)))
        .filter(|_| arn.is_in_its_partition() && arn.service == "logs")
        .ok_or_else(|| fault::invalid(format!("{identifier} is not the ARN of a log group")))?;
    match arn.account == cx.account && arn.region == cx.region {
        true => Ok(named.group.to_owned()),
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
            ("arn:aws:logs:us-east-1:000000000000:log-group:app:", "app"),
        ] {
            assert_eq!(from_identifier(&cx, text).unwrap(), name);
        }
        for none in [
            "arn:aws:ecs:us-east-1:0:cluster/a",
            "arn:aws:logs:us-east-1:000000000000:log-group:app:log-stream:a",
            "arn:aws:logs:us-east-1:000000000000:log-group:*",
            "arn:aws-cn:logs:us-east-1:000000000000:log-group:app",
        ] {
            let fault = from_identifier(&cx, none).unwrap_err();
            assert_eq!(fault.code, "InvalidParameterException", "{none}");
        }
        for elsewhere in [
            "arn:aws:logs:us-east-1:111122223333:log-group:app",
            "arn:aws:logs:eu-west-1:000000000000:log-group:app",
        ] {
            let fault = from_identifier(&cx, elsewhere).unwrap_err();
            assert_eq!(fault.code, "ResourceNotFoundException", "{elsewhere}");
        }
        let table = lookup_table_arn(&cx, "users");
        assert_eq!(lookup_table(&cx, Some(&table)).unwrap(), "users");
        assert!(is_lookup_table(&table) && !is_lookup_table("users"));
        for (bad, code) in [
            ("users", "InvalidParameterException"),
            (&group_arn(&cx, "users"), "InvalidParameterException"),
            (&lookup_table_arn(&cx, ""), "InvalidParameterException"),
            (
                "arn:aws:logs:us-east-1:111122223333:lookup-table:users",
                "ResourceNotFoundException",
            ),
        ] {
            assert_eq!(
                lookup_table(&cx, Some(bad)).unwrap_err().code,
                code,
                "{bad}"
            );
        }
        assert!(one_group(&cx, None, None).is_err());
        assert!(one_group(&cx, Some("a"), Some("a")).is_err());
    }
}
