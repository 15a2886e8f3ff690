//! Configurations of notifications: which happenings are told to whom. Pure.

use wharf_api_s3::{
    EventBridgeConfiguration, FilterRule, NotificationConfiguration,
    NotificationConfigurationFilter, QueueConfiguration, S3KeyFilter, TopicConfiguration,
};
use wharf_base::{Arn, ids};
use wharf_wire::Fault;

use crate::{
    config_records::{self, Notifications, Telling},
    fault,
};

const MAX_RULES: usize = 100;
/// As many rules with more than a kilobyte each. AWS says nothing of bytes.
const MAX_BYTES: usize = 128 << 10;
/// Bytes of a prefix or suffix.
const MAX_AFFIX: usize = 1024;
const MAX_ID: usize = 255;

fn argument(text: &str, name: &str, value: &str) -> Fault {
    fault::argument(text, name, value)
}

/// What a request asks for, of a bucket of this region.
///
/// # Errors
/// In S3's words.
pub fn read(given: NotificationConfiguration, region: &str) -> Result<Notifications, Fault> {
    if given
        .lambda_function_configurations
        .is_some_and(|it| !it.is_empty())
    {
        return Err(fault::not_implemented(
            "CloudFunctionConfiguration is not supported by this version of wharf.",
        ));
    }
    let queues = given.queue_configurations.unwrap_or_default();
    let queues = queues
        .into_iter()
        .map(|it| rule(it.id, it.queue_arn, "sqs", it.events, it.filter, region));
    let topics = given.topic_configurations.unwrap_or_default();
    let topics = topics
        .into_iter()
        .map(|it| rule(it.id, it.topic_arn, "sns", it.events, it.filter, region));
    let rules = queues.chain(topics).collect::<Result<Vec<Telling>, _>>()?;
    if rules.len() > MAX_RULES {
        let text = "The number of notification configurations exceeds the limit of 100";
        return Err(argument(text, "NotificationConfiguration", ""));
    }
    for (at, rule) in rules.iter().enumerate() {
        let before = &rules[..at];
        if before.iter().any(|it| it.id == rule.id) {
            let text = "Same ID used for multiple configurations. IDs must be unique";
            return Err(argument(text, "Id", &rule.id));
        }
        if before.iter().any(|it| overlap(it, rule)) {
            let is_filtered = [&rule.prefix, &rule.suffix].iter().any(|it| !it.is_empty());
            let text = match is_filtered {
                true => {
                    "Configuration is ambiguously defined. Cannot have overlapping suffixes in two rules if the \
                     prefixes are overlapping for the same event type."
                }
                false => {
                    "Configurations overlap. Configurations on the same bucket cannot share a common event type."
                }
            };
            return Err(argument(text, "Event", &rule.events.join(",")));
        }
    }
    if !config_records::fits(&rules, MAX_BYTES) {
        return Err(fault::too_large_configuration());
    }
    Ok(Notifications {
        rules,
        event_bridge: given.event_bridge_configuration.is_some(),
    })
}

fn rule(
    id: Option<String>,
    arn: Option<String>,
    service: &str,
    events: Option<Vec<String>>,
    filter: Option<NotificationConfigurationFilter>,
    region: &str,
) -> Result<Telling, Fault> {
    let arn = arn.unwrap_or_default();
    let member = if service == "sqs" { "Queue" } else { "Topic" };
    let parsed: Result<Arn, _> = arn.parse();
    let parsed = parsed
        .ok()
        .filter(|it| it.service == service && it.account.len() == 12 && is_name(&it.resource));
    let parsed = parsed.ok_or_else(|| argument("The ARN could not be parsed", member, &arn))?;
    if parsed.region != region {
        let text = "The notification destination service region is not valid for the bucket location constraint";
        return Err(argument(text, member, &arn));
    }
    if parsed.resource.ends_with(".fifo") {
        let text = match service {
            "sqs" => "FIFO SQS queues are not supported.",
            _ => "FIFO SNS topics are not supported.",
        };
        return Err(argument(text, member, &arn));
    }
    let mut events = events.unwrap_or_default();
    events.dedup();
    if events.is_empty() {
        return Err(fault::malformed_xml());
    }
    let id = match id {
        Some(id) if id.len() > MAX_ID => return Err(fault::malformed_xml()),
        Some(id) if !id.is_empty() => id,
        _ => ids::uuid(),
    };
    let (prefix, suffix) = affixes(filter)?;
    Ok(Telling {
        id,
        arn,
        events,
        prefix,
        suffix,
    })
}

