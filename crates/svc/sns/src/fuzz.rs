//! Parsers as functions of any bytes.

use crate::{
    delivery_policy::{Effective, OfSubscription, OfTopic},
    endpoint::{Protocol, without_credentials},
    fifo::archive,
    records::Replay,
};

/// Reads every policy of a topic and a subscription; waits of one that is taken are within its bounds.
pub fn policy(text: &str) {
    let _ = archive::days(text);
    let _ = Replay::parse(text);
    let topic = OfTopic::parse(text).ok();
    if let Some(topic) = &topic {
        let _ = topic.effective();
    }
    let own = OfSubscription::parse(text).ok();
    let all = Effective::of(topic.as_ref(), own.as_ref());
    let most = std::time::Duration::from_secs(3600);
    let waits = (1..=all.retries.num_retries).map(|it| all.retries.wait(it));
    assert!(waits.sum::<std::time::Duration>() <= most);
}

/// Reads an address; what is sent as a header is no part of it any more.
pub fn endpoint(text: &str) {
    if Protocol::Http.check(text).is_ok() {
        let (address, _) = without_credentials(text);
        assert!(
            address
                .parse::<http::Uri>()
                .is_ok_and(|it| { it.authority().is_some_and(|it| !it.as_str().contains('@')) })
        );
    }
}
