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
        let id = format!("{}/{}", self.topic.name, self.id);
        self.topic
            .scope()
            .key(crate::records::Subscription::KIND, &id)
    }
}

fn is_name(name: &str) -> bool {
    let fits = |it: u8| it.is_ascii_alphanumeric() || it == b'-' || it == b'_';
    (1..=LONGEST).contains(&name.len()) && name.bytes().all(fits)
}

/// The name of a topic to be made.
pub fn wished(name: &str) -> Result<(), Fault> {
    match is_name(name) {
        true => Ok(()),
        false => Err(faults::invalid_parameter_exception(
            "Invalid parameter: Topic Name",
        )),
    }
}

/// Whether an ARN is one of a standard queue.
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
        assert!(wished("a.b").is_err() && wished("").is_err() && wished("a-b_1").is_ok());
    }
}
