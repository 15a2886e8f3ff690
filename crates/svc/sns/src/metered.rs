//! What is published and what becomes of it, as metrics under `AWS/SNS`, by the name of the topic.

use wharf_delivery::Became;
use wharf_vended::{Counters, Subject, Together};

use crate::{envelope::Kind, errand::Errand, filter::Verdict, message::Message, names::TopicId};

/// Counts a message that was published, and the subscriptions whose filters kept it from them.
pub fn published(counters: &Counters, topic: &TopicId, message: &Message, verdicts: &[Verdict]) {
    let (of, bytes) = (subject(topic), message.published_bytes() as f64);
    counters.together(|counts| {
        counts.one(&of, "NumberOfMessagesPublished");
        counts.sample(&of, "PublishSize", "Bytes", bytes);
        for verdict in verdicts {
            let by = match verdict {
                Verdict::Passes => continue,
                Verdict::Attributes => "NumberOfNotificationsFilteredOut-MessageAttributes",
                Verdict::NoAttributes => "NumberOfNotificationsFilteredOut-NoMessageAttributes",
                Verdict::Body => "NumberOfNotificationsFilteredOut-MessageBody",
                Verdict::InvalidBody => "NumberOfNotificationsFilteredOut-InvalidMessageBody",
            };
            counts.one(&of, "NumberOfNotificationsFilteredOut");
            counts.one(&of, by);
        }
    });
}

/// Counts what became of a message on its way to a subscription. To web servers each try that failed counts, to all
/// others what was given up.
pub fn became(counts: &mut Together<'_>, errand: &Errand, what: Became) {
    let Some(topic) = TopicId::of(&errand.topic) else {
        return;
    };
    let is_web = errand.protocol.is_web();
    let name = match what {
        _ if errand.kind != Kind::Notification => return,
        Became::Delivered => "NumberOfNotificationsDelivered",
        Became::Failed | Became::Throttled if is_web => "NumberOfNotificationsFailed",
        Became::GivenUp if !is_web => "NumberOfNotificationsFailed",
        Became::Buried if errand.dead_letters.is_some() => "NumberOfNotificationsRedrivenToDlq",
        Became::Lost => "NumberOfNotificationsFailedToRedriveToDlq",
        Became::Buried | Became::GivenUp | Became::Failed | Became::Throttled => return,
    };
    counts.one(&subject(&topic), name);
}

fn subject(topic: &TopicId) -> Subject {
    Subject {
        account: topic.place.account.clone(),
        region: topic.place.region.clone(),
        namespace: "AWS/SNS",
        dimensions: vec![("TopicName", topic.name.clone())],
    }
}
