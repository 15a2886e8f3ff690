//! Service events: the literal texts of spec ecs §5, and the rule that a cause is not told again
//! before six hours have passed.

use std::time::Duration;

use wharf_base::Timestamp;
use wharf_placement::Reason;
use wharf_records::ecs::{About, Service};

use super::room::Lack;
use crate::ahead::PATIENCE;

/// Events kept of one service.
pub const KEPT: usize = 100;
/// How long a cause is not repeated, and how often a steady state is told again.
pub const REPEAT_AFTER: Duration = Duration::from_secs(6 * 3600);
/// Most tasks named in one event.
const NAMED: usize = 10;

const MORE: &str =
    " For more information, see the Troubleshooting section of the Amazon ECS Developer Guide.";

const NEVER: &str = "No node here can ever run it, whatever else ends.";

/// Takes note that `cause` is told now; `false` if it was told too lately.
pub fn may_say(service: &mut Service, cause: &str, now: Timestamp) -> bool {
    service.said.retain(|_, at| now < *at + REPEAT_AFTER);
    if service.said.contains_key(cause) {
        return false;
    }
    service.said.insert(cause.to_owned(), now);
    let said = &service.said;
    service.about.retain(|cause, _| said.contains_key(cause));
    true
}

/// The same of a cause with more to tell than that it is so.
pub fn may_say_about(service: &mut Service, cause: &str, about: About, now: Timestamp) -> bool {
    let may = may_say(service, cause, now);
    if may {
        service.about.insert(cause.to_owned(), about);
    }
    may
}

fn named(ids: &[String]) -> String {
    let shown: Vec<String> = ids
        .iter()
        .take(NAMED)
        .map(|id| format!("(task {id})"))
        .collect();
    shown.join(" ")
}

pub fn started(service: &str, tasks: &[String]) -> String {
    let count = tasks.len();
    format!(
        "(service {service}) has started {count} tasks: {}.",
        named(tasks)
    )
}

pub fn stopped(service: &str, tasks: &[String]) -> String {
    let count = tasks.len();
    format!(
        "(service {service}) has stopped {count} running tasks: {}.",
        named(tasks)
    )
}

/// What is said when tasks begin to be moved across zones; `zones`: each with its tasks.
pub fn unbalanced(service: &str, zones: &[(&str, u32)]) -> String {
    let zones = by_zone(zones);
    format!("(service {service}) is not AZ balanced with {zones}. AZ Rebalancing in progress.")
}

/// No more are to be moved.
pub fn balanced(service: &str, zones: &[(&str, u32)]) -> String {
    let zones = by_zone(zones);
    format!("(service {service}) is AZ balanced with {zones}.")
}

fn by_zone(zones: &[(&str, u32)]) -> String {
    let one = |(zone, count): &(&str, u32)| format!("{count} tasks in {zone}");
    zones.iter().map(one).collect::<Vec<_>>().join(", ")
}

/// No more are moved for now, although some are to be.
pub fn rebalancing_stopped(service: &str) -> String {
    format!("(service {service}) stopped AZ Rebalancing.")
}

pub fn moved_in(service: &str, zone: &str, tasks: &[String]) -> String {
    let (count, tasks) = (tasks.len(), named(tasks));
    format!("(service {service}) has started {count} tasks in {zone} to AZ Rebalance: {tasks}.")
}

pub fn moved_out(service: &str, zone: &str, tasks: &[String]) -> String {
    let (count, tasks) = (tasks.len(), named(tasks));
    format!(
        "(service {service}) has stopped {count} running tasks in {zone} due to AZ rebalancing: {tasks}."
    )
}

/// No host of a zone took a task that was to be moved there.
pub fn no_room_in(service: &str, zone: &str, fargate: bool) -> String {
    let start = format!("(service {service}) is unable to place a task in {zone}");
    match fargate {
        true => format!("{start}."),
        false => {
            format!("{start} because no container instance met all of its requirements.")
        }
    }
}

/// All tasks of the zones with most are protected.
pub fn not_moved(service: &str, deployment: &str, protected: u32) -> String {
    format!(
        "(service {service}) was unable to AZ Rebalance because (taskSet ecs-svc/{deployment}) was unable to scale in \
         due to (reason {protected} tasks under protection)."
    )
}

pub fn registered(service: &str, count: usize, group: &str) -> String {
    format!("(service {service}) registered {count} targets in (target-group {group})")
}

pub fn not_registered(service: &str, group: &str, why: &str) -> String {
    format!(
        "(service {service}) failed to register targets in (target-group {group}) with (error {why})"
    )
}

pub fn deregistered(service: &str, count: usize, group: &str) -> String {
    format!("(service {service}) deregistered {count} targets in (target-group {group})")
}

pub fn draining(service: &str, deployment: &str, count: usize) -> String {
    format!(
        "(service {service}, taskSet ecs-svc/{deployment}) has begun draining connections on \
         {count} tasks."
    )
}

pub fn completed(service: &str, deployment: &str) -> String {
    format!("(service {service}) (deployment ecs-svc/{deployment}) deployment completed.")
}

