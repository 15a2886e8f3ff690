//! Sends notices to queues and topics, as S3: their policies decide.

use std::sync::Arc;

use wharf_base::Arn;
use wharf_delivery::{
    Actor, Courier, Failure, GivenUp, Lane, Operations, Parcel, Request, Sending, send_all, targets,
};
use wharf_wire::async_trait;

use crate::notices::{Notice, PRINCIPAL};

/// The segment of keys that parcels lie under: who follows it does not read of all objects.
pub const NOTICES: &str = "s3-notices";

pub struct Notices(pub Arc<dyn Operations>);

#[async_trait]
impl Courier for Notices {
    type Work = Notice;

    fn lane(&self, notice: &Notice) -> Lane {
        match notice {
            Notice::Message { to, bucket, .. } => Lane::of(&[bucket, to]),
            Notice::Announcement { bucket, .. } => Lane::of(&[bucket]),
        }
    }

    async fn deliver(&self, parcels: &[&Parcel<Notice>]) -> Vec<Result<(), Failure>> {
        let sendings = parcels.iter().filter_map(|it| sending(&it.work));
        let sendings: Vec<Result<Sending, Failure>> = sendings.collect();
        match sendings.is_empty() {
            // They were read when they were written (`announced.rs`).
            true => parcels.iter().map(|_| Ok(())).collect(),
            false => send_all(&*self.0, sendings).await,
        }
    }

    async fn given_up(&self, parcel: &Parcel<Notice>, why: GivenUp) -> Result<(), Failure> {
        if let Notice::Message { to, bucket, .. } = &parcel.work {
            tracing::warn!(bucket, to, error = %why.failure, "delivering a notification failed, no further retry");
        }
        Ok(())
    }
}

/// The call for a message. A lane has messages alone, or none.
fn sending(notice: &Notice) -> Option<Result<Sending, Failure>> {
    let Notice::Message {
        to,
        bucket,
        account,
        body,
    } = notice
    else {
        return None;
    };
    let request = request(to, body);
    Some(request.map(|request| Sending {
        actor: actor(account, bucket),
        request,
        answer_is_enough: false,
    }))
}

/// S3, for a bucket.
pub fn actor(account: &str, bucket_arn: &str) -> Actor {
    Actor::Service {
        name: PRINCIPAL.to_owned(),
        account: account.to_owned(),
        source_arn: bucket_arn.to_owned(),
    }
}

/// The message for a queue or a topic.
///
/// # Errors
/// It is neither's.
pub fn request(to: &str, body: &str) -> Result<Request, Failure> {
    let bad = |error| Failure::lasting("InvalidArgument", format!("{error}"));
    let to: Arn = to.parse().map_err(bad)?;
    Ok(match to.service.as_str() {
        "sqs" => targets::send_message(&to, body, None, &[], ""),
        _ => {
            let mut request = targets::publish(&to, body);
            request.input["Subject"] = "Amazon S3 Notification".into();
            request
        }
    })
}
