//! Dead letters of a bus: events that its key does not let it seal go to the queue that it names, before whoever put
//! them is answered. Dead letters of targets are the courier's.

use wharf_api_events::DeadLetterConfig;
use wharf_delivery::{Actor, DeadLetter, Failure, GivenUp};
use wharf_wire::Fault;

use crate::{core::Core, courier::PRINCIPAL, event::Event, fault, names::BusName, targets};

/// The queue that a request names for a bus; `None` where it says nothing of it, and an empty one takes it away.
///
/// # Errors
/// It is no standard queue.
pub fn given(config: Option<&DeadLetterConfig>) -> Result<Option<String>, Fault> {
    let Some(config) = config else {
        return Ok(None);
    };
    let queue = config.arn.clone().unwrap_or_default();
    if !queue.is_empty() {
        targets::check_dead_letters(&queue).map_err(fault::bad_target)?;
    }
    Ok(Some(queue))
}

/// As the API shows it.
pub fn shown(queue: Option<String>) -> Option<DeadLetterConfig> {
    queue.map(|arn| DeadLetterConfig { arn: Some(arn) })
}

/// Whether events become dead letters for it. What is refused for being asked too often, or failed, may be tried again by who
/// puts them.
pub fn are_for(why: &Fault) -> bool {
    why.lasts()
}

/// Sends an event to the queue of a bus, which keeps it for good once this returns.
///
/// # Errors
/// The queue does not take it.
pub async fn send(
    core: &Core,
    bus: &BusName,
    queue: &str,
    event: &Event,
    why: &Fault,
) -> Result<(), Failure> {
    let actor = Actor::Service {
        name: PRINCIPAL.to_owned(),
        account: bus.place.account.clone(),
        source_arn: bus.arn(),
    };
    let why = GivenUp {
        failure: Failure::lasting(why.code.clone(), why.message.clone()),
        retries: 0,
        exhausted: None,
    };
    let body = event.document().to_string();
    let letter = DeadLetter {
        queue: Some(queue),
        body: &body,
        group: None,
        attributes: why.attributes(),
        token: &event.id,
    };
    letter.send(&*core.parts.operations, &actor).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_may_be_tried_again_is_no_dead_letter() {
        for (why, are) in [
            (Fault::sender("DisabledException", 400, "disabled"), true),
            (Fault::sender("AccessDeniedException", 400, "no"), true),
            (Fault::sender("ThrottlingException", 400, "slow"), false),
        ] {
            assert_eq!(are_for(&why), are, "{why:?}");
        }
    }

    #[test]
    fn a_queue_is_a_standard_one_or_none() {
        let of = |arn: Option<&str>| DeadLetterConfig {
            arn: arn.map(str::to_owned),
        };
        let queue = "arn:aws:sqs:us-east-1:000000000000:q";
        assert_eq!(given(None).unwrap(), None);
        assert_eq!(given(Some(&of(None))).unwrap().as_deref(), Some(""));
        let named = given(Some(&of(Some(queue)))).unwrap();
        assert_eq!(named.as_deref(), Some(queue));
        for bad in [
            "q",
            "arn:aws:sns:us-east-1:000000000000:t",
            "arn:aws:sqs:us-east-1:000000000000:q.fifo",
        ] {
            let refused = given(Some(&of(Some(bad)))).unwrap_err();
            assert_eq!(
                refused.message,
                format!(
                    "Parameter DeadLetterConfig is not valid. Reason: {bad} is not a standard SQS queue."
                )
            );
        }
    }
}