pub fn failed(service: &str, deployment: &str) -> String {
    format!(
        "(service {service}) (deployment ecs-svc/{deployment}) deployment failed: tasks failed to \
         start."
    )
}

pub fn rolling_back(service: &str, deployment: &str) -> String {
    format!("(service {service}) rolling back to deployment ecs-svc/{deployment}.")
}

pub fn steady(service: &str) -> String {
    format!("(service {service}) has reached a steady state.")
}

pub fn unhealthy_containers(service: &str, task: &str) -> String {
    format!("(service {service}) (task {task}) failed container health checks.")
}

pub fn unhealthy_target(service: &str, port: u16, group: &str, reason: &str) -> String {
    format!(
        "(service {service}) (port {port}) is unhealthy in (target-group {group}) due to (reason \
         {reason})."
    )
}

/// The task's definition or its roles are wrong: no other host helps.
pub fn misconfigured(service: &str, why: &str) -> String {
    format!("(service {service}) failed to launch a task with (error {why}).")
}

/// Of a DAEMON, whose tasks leave instances that its constraints no longer let them be on: ARNs of these, with the tasks.
pub fn unsuited(service: &str, left: &[(&str, &str)]) -> String {
    let id = |arn: &str| arn.rsplit('/').next().unwrap_or_default().to_owned();
    if let [(instance, task)] = left {
        return format!(
            "(service {service}) has stopped (task {task}) because (container-instance {}) no longer meets the \
             placement constraints.",
            id(instance)
        );
    }
    let shown = left.iter().take(NAMED);
    let shown = shown
        .map(|(instance, task)| format!("(task {task}) on (container-instance {})", id(instance)));
    format!(
        "(service {service}) has stopped {} tasks because their container instances no longer meet the placement \
         constraints: {}.",
        left.len(),
        shown.collect::<Vec<_>>().join(", ")
    )
}

/// `why`: the last failure, perhaps empty.
pub fn cannot_start(service: &str, why: &str) -> String {
    let start = format!("(service {service}) is unable to consistently start tasks successfully.");
    match why.trim_end_matches('.') {
        "" => format!("{start}{MORE}"),
        why => format!("{start} The last one: {why}.{MORE}"),
    }
}

pub fn blocked(service: &str) -> String {
    format!(
        "(service {service}) was unable to stop or start tasks during a deployment because of the \
         service deployment configuration. Update the minimumHealthyPercent or maximumPercent value \
         and try again."
    )
}

/// The images of a deployment that the host of an older task cannot fetch.
pub fn not_fetched(service: &str, deployment: &str, task: &str, why: &str) -> String {
    format!(
        "(service {service}) was unable to fetch the images of (deployment ecs-svc/{deployment}) on the host \
         of (task {task}), which stays meanwhile. Reason: {why}"
    )
}

/// The same of images that did not come in time.
pub fn late(service: &str, deployment: &str, task: &str) -> String {
    let minutes = PATIENCE.as_secs() / 60;
    format!(
        "(service {service}) does not wait any longer for the images of (deployment ecs-svc/{deployment}) on \
         the host of (task {task}): they did not come within {minutes} minutes."
    )
}

pub fn protected(service: &str, deployment: &str) -> String {
    format!(
        "service {service} was unable to reach steady state because task set (ecs-svc/{deployment}) \
         was unable to scale in. Reason: The number of protected tasks are more than the desired \
         count of tasks."
    )
}

/// Why no host took a task.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Unplaced {
    NoInstances,
    Closest {
        /// Id of the closest instance; of none that is another account's.
        instance: Option<String>,
        reason: Reason,
        lack: Lack,
        /// No host here can ever run it.
        never: bool,
    },
}

/// What the closest host lacks, as ECS names it.
pub fn lacking(why: &Unplaced) -> Option<String> {
    match why {
        Unplaced::NoInstances => None,
        Unplaced::Closest { reason, .. } => Some(reason.as_str().to_owned()),
    }
}

/// That the rules of admission let no task start.
pub fn not_admitted(service: &str, why: &str) -> String {
    format!("(service {service}) was unable to place a task. Reason: {why}")
}

/// `more`: what a user may do about it, each a sentence; perhaps none.
pub fn unplaced(service: &str, why: &Unplaced, fargate: bool, more: &[String]) -> String {
    let start = match fargate {
        true => format!(
            "(service {service}) was unable to place a task. Reason: Capacity is unavailable at this \
             time. Please try again later or in a different availability zone."
        ),
        false => format!(
            "(service {service}) was unable to place a task because no container instance met all of \
             its requirements."
        ),
    };
    let mut text = start;
    match why {
        Unplaced::NoInstances if fargate => {}
        Unplaced::NoInstances => {
            text.push_str(" Reason: No Container Instances were found in your cluster.");
        }
        Unplaced::Closest { instance, lack, .. } => {
            text.push_str(&format!(" {}", closest(instance.as_deref(), lack)));
        }
    }
    for sentence in more {
        text.push(' ');
        text.push_str(sentence);
    }
    if !fargate {
        text.push_str(MORE);
    }
    text
}

