//! What becomes of the moments of schedules, as metrics under `AWS/Scheduler`, by the group of the schedule.

use wharf_base::Arn;
use wharf_delivery::Became;
use wharf_vended::{Counters, Subject, Together};

const DROPPED: &str = "InvocationDroppedCount";

/// Counts what became of a try to invoke a target.
pub fn became(counts: &mut Together<'_>, schedule_arn: &str, has_dead_letters: bool, what: Became) {
    let names: &[&'static str] = match what {
        Became::Delivered => &["InvocationAttemptCount"],
        Became::Failed => &["InvocationAttemptCount", "TargetErrorCount"],
        Became::Throttled => &[
            "InvocationAttemptCount",
            "TargetErrorCount",
            "TargetErrorThrottledCount",
        ],
        Became::GivenUp => &[DROPPED],
        Became::Buried if has_dead_letters => &["InvocationsSentToDeadLetterCount"],
        Became::Lost => &["InvocationsFailedToBeSentToDeadLetterCount"],
        Became::Buried => &[],
    };
    if let Some(of) = group(schedule_arn) {
        for name in names {
            counts.one(&of, name);
        }
    }
}

/// A moment passed for longer than its target may still be invoked, or its account had no room for it.
pub fn missed(counters: &Counters, schedule_arn: &str) {
    if let Some(of) = group(schedule_arn) {
        counters.one(&of, DROPPED);
    }
}

/// The group of a schedule.
fn group(schedule_arn: &str) -> Option<Subject> {
    let arn: Arn = schedule_arn.parse().ok()?;
    let (group, _) = arn.resource.strip_prefix("schedule/")?.split_once('/')?;
    Some(Subject {
        account: arn.account,
        region: arn.region,
        namespace: "AWS/Scheduler",
        dimensions: vec![("ScheduleGroup", group.to_owned())],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_schedule_counts_for_its_group() {
        let of = group("arn:aws:scheduler:eu-west-1:123456789012:schedule/jobs/nightly").unwrap();
        assert_eq!(of.dimensions, [("ScheduleGroup", "jobs".to_owned())]);
        assert_eq!(
            (of.account.as_str(), of.region.as_str()),
            ("123456789012", "eu-west-1")
        );
    }
}
