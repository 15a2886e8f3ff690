//! What an endpoint gets: a message, or the question whether it wants messages, with what is known of it and a
//! signature. Pure.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{
    message::{Attribute, Message},
    signing::Version,
};

/// What is sent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Kind {
    #[default]
    Notification,
    SubscriptionConfirmation,
    UnsubscribeConfirmation,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Notification => "Notification",
            Self::SubscriptionConfirmation => "SubscriptionConfirmation",
            Self::UnsubscribeConfirmation => "UnsubscribeConfirmation",
        }
    }

    /// What a person who reads it is told.
    pub fn text(self, topic: &str, subscription: &str) -> String {
        match self {
            Self::Notification => String::new(),
            Self::SubscriptionConfirmation => format!(
                "You have chosen to subscribe to the topic {topic}.\n\
                 To confirm the subscription, visit the SubscribeURL included in this message."
            ),
            Self::UnsubscribeConfirmation => format!(
                "You have chosen to deactivate subscription {subscription}.\n\
                 To cancel this operation and restore the subscription, visit the SubscribeURL included in this \
                 message."
            ),
        }
    }
}

/// Everything but the signature.
#[derive(Debug)]
pub struct Envelope<'a> {
    pub kind: Kind,
    pub message: &'a Message,
    /// ARN
    pub topic: &'a str,
    /// With which an endpoint agrees; of confirmations alone.
    pub token: Option<&'a str>,
    /// Where it agrees, or where it wants no more.
    pub link: &'a str,
}

impl Envelope<'_> {
    /// The text that is signed: names and values in turn, sorted by name.
    pub fn canonical(&self) -> String {
        let Self { message, token, .. } = self;
        let is_confirmation = token.is_some();
        let subject = message.subject.as_deref().filter(|_| !is_confirmation);
        let link = Some(self.link).filter(|_| is_confirmation);
        let members = [
            ("Message", Some(message.text.as_str())),
            ("MessageId", Some(message.id.as_str())),
            ("Subject", subject),
            ("SubscribeURL", link),
            ("Timestamp", Some(message.published_at.as_str())),
            ("Token", *token),
            ("TopicArn", Some(self.topic)),
            ("Type", Some(self.kind.name())),
        ];
        let there = members.iter();
        let there =
            there.filter_map(|(name, value)| value.map(|value| format!("{name}\n{value}\n")));
        there.collect()
    }

    /// JSON
    pub fn signed(&self, version: Version, signature: &str, certificate: &str) -> String {
        let message = self.message;
        let mut all = json!({
            "Type": self.kind.name(),
            "MessageId": message.id,
        });
        if let Some(number) = message.sequence_number() {
            all["SequenceNumber"] = number.into();
        }
        if message.is_replayed {
            all["Replayed"] = "true".into();
        }
        if let Some(token) = self.token {
            all["Token"] = token.into();
        }
        all["TopicArn"] = self.topic.into();
        if let Some(subject) = &message.subject {
            all["Subject"] = subject.as_str().into();
        }
        all["Message"] = message.text.as_str().into();
        if self.token.is_some() {
            all["SubscribeURL"] = self.link.into();
        }
        all["Timestamp"] = message.published_at.as_str().into();
        all["SignatureVersion"] = version.name().into();
        all["Signature"] = signature.into();
        all["SigningCertURL"] = certificate.into();
        if self.token.is_none() {
            all["UnsubscribeURL"] = self.link.into();
        }
        if !message.attributes.is_empty() {
            let shown = |(name, it): (&String, &Attribute)| {
                let value = json!({"Type": it.data_type, "Value": it.value()});
                (name.clone(), value)
            };
            let attributes: Map<String, Value> = message.attributes.iter().map(shown).collect();
            all["MessageAttributes"] = attributes.into();
        }
        all.to_string()
    }
}

/// The operations that links of a subscription's messages ask for.
pub const LINKS: &[&str] = &[links::CONFIRM, links::UNSUBSCRIBE];

/// Links of a subscription's messages, below the address of this installation.
pub mod links {
    use form_urlencoded::Serializer;

    const VERSION: &str = "2010-03-31";
    pub const CONFIRM: &str = "ConfirmSubscription";
    pub const UNSUBSCRIBE: &str = "Unsubscribe";

    fn link(base: &str, action: &str, rest: &[(&str, &str)]) -> String {
        let mut query = Serializer::new(String::new());
        query.append_pair("Action", action);
        query.append_pair("Version", VERSION);
        query.extend_pairs(rest);
        format!("{}/?{}", base.trim_end_matches('/'), query.finish())
    }

    pub fn confirm(base: &str, topic: &str, token: &str) -> String {
        let rest = [("TopicArn", topic), ("Token", token)];
        link(base, CONFIRM, &rest)
    }

    pub fn unsubscribe(base: &str, subscription: &str) -> String {
        link(base, UNSUBSCRIBE, &[("SubscriptionArn", subscription)])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message() -> Message {
        Message {
            id: "1".to_owned(),
            text: "hello".to_owned(),
            subject: Some("greeting".to_owned()),
            published_at: "2026-01-01T00:00:00.000Z".to_owned(),
            ..Message::default()
        }
    }

    #[test]
    fn what_is_signed() {
        let mut it = Envelope {
            kind: Kind::Notification,
            message: &message(),
            topic: "arn:t",
            token: None,
            link: "http://x/?Action=Unsubscribe",
        };
        assert_eq!(
            it.canonical(),
            "Message\nhello\nMessageId\n1\nSubject\ngreeting\nTimestamp\n2026-01-01T00:00:00.000Z\n\
             TopicArn\narn:t\nType\nNotification\n"
        );
        (it.kind, it.token) = (Kind::SubscriptionConfirmation, Some("abc"));
        it.link = "http://x/?Action=ConfirmSubscription";
        assert_eq!(
            it.canonical(),
            "Message\nhello\nMessageId\n1\nSubscribeURL\nhttp://x/?Action=ConfirmSubscription\n\
             Timestamp\n2026-01-01T00:00:00.000Z\nToken\nabc\nTopicArn\narn:t\n\
             Type\nSubscriptionConfirmation\n"
        );
        let shown: Value = serde_json::from_str(&it.signed(Version::Two, "s", "c")).unwrap();
        let names: Vec<&String> = shown.as_object().unwrap().keys().collect();
        assert_eq!(names[..3], ["Type", "MessageId", "Token"]);
        assert_eq!(shown["SignatureVersion"], "2");
        assert!(shown.get("UnsubscribeURL").is_none());
    }

    #[test]
    fn links_are_addresses() {
        assert_eq!(
            links::confirm("http://localhost:4566/", "arn:aws:sns:r:a:t", "a+b"),
            "http://localhost:4566/?Action=ConfirmSubscription&Version=2010-03-31\
             &TopicArn=arn%3Aaws%3Asns%3Ar%3Aa%3At&Token=a%2Bb"
        );
    }
}