fn closest(instance: Option<&str>, lack: &Lack) -> String {
    let text = &lack.text;
    match instance {
        Some(instance) => {
            format!("The closest matching (container-instance {instance}) {text}.")
        }
        None => format!("The closest matching machine {text}."),
    }
}

/// The `detail` of a failure to place one task; `None` if there are no hosts to tell of.
pub fn detail(why: &Unplaced) -> Option<String> {
    match why {
        Unplaced::NoInstances => None,
        Unplaced::Closest {
            instance,
            lack,
            never,
            ..
        } => {
            let closest = closest(instance.as_deref(), lack);
            Some(match never {
                true => format!("{closest} {NEVER}"),
                false => closest,
            })
        }
    }
}

/// What helps a task that no host takes. `elsewhere`: the regions that have hosts.
pub fn remedies(
    service: &Service,
    why: &Unplaced,
    region: &str,
    elsewhere: &[String],
) -> Vec<String> {
    match why {
        Unplaced::NoInstances => nowhere(region, elsewhere).into_iter().collect(),
        Unplaced::Closest { never: true, .. } => {
            vec![NEVER.to_owned()]
        }
        Unplaced::Closest { lack, .. } if lack.taken => vec![full(service)],
        Unplaced::Closest { .. } => Vec::new(),
    }
}

/// That a task can only run in another region. `elsewhere`: those in which the account has hosts.
pub fn nowhere(region: &str, elsewhere: &[String]) -> Option<String> {
    let is_here = elsewhere.iter().any(|it| it == region);
    (!is_here && !elsewhere.is_empty()).then(|| {
        format!(
            "There are no nodes in {region}: nodes are in {}.",
            elsewhere.join(", ")
        )
    })
}

/// Every host is full: the older tasks of a deployment may be what fills them.
fn full(service: &Service) -> String {
    let minimum = service.options.minimum_percent;
    match service.deployments.len() > 1 && minimum > 0 {
        true => format!(
            "Tasks of the older deployment hold the room: a minimumHealthyPercent below {minimum} lets \
             some of them stop first; so does more capacity."
        ),
        false => "More capacity helps, or fewer or smaller tasks.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closest_one(taken: bool, never: bool) -> Unplaced {
        Unplaced::Closest {
            instance: Some("abc".to_owned()),
            reason: Reason::Cpu,
            lack: Lack {
                text: "has insufficient CPU units available (256 needed, 0 of 2048 free)"
                    .to_owned(),
                taken,
                never,
            },
            never,
        }
    }

    #[test]
    fn what_is_missing_is_named_in_the_form_of_ecs() {
        let more = vec!["More capacity helps.".to_owned()];
        assert_eq!(
            unplaced("web", &closest_one(true, false), false, &more),
            "(service web) was unable to place a task because no container instance met all of its \
             requirements. The closest matching (container-instance abc) has insufficient CPU units \
             available (256 needed, 0 of 2048 free). More capacity helps. For more information, see \
             the Troubleshooting section of the Amazon ECS Developer Guide."
        );
        assert_eq!(
            unplaced("web", &closest_one(true, false), true, &[]),
            "(service web) was unable to place a task. Reason: Capacity is unavailable at this time. \
             Please try again later or in a different availability zone. The closest matching \
             (container-instance abc) has insufficient CPU units available (256 needed, 0 of 2048 \
             free)."
        );
    }

    #[test]
    fn the_detail_of_a_failure_says_whether_waiting_helps() {
        let lack = "The closest matching (container-instance abc) has insufficient CPU units available \
                    (256 needed, 0 of 2048 free).";
        assert_eq!(detail(&closest_one(true, false)).unwrap(), lack);
        let never = detail(&closest_one(false, true)).unwrap();
        assert_eq!(never, format!("{lack} {NEVER}"));
        assert_eq!(detail(&Unplaced::NoInstances), None);
    }

    #[test]
    fn what_helps_depends_on_what_fills_the_hosts() {
        let mut service = crate::services::plan::tests::service(2, &["1"]);
        let of = |service: &Service, why: &Unplaced| remedies(service, why, "r", &["s".to_owned()]);
        assert!(of(&service, &closest_one(true, false))[0].starts_with("More capacity helps"));
        assert!(of(&service, &closest_one(false, true))[0].contains("can ever run it"));
        assert_eq!(
            of(&service, &closest_one(false, false)),
            Vec::<String>::new()
        );
        assert_eq!(
            of(&service, &Unplaced::NoInstances),
            ["There are no nodes in r: nodes are in s."]
        );
        let here = remedies(&service, &Unplaced::NoInstances, "s", &["s".to_owned()]);
        assert_eq!(
            here,
            Vec::<String>::new(),
            "another cluster of the region has them"
        );
        let older = service.deployments[0].clone();
        service.deployments.push(older);
        assert!(
            of(&service, &closest_one(true, false))[0].contains("minimumHealthyPercent below 100")
        );
    }
}
