//! Parsers as functions of any bytes.

use wharf_delivery::Parcel;
use wharf_records::fuzz::again;

use crate::{
    delivery_policy::{Effective, OfSubscription, OfTopic},
    endpoint::{Protocol, without_credentials},
    errand::Errand,
    fifo,
    fifo::archive,
    records,
    records::Replay,
    signing,
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

/// A record as it is stored, of any kind.
pub fn record(bytes: &[u8]) {
    again::<fifo::Numbers>(bytes);
    again::<fifo::Seen>(bytes);
    again::<fifo::Kept>(bytes);
    again::<fifo::Turn>(bytes);
    again::<signing::SigningKey>(bytes);
    again::<records::Topic>(bytes);
    again::<records::Subscription>(bytes);
    again::<Parcel<Errand>>(bytes);
}
