//! What can be a delivery source, and how its logs may be written: what DescribeConfigurationTemplates tells. Pure.

use wharf_base::Arn;

use super::records::{DestinationType, Format};

/// Resources of a service that log.
#[derive(Debug)]
pub struct SourceKind {
    /// As it is in ARNs.
    pub service: &'static str,
    /// The same; a slash and the resource's name follow.
    pub resource_type: &'static str,
    pub log_types: &'static [&'static str],
    /// What who makes one a source must be allowed to do to it.
    pub action: &'static str,
    /// Of records, in the order in which they are written.
    pub fields: &'static [&'static str],
    /// What gets its records in a log group.
    pub stream: &'static str,
    /// What the names of its files have.
    pub folder: &'static str,
    /// The part of the names of objects that stands for the resource.
    pub name_variable: &'static str,
    /// What the names of objects have without a choice.
    pub suffix: &'static str,
}

/// <https://docs.aws.amazon.com/eventbridge/latest/userguide/eb-event-logs-schema.html>
static EVENT_BUS: SourceKind = SourceKind {
    service: "events",
    resource_type: "event-bus",
    log_types: &["ERROR_LOGS", "INFO_LOGS", "TRACE_LOGS"],
    action: "events:AllowVendedLogDeliveryForResource",
    fields: &[
        "resource_arn",
        "event_bus_name",
        "request_id",
        "event_id",
        "invocation_id",
        "message_timestamp_ms",
        "message_type",
        "log_level",
        "details",
        "dropped_fields",
        "error",
    ],
    stream: "EventBridgeEventBusLogs",
    folder: "EventBusLogs",
    name_variable: "{event-bus-name}",
    suffix: "{region}/{event-bus-name}/{yyyy}/{MM}/{dd}/{HH}",
};

/// All there are.
pub static ALL: [&SourceKind; 1] = [&EVENT_BUS];

/// What may stand between fields; the first is meant if nothing is said.
pub const DELIMITERS: [&str; 5] = ["\t", " ", ",", ";", "|"];

impl SourceKind {
    /// The kind of an ARN, and the name of the resource.
    pub fn of(arn: &Arn) -> Option<(&'static Self, &str)> {
        ALL.into_iter().find_map(|kind| {
            let name = arn.resource.strip_prefix(kind.resource_type)?;
            let name = name.strip_prefix('/').filter(|it| !it.is_empty())?;
            (arn.service == kind.service).then_some((kind, name))
        })
    }

    /// Parts of the names of objects that are filled in.
    pub fn variables(&self) -> [&'static str; 7] {
        [
            "{account-id}",
            "{region}",
            self.name_variable,
            "{yyyy}",
            "{MM}",
            "{dd}",
            "{HH}",
        ]
    }
}

/// Formats of what goes to destinations of a type; the first is meant if nothing is said.
pub const fn formats(of: DestinationType) -> &'static [Format] {
    match of {
        DestinationType::Group => &[Format::Json, Format::Plain],
        DestinationType::Bucket => &[Format::Json, Format::Plain, Format::W3c, Format::Raw],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buses_are_sources_and_nothing_else_is() {
        let of = |text: &str| {
            let arn: Arn = text.parse().unwrap();
            SourceKind::of(&arn).map(|(kind, name)| (kind.folder, name.to_owned()))
        };
        let bus = "arn:aws:events:us-east-1:000000000000:event-bus/shop";
        assert_eq!(of(bus), Some(("EventBusLogs", "shop".to_owned())));
        for other in [
            "arn:aws:events:us-east-1:000000000000:event-bus/",
            "arn:aws:events:us-east-1:000000000000:event-busses/a",
            "arn:aws:events:us-east-1:000000000000:rule/a",
            "arn:aws:cloudfront::000000000000:distribution/E1",
        ] {
            assert_eq!(of(other), None, "{other}");
        }
    }
}
