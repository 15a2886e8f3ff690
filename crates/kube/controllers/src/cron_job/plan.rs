//! What a CronJob needs: pure.

use std::{sync::Arc, time::Duration};

use serde_json::{Value, json};
use wharf_base::Timestamp;
use wharf_kube_client::Object;
use wharf_schedule::{Expression, Zone};

use super::{MOMENT, job};

/// More moments than these that passed without a job are told of.
const MANY: i64 = 100;

pub struct Schedule {
    pub times: Expression,
    pub zone: Zone,
}

#[derive(Debug)]
pub struct Plan {
    pub start: Option<Value>,
    pub delete: Vec<Arc<Value>>,
    pub status: Value,
    /// Whether a warning, its reason and message.
    pub events: Vec<(bool, &'static str, String)>,
    pub look_after: Option<Duration>,
}

fn has_ended(job: &Value) -> bool {
    job.has_condition("Complete", "True") || job.has_condition("Failed", "True")
}

fn moment(object: &Value, pointer: &str) -> Option<Timestamp> {
    Timestamp::parse_iso8601(object.text(pointer))
}

pub fn plan(cron: &Value, schedule: &Schedule, jobs: &[Arc<Value>], now: Timestamp) -> Plan {
    let (ended, running): (Vec<_>, Vec<_>) = jobs.iter().cloned().partition(|it| has_ended(it));
    let mut plan = Plan {
        start: None,
        delete: surplus(cron, &ended),
        status: Value::Null,
        events: Vec::new(),
        look_after: None,
    };
    let active = active(cron, running, &ended, &mut plan.events);
    let created = moment(cron, "/metadata/creationTimestamp").unwrap_or(now);
    let mut last = moment(cron, "/status/lastScheduleTime");
    if !cron.is_true("/spec/suspend") {
        let since = last.unwrap_or(created);
        let deadline = cron.integer("/spec/startingDeadlineSeconds");
        let deadline = deadline.map(|it| Duration::from_secs(it.max(0) as u64));
        // What is too late to begin is not looked for.
        let after = deadline.map_or(since, |it| since.max(now - it));
        let due = schedule.times.last(created, after, now, schedule.zone);
        if let Some(due) = due {
            if missed(schedule, created, after, now) > MANY {
                let message = "too many missed start times. Set or decrease .spec.startingDeadlineSeconds or check clock skew";
                plan.events
                    .push((true, "TooManyMissedTimes", message.to_owned()));
            }
            let job = job(cron, due, schedule.zone);
            begin(cron, job, due, &active, &mut plan, &mut last);
        } else if after > since
            && let Some(late) = schedule.times.last(created, since, after, schedule.zone)
        {
            // As Go writes a moment with its zone in numbers.
            let at = late.http_date().replace("GMT", "+0000");
            let message = format!("Missed scheduled time to start a job: {at}");
            plan.events.push((true, "MissSchedule", message));
        }
        let next = schedule.times.next(created, now, schedule.zone);
        // The clock may be a moment behind the timer.
        plan.look_after = next.map(|it| it.since(now) + Duration::from_millis(100));
    }
    let wins = ended
        .iter()
        .filter(|it| it.has_condition("Complete", "True"));
    let won = wins
        .filter_map(|it| moment(it, "/status/completionTime"))
        .max();
    let won = won.max(moment(cron, "/status/lastSuccessfulTime"));
    let replaced = |job: &Arc<Value>| plan.delete.iter().any(|it| it.uid() == job.uid());
    let active: Vec<Value> = active
        .iter()
        .filter(|it| !replaced(it))
        .map(|it| {
            json!({
                "apiVersion": "batch/v1", "kind": "Job", "namespace": it.namespace(), "name": it.name(),
                "uid": it.uid(), "resourceVersion": it.resource_version(),
            })
        })
        .collect();
    let mut status = json!({});
    if !active.is_empty() {
        status["active"] = active.into();
    }
    for (name, at) in [("lastScheduleTime", last), ("lastSuccessfulTime", won)] {
        if let Some(at) = at {
            status[name] = at.iso8601_seconds().into();
        }
    }
    plan.status = status;
    plan
}

/// The jobs at work that the schedule began, and what is told of those that it began before. One that somebody made of the template
/// (`kubectl create job --from`) belongs to the CronJob and yet is none of these: it neither keeps others from beginning nor is
/// replaced by them.
fn active(
    cron: &Value,
    running: Vec<Arc<Value>>,
    ended: &[Arc<Value>],
    events: &mut Vec<(bool, &'static str, String)>,
) -> Vec<Arc<Value>> {
    let named = cron.list("/status/active");
    for known in named {
        let is_it = |job: &&Arc<Value>| job.uid() == known.text("/uid");
        let name = known.text("/name");
        if let Some(job) = ended.iter().find(is_it) {
            let how = match job.has_condition("Complete", "True") {
                true => "Complete",
                false => "Failed",
            };
            let message = format!("Saw completed job: {name}, condition: {how}");
            events.push((false, "SawCompletedJob", message));
        } else if !running.iter().any(|it| is_it(&it)) {
            let message = format!("Active job went missing: {name}");
            events.push((false, "MissingJob", message));
        }
    }
    let (own, others): (Vec<_>, Vec<_>) = running.into_iter().partition(|job| {
        job.annotation(MOMENT).is_some() || named.iter().any(|it| it.text("/uid") == job.uid())
    });
    for other in others {
        let name = other.name();
        let message = format!("Saw a job that the controller did not create or forgot: {name}");
        events.push((true, "UnexpectedJob", message));
    }
    own
}

/// About how many moments have passed, judged by the distance of the first two.
fn missed(schedule: &Schedule, created: Timestamp, after: Timestamp, now: Timestamp) -> i64 {
    let next = |after| schedule.times.next(created, after, schedule.zone);
    let Some(first) = next(after).filter(|it| *it <= now) else {
        return 0;
    };
    let Some(second) = next(first).filter(|it| *it <= now) else {
        return 1;
    };
    let apart = (second.millis() - first.millis()).max(1);
    (now.millis() - first.millis()) / apart + 1
}

fn begin(
    cron: &Value,
    job: Value,
    due: Timestamp,
    active: &[Arc<Value>],
    plan: &mut Plan,
    last: &mut Option<Timestamp>,
) {
    // It was made, and only the status did not hear of it.
    if active.iter().any(|it| it.name() == job.name()) {
        *last = Some(due);
        return;
    }
    match cron.text("/spec/concurrencyPolicy") {
        "Forbid" if !active.is_empty() => {
            let message = "Not starting job because prior execution is running and concurrency policy is Forbid";
            plan.events
                .push((false, "JobAlreadyActive", message.to_owned()));
            return;
        }
        "Replace" => plan.delete.extend(active.iter().cloned()),
        _ => {}
    }
    *last = Some(due);
    plan.start = Some(job);
}

/// Jobs that ended and are more than are kept, the oldest.
fn surplus(cron: &Value, ended: &[Arc<Value>]) -> Vec<Arc<Value>> {
    let mut surplus = Vec::new();
    for (condition, limit, default) in [
        ("Complete", "/spec/successfulJobsHistoryLimit", 3),
        ("Failed", "/spec/failedJobsHistoryLimit", 1),
    ] {
        let limit = cron.integer(limit).unwrap_or(default).max(0) as usize;
        let mut of: Vec<&Arc<Value>> = ended
            .iter()
            .filter(|it| it.has_condition(condition, "True") && !it.is_deleting())
            .collect();
        of.sort_by_key(|it| {
            (
                it.text("/status/startTime").to_owned(),
                it.name().to_owned(),
            )
        });
        let excess = of.len().saturating_sub(limit);
        surplus.extend(of.into_iter().take(excess).cloned());
    }
    surplus
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cron_job::schedule;

    fn at(minute: i64, second: i64) -> Timestamp {
        // Midnight of 2026-01-01.
        Timestamp(1_767_225_600_000 + (minute * 60 + second) * 1000)
    }

    fn cron(spec: Value) -> Value {
        let mut cron = json!({
            "metadata": {"name": "c", "namespace": "a", "uid": "c", "creationTimestamp": "2026-01-01T00:00:30Z"},
            "spec": {"schedule": "*/5 * * * *", "jobTemplate": {"spec": {"x": 1}}}, "status": {},
        });
        for (name, value) in spec.as_object().unwrap() {
            cron["spec"][name] = value.clone();
        }
        cron
    }

    fn running(name: &str) -> Arc<Value> {
        let annotations = json!({MOMENT: "2026-01-01T00:00:00Z"});
        Arc::new(json!({"metadata": {"name": name, "uid": name, "annotations": annotations}}))
    }

    fn reasons(plan: &Plan) -> Vec<&str> {
        plan.events.iter().map(|(_, reason, _)| *reason).collect()
    }

    fn plan_of(cron: &Value, jobs: &[Arc<Value>], now: Timestamp) -> Plan {
        plan(cron, &schedule(cron).unwrap(), jobs, now)
    }

    fn started(plan: &Plan) -> &str {
        plan.start.as_ref().map_or("", |it| it.name())
    }

    #[test]
    fn a_job_at_each_moment_once() {
        let mut it = cron(json!({}));
        let early = plan_of(&it, &[], at(4, 0));
        assert_eq!(
            (started(&early), early.look_after),
            ("", Some(Duration::from_millis(60_100)))
        );
        let name = format!("c-{}", at(5, 0).millis() / 60_000);
        let due = plan_of(&it, &[], at(5, 1));
        assert_eq!(started(&due), name);
        assert_eq!(due.status["lastScheduleTime"], "2026-01-01T00:05:00Z");
        let again = plan_of(&it, &[running(&name)], at(5, 2));
        assert_eq!(started(&again), "", "only the status was not written");
        it["status"] = due.status;
        assert_eq!(started(&plan_of(&it, &[], at(9, 59))), "");
        // Away for an hour: the last moment counts.
        let late = plan_of(&it, &[], at(61, 0));
        assert_eq!(late.status["lastScheduleTime"], "2026-01-01T01:00:00Z");
    }

    #[test]
    fn deadlines_and_suspension() {
        let mut it = cron(json!({"startingDeadlineSeconds": 30}));
        let late = plan_of(&it, &[], at(5, 40));
        assert_eq!(started(&late), "");
        let missed = "Missed scheduled time to start a job: Thu, 01 Jan 2026 00:05:00 +0000";
        assert_eq!(late.events, [(true, "MissSchedule", missed.to_owned())]);
        let due = plan_of(&it, &[], at(5, 20));
        assert_ne!(started(&due), "");
        assert!(due.events.is_empty());
        // One that was begun was not missed.
        it["status"] = due.status;
        assert!(plan_of(&it, &[], at(5, 40)).events.is_empty());
        let it = cron(json!({"suspend": true}));
        let plan = plan_of(&it, &[], at(5, 1));
        assert_eq!((started(&plan), plan.look_after), ("", None));
    }

    #[test]
    fn several_at_once_as_the_policy_says() {
        for (policy, starts, ends) in [
            ("Allow", true, 0),
            ("Forbid", false, 0),
            ("Replace", true, 1),
        ] {
            let it = cron(json!({"concurrencyPolicy": policy}));
            let plan = plan_of(&it, &[running("old")], at(5, 1));
            assert_eq!(
                (plan.start.is_some(), plan.delete.len()),
                (starts, ends),
                "{policy}"
            );
        }
    }

    #[test]
    fn a_job_that_somebody_made_of_the_template_is_left_alone() {
        let by_hand = Arc::new(json!({"metadata": {
            "name": "m", "uid": "m", "annotations": {"cronjob.kubernetes.io/instantiate": "manual"},
        }}));
        for policy in ["Forbid", "Replace"] {
            let it = cron(json!({"concurrencyPolicy": policy}));
            let plan = plan_of(&it, &[Arc::clone(&by_hand)], at(5, 1));
            assert!(plan.start.is_some(), "{policy}");
            assert!(plan.delete.is_empty(), "{policy}");
            assert_eq!(reasons(&plan), ["UnexpectedJob"], "{policy}");
            assert!(plan.status["active"].is_null(), "{policy}");
        }
    }

    #[test]
    fn what_became_of_active_jobs_is_told() {
        let mut it = cron(json!({}));
        it["status"]["active"] = json!([
            {"name": "won", "uid": "won"}, {"name": "gone", "uid": "gone"}, {"name": "old", "uid": "old"},
        ]);
        let won = Arc::new(json!({
            "metadata": {"name": "won", "uid": "won"},
            "status": {"conditions": [{"type": "Complete", "status": "True"}]},
        }));
        let plan = plan_of(&it, &[won, running("old")], at(1, 0));
        let told: Vec<&str> = plan.events.iter().map(|it| it.2.as_str()).collect();
        assert_eq!(
            told,
            [
                "Saw completed job: won, condition: Complete",
                "Active job went missing: gone",
            ]
        );
    }

    #[test]
    fn many_missed_moments_are_told_of_and_the_last_one_counts() {
        let it = cron(json!({}));
        let few = plan_of(&it, &[], at(500, 1));
        assert_eq!((started(&few).is_empty(), reasons(&few)), (false, vec![]));
        let many = plan_of(&it, &[], at(505, 1));
        assert!(!started(&many).is_empty());
        assert_eq!(reasons(&many), ["TooManyMissedTimes"]);
        let it = cron(json!({"startingDeadlineSeconds": 200}));
        assert!(plan_of(&it, &[], at(505, 1)).events.is_empty());
    }

    #[test]
    fn a_job_says_its_moment_by_the_clock_of_the_zone() {
        let it = cron(json!({"timeZone": "Europe/Berlin"}));
        let plan = plan_of(&it, &[], at(5, 1));
        let job = plan.start.unwrap();
        assert_eq!(job.annotation(MOMENT), Some("2026-01-01T01:05:00+01:00"));
    }

    #[test]
    fn old_jobs_go() {
        let ended = |name: &str, how: &str| {
            Arc::new(json!({
                "metadata": {"name": name, "uid": name},
                "status": {"startTime": name, "conditions": [{"type": how, "status": "True"}]},
            }))
        };
        let jobs = [
            ended("1", "Complete"),
            ended("2", "Failed"),
            ended("3", "Complete"),
            ended("4", "Failed"),
        ];
        let it = cron(json!({"successfulJobsHistoryLimit": 1}));
        let plan = plan_of(&it, &jobs, at(1, 0));
        let names: Vec<&str> = plan.delete.iter().map(|it| it.name()).collect();
        assert_eq!(names, ["1", "2"]);
    }

    #[test]
    fn schedules() {
        for (text, zone, refused) in [
            ("*/5 * * * *", "", ""),
            ("@daily", "Europe/Berlin", ""),
            ("@reboot", "", "UnparseableSchedule"),
            ("61 * * * *", "", "UnparseableSchedule"),
            ("0 0 * * *", "Mars/Base", "UnknownTimeZone"),
        ] {
            let it = cron(json!({"schedule": text, "timeZone": zone}));
            let reason = schedule(&it).err().map_or("", |it| it.0);
            assert_eq!(reason, refused, "{text} {zone}");
        }
    }
}