fn is_name(text: &str) -> bool {
    let known = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.');
    (1..=256).contains(&text.len()) && text.bytes().all(known)
}

fn affixes(filter: Option<NotificationConfigurationFilter>) -> Result<(String, String), Fault> {
    let rules = filter.and_then(|it| it.key).unwrap_or_default();
    let (mut prefix, mut suffix) = (None, None);
    for given in rules.filter_rules.unwrap_or_default() {
        let name = given.name.unwrap_or_default().to_ascii_lowercase();
        let value = given.value.unwrap_or_default();
        let (place, twice) = match name.as_str() {
            "prefix" => (
                &mut prefix,
                "Cannot specify more than one prefix rule in a filter.",
            ),
            "suffix" => (
                &mut suffix,
                "Cannot specify more than one suffix rule in a filter.",
            ),
            _ => {
                let text = "filter rule name must be either prefix or suffix";
                return Err(argument(text, "FilterRule.Name", &name));
            }
        };
        if value.len() > MAX_AFFIX {
            let text = "Size of filter rule value cannot exceed 1024 bytes in UTF-8 representation";
            return Err(argument(text, "FilterRule.Value", ""));
        }
        if place.replace(value).is_some() {
            return Err(argument(twice, "FilterRule.Name", &name));
        }
    }
    Ok((prefix.unwrap_or_default(), suffix.unwrap_or_default()))
}

/// Whether a key may be told twice: S3 tells one happening to one.
fn overlap(one: &Telling, other: &Telling) -> bool {
    let prefixes = one.prefix.starts_with(&other.prefix) || other.prefix.starts_with(&one.prefix);
    let suffixes = one.suffix.ends_with(&other.suffix) || other.suffix.ends_with(&one.suffix);
    let shared = |it: &String| {
        other
            .events
            .iter()
            .any(|also| covers(it, also) || covers(also, it))
    };
    prefixes && suffixes && one.events.iter().any(shared)
}

/// Whether `pattern`, as `s3:ObjectCreated:*`, means an event.
fn covers(pattern: &str, event: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(start) => event.starts_with(start),
        None => pattern == event,
    }
}

/// Whether a rule tells of an event (`ObjectCreated:Put`) of a key.
pub fn tells(rule: &Telling, event: &str, key: &str) -> bool {
    let event = format!("s3:{event}");
    rule.events.iter().any(|it| covers(it, &event))
        && key.starts_with(&rule.prefix)
        && key.ends_with(&rule.suffix)
}

pub fn shown(of: Notifications) -> NotificationConfiguration {
    let (queues, topics): (Vec<Telling>, Vec<Telling>) =
        of.rules.into_iter().partition(|it| it.is_queue());
    let queues = queues.into_iter().map(|it| QueueConfiguration {
        filter: shown_filter(&it),
        id: Some(it.id),
        queue_arn: Some(it.arn),
        events: Some(it.events),
    });
    let topics = topics.into_iter().map(|it| TopicConfiguration {
        filter: shown_filter(&it),
        id: Some(it.id),
        topic_arn: Some(it.arn),
        events: Some(it.events),
    });
    NotificationConfiguration {
        queue_configurations: Some(queues.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
        topic_configurations: Some(topics.collect::<Vec<_>>()).filter(|it| !it.is_empty()),
        lambda_function_configurations: None,
        event_bridge_configuration: of.event_bridge.then_some(EventBridgeConfiguration {}),
    }
}

fn shown_filter(of: &Telling) -> Option<NotificationConfigurationFilter> {
    let rules: Vec<FilterRule> = [("Prefix", &of.prefix), ("Suffix", &of.suffix)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(name, value)| FilterRule {
            name: Some(name.to_owned()),
            value: Some(value.clone()),
        })
        .collect();
    (!rules.is_empty()).then_some(NotificationConfigurationFilter {
        key: Some(S3KeyFilter {
            filter_rules: Some(rules),
        }),
    })
}

#[cfg(test)]
mod tests;
