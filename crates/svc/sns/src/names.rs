//! Names and ARNs of topics and subscriptions. Pure.

use wharf_api_sns::faults;
use wharf_base::Arn;
use wharf_records::Scope;
use wharf_service::Place;
use wharf_wire::Fault;

use crate::fault;

pub const SERVICE: &str = "sns";
const LONGEST: usize = 256;

/// A topic, by where it is and its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TopicId {
    pub place: Place,
    pub name: String,
}

impl TopicId {
    pub fn arn(&self) -> String {
        let Place { account, region } = &self.place;
        Arn::new(SERVICE, region, account, self.name.as_str()).to_string()
    }

    /// The topic of an ARN.
    pub fn of(text: &str) -> Option<Self> {
        let arn: Arn = text.parse().ok()?;
        (arn.service == SERVICE && is_name(&arn.resource)).then(|| Self {
            place: Place::new(arn.account, arn.region),
            name: arn.resource,
        })
    }

    /// The topic that a parameter names.
    pub fn given(text: Option<&str>) -> Result<Self, Fault> {
        let text = text.unwrap_or_default();
        Self::of(text).ok_or_else(|| {
            fault::invalid(
                "TopicArn",
                "An ARN must have at least 6 elements, and name a topic",
            )
        })
    }

    pub fn scope(&self) -> Scope {
        Scope::new(SERVICE, &self.place.account, &self.place.region)
    }

    pub fn key(&self) -> String {
        use wharf_records::Record as _;
        self.scope().key(crate::records::Topic::KIND, &self.name)
    }

    /// How keys of a kind begin that are the topic's.
    pub fn prefix(&self, kind: &str) -> String {
        self.scope().prefix(kind) + &wharf_records::escape(&format!("{}/", self.name))
    }
}

/// A subscription of a topic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubscriptionId {
    pub topic: TopicId,
    pub id: String,
}

impl SubscriptionId {
    pub fn arn(&self) -> String {
        format!("{}:{}", self.topic.arn(), self.id)
    }

    /// The subscription that a parameter names.
    pub fn given(text: Option<&str>) -> Result<Self, Fault> {
        let bad = || {
            fault::invalid(
                "SubscriptionArn",
                "An ARN of a subscription must have at least 7 elements",
            )
        };
        let (topic, id) = text.and_then(|it| it.rsplit_once(':')).ok_or_else(bad)?;
        let is_id = id.len() == 36 && id.bytes().all(|it| it.is_ascii_hexdigit() || it == b'-');
        match TopicId::of(topic).filter(|_| is_id) {
            Some(topic) => Ok(Self {
                topic,
                id: id.to_owned(),
            }),
            None => Err(bad()),
        }
    }

    pub fn key(&self) -> String {
        use wharf_records::Record as _;
        self.key_of(crate::records::Subscription::KIND)
    }

    /// Under which it is kept once its endpoint has ended it.
    pub fn ended_key(&self) -> String {
        use wharf_records::Record as _;
        self.key_of(crate::records::Ended::KIND)
    }

    fn key_of(&self, kind: &str) -> String {
        let id = format!("{}/{}", self.topic.name, self.id);
        self.topic.scope().key(kind, &id)
    }
}

/// How names of topics and queues with order end.
const WITH_ORDER: &str = ".fifo";

fn is_name(name: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    let plain = name.strip_suffix(WITH_ORDER).unwrap_or(name);
    name.len() <= LONGEST && !plain.is_empty() && plain.bytes().all(fits)
}

/// Whether the topic or queue of that name or ARN keeps order.
pub fn has_order(name: &str) -> bool {
    name.ends_with(WITH_ORDER)
}

/// The name of a topic to be made.
pub fn wished(name: &str, fifo: bool) -> Result<(), Fault> {
    let why = match fifo {
        _ if is_name(name) && has_order(name) == fifo => return Ok(()),
        true => {
            "Invalid parameter: Fifo Topic names must end with .fifo and must be made up of only uppercase and \
             lowercase ASCII letters, numbers, underscores, and hyphens, and must be between 1 and 256 characters \
             long."
        }
        false => "Invalid parameter: Topic Name",
    };
    Err(faults::invalid_parameter_exception(why))
}

/// Whether an ARN is one of a queue.
pub fn is_queue(text: &str) -> bool {
    let arn = text.parse::<Arn>();
    arn.is_ok_and(|it| it.service == "sqs" && is_name(&it.resource))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arns_are_read_back() {
        let topic = TopicId {
            place: Place::new("000000000000", "us-east-1"),
            name: "news".to_owned(),
        };
        assert_eq!(TopicId::given(Some(&topic.arn())), Ok(topic.clone()));
        let subscription = SubscriptionId {
            topic,
            id: wharf_base::ids::uuid(),
        };
        assert_eq!(
            SubscriptionId::given(Some(&subscription.arn())),
            Ok(subscription.clone())
        );
        for bad in [
            "",
            "news",
            &subscription.arn(),
            "arn:aws:sqs:us-east-1:000000000000:news",
        ] {
            assert_eq!(
                TopicId::given(Some(bad)).unwrap_err().code,
                "InvalidParameter"
            );
        }
        assert!(SubscriptionId::given(Some(&subscription.topic.arn())).is_err());
        for (name, fifo, fits) in [
            ("a-b_1", false, true),
            ("a.b", false, false),
            ("", false, false),
            (".fifo", true, false),
            ("a.fifo", true, true),
            ("a.fifo", false, false),
            ("a", true, false),
        ] {
            assert_eq!(wished(name, fifo).is_ok(), fits, "{name}");
        }
    }
}
