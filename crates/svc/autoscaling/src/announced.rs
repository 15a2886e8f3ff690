//! What changes of activities, of instances and of refreshes mean to the world: launches and terminations that
//! ended, lifecycle actions that wait, and how refreshes go. Pure.

use serde_json::{Value, json};
use wharf_base::{Arn, Timestamp};
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{
    names::{SERVICE, group_arn},
    records::{Activity, Kind, Member, Pooled, Refresh, Stage, State, Status, Transition, Wait},
};

/// For EventBridge.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: announced,
};

const SOURCE: &str = "aws.autoscaling";

fn announced(changes: &[&Event], _: Timestamp) -> Vec<Announcement> {
    let mut said = Vec::new();
    for change in changes {
        if change.kind != EventKind::Put {
            continue;
        }
        let Some((scope, kind, id)) = Scope::parse(change.key()) else {
            continue;
        };
        let Some((group, _)) = id.split_once('/') else {
            continue;
        };
        let place = Place::of_scope(&scope);
        if kind == Activity::KIND {
            let before = change.previous.as_ref().and_then(record::<Activity>);
            let after = record::<Activity>(&change.entry);
            said.extend(after.and_then(|after| ended(&place, group, before.as_ref(), &after)));
        }
        if kind == Member::KIND {
            let before = change.previous.as_ref().and_then(record::<Member>);
            if let Some(after) = record::<Member>(&change.entry) {
                said.extend(waiting(&place, group, before.as_ref(), &after));
            }
        }
        if kind == Refresh::KIND {
            let before = change.previous.as_ref().and_then(record::<Refresh>);
            let both = before.zip(record::<Refresh>(&change.entry));
            said.extend(
                both.iter()
                    .flat_map(|(before, after)| refreshed(&place, group, before, after)),
            );
        }
    }
    said
}

fn resources(place: &Place, (uuid, name): (&str, &str), instance: Option<&str>) -> Vec<String> {
    let of = instance.map(|id| {
        let resource = format!("instance/{id}");
        Arn::new("ec2", &place.region, &place.account, resource).to_string()
    });
    let group = group_arn(place, uuid, name);
    [group].into_iter().chain(of).collect()
}

/// Where instances come from and go to, as events say it.
const EC2: &str = "EC2";
const GROUP: &str = "AutoScalingGroup";
const WARM_POOL: &str = "WarmPool";

/// Where an instance comes from and where it goes to.
fn way(transition: Transition, pooled: Pooled) -> (&'static str, &'static str) {
    match (transition, pooled) {
        (Transition::Launching, Pooled::Of) => (EC2, WARM_POOL),
        (Transition::Launching, Pooled::From) => (WARM_POOL, GROUP),
        (Transition::Launching, Pooled::No | Pooled::To) => (EC2, GROUP),
        (Transition::Terminating, Pooled::Of) => (WARM_POOL, EC2),
        (Transition::Terminating, Pooled::To) => (GROUP, WARM_POOL),
        (Transition::Terminating, Pooled::No | Pooled::From) => (GROUP, EC2),
    }
}

/// A launch or a termination came to its end.
fn ended(
    place: &Place,
    group: &str,
    before: Option<&Activity>,
    after: &Activity,
) -> Option<Announcement> {
    if after.ended_at.is_none() || before.is_some_and(|it| it.ended_at.is_some()) {
        return None;
    }
    let (transition, detail_type) = match (after.kind, after.status) {
        (Kind::Launch, Status::Successful) => {
            (Transition::Launching, "EC2 Instance Launch Successful")
        }
        (Kind::Launch, Status::Failed | Status::Cancelled) => {
            (Transition::Launching, "EC2 Instance Launch Unsuccessful")
        }
        (Kind::Terminate, Status::Successful) => {
            (Transition::Terminating, "EC2 Instance Terminate Successful")
        }
        (Kind::Terminate, Status::Failed) => (
            Transition::Terminating,
            "EC2 Instance Terminate Unsuccessful",
        ),
        _ => return None,
    };
    let (origin, destination) = way(transition, after.pooled);
    let status = match after.status {
        Status::Successful => "InProgress",
        other => other.name(),
    };
    let detail = json!({
        "StatusCode": status,
        "Description": after.description,
        "AutoScalingGroupName": after.group,
        "ActivityId": after.id,
        "RequestId": after.id,
        "Details": { "Availability Zone": after.zone, "Subnet ID": after.subnet },
        "StatusMessage": after.message.as_deref().unwrap_or_default(),
        "EC2InstanceId": after.instance.as_deref().unwrap_or_default(),
        "StartTime": after.started_at.iso8601(),
        "EndTime": after.ended_at.map(Timestamp::iso8601),
        "Cause": after.cause,
        "Origin": origin,
        "Destination": destination,
    });
    Some(Announcement {
        place: place.clone(),
        source: SOURCE,
        detail_type,
        resources: resources(place, (group, &after.group), after.instance.as_deref()),
        detail,
    })
}

/// Lifecycle actions that wait since this change.
fn waiting(
    place: &Place,
    group: &str,
    before: Option<&Member>,
    after: &Member,
) -> Vec<Announcement> {
    let (transition, detail_type) = match after.state {
        State::PendingWait | State::WarmedPendingWait => (
            Transition::Launching,
            "EC2 Instance-launch Lifecycle Action",
        ),
        State::TerminatingWait => (
            Transition::Terminating,
            "EC2 Instance-terminate Lifecycle Action",
        ),
        _ => return Vec::new(),
    };
    let (origin, destination) = way(transition, after.pooled);
    let known = |wait: &&Wait| {
        let waits = before.iter().flat_map(|it| &it.waits);
        !waits.into_iter().any(|it| it.token == wait.token)
    };
    let tell = |wait: &Wait| {
        let mut detail = json!({
            "LifecycleActionToken": wait.token,
            "AutoScalingGroupName": after.group,
            "LifecycleHookName": wait.hook,
            "EC2InstanceId": after.id(),
            "LifecycleTransition": transition.name(),
            "Origin": origin,
            "Destination": destination,
        });
        if let Some(metadata) = &wait.metadata {
            detail["NotificationMetadata"] = Value::String(metadata.clone());
        }
        Announcement {
            place: place.clone(),
            source: SOURCE,
            detail_type,
            resources: resources(place, (group, &after.group), None),
            detail,
        }
    };
    after.waits.iter().filter(known).map(tell).collect()
}

/// An instance refresh began, came to a checkpoint, goes back, or is over. One that finds nothing to replace begins and is
/// over in one change.
fn refreshed(place: &Place, group: &str, before: &Refresh, after: &Refresh) -> Vec<Announcement> {
    let tell = |detail_type, checkpoint: Option<u32>| {
        let mut detail = json!({
            "InstanceRefreshId": after.id,
            "AutoScalingGroupName": after.group,
        });
        if let Some(percentage) = checkpoint {
            detail["CheckpointPercentage"] = percentage.to_string().into();
            detail["CheckpointDelay"] = after.settings.checkpoint_seconds.to_string().into();
        }
        Announcement {
            place: place.clone(),
            source: SOURCE,
            detail_type,
            resources: resources(place, (group, &after.group), None),
            detail,
        }
    };
    let mut said = Vec::new();
    if before.stage == Stage::Pending && after.total.is_some() {
        said.push(tell("EC2 Auto Scaling Instance Refresh Started", None));
    }
    if after.passed > before.passed {
        let reached = "EC2 Auto Scaling Instance Refresh Checkpoint Reached";
        said.push(tell(reached, Some(after.passed)));
    }
    let came_to = match after.stage {
        it if it == before.stage => None,
        Stage::RollbackInProgress => Some("EC2 Auto Scaling Instance Refresh Rollback Started"),
        Stage::Successful => Some("EC2 Auto Scaling Instance Refresh Succeeded"),
        Stage::Failed => Some("EC2 Auto Scaling Instance Refresh Failed"),
        Stage::Cancelled => Some("EC2 Auto Scaling Instance Refresh Cancelled"),
        Stage::RollbackSuccessful => Some("EC2 Auto Scaling Instance Refresh Rollback Succeeded"),
        Stage::RollbackFailed => Some("EC2 Auto Scaling Instance Refresh Rollback Failed"),
        Stage::Pending | Stage::InProgress | Stage::Baking | Stage::Cancelling => None,
    };
    said.extend(came_to.map(|it| tell(it, None)));
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::records::{Others, Outcome, Settings};

    fn activity(kind: Kind, status: Status, ended: bool) -> Activity {
        let at = Timestamp::from_millis(1_000);
        Activity {
            id: "7".to_owned(),
            group: "g".to_owned(),
            kind,
            instance: Some("i-1".to_owned()),
            description: "Launching a new EC2 instance: i-1".to_owned(),
            cause: String::new(),
            started_at: at,
            ended_at: ended.then_some(at),
            status,
            message: None,
            progress: 0,
            subnet: "subnet-a".to_owned(),
            zone: "a".to_owned(),
            pooled: Pooled::No,
            unknown: Default::default(),
        }
    }

    #[test]
    fn an_end_is_told_once() {
        let place = Place::new("000000000000", "us-east-1");
        let begun = activity(Kind::Launch, Status::InProgress, false);
        assert_eq!(ended(&place, "u", None, &begun), None);
        let done = activity(Kind::Launch, Status::Successful, true);
        let told = ended(&place, "u", Some(&begun), &done).unwrap();
        assert_eq!(told.detail_type, "EC2 Instance Launch Successful");
        assert_eq!(
            told.resources,
            [
                "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/g",
                "arn:aws:ec2:us-east-1:000000000000:instance/i-1"
            ]
        );
        assert_eq!(told.detail["Destination"], "AutoScalingGroup");
        for (kind, pooled, origin, destination) in [
            (Kind::Launch, Pooled::Of, "EC2", "WarmPool"),
            (Kind::Launch, Pooled::From, "WarmPool", "AutoScalingGroup"),
            (Kind::Terminate, Pooled::To, "AutoScalingGroup", "WarmPool"),
            (Kind::Terminate, Pooled::Of, "WarmPool", "EC2"),
            (Kind::Terminate, Pooled::No, "AutoScalingGroup", "EC2"),
        ] {
            let done = Activity {
                pooled,
                ..activity(kind, Status::Successful, true)
            };
            let told = ended(&place, "u", None, &done).unwrap().detail;
            assert_eq!(
                (&told["Origin"], &told["Destination"]),
                (&json!(origin), &json!(destination))
            );
        }
        assert_eq!(ended(&place, "u", Some(&done), &done), None);
        let failed = activity(Kind::Launch, Status::Failed, true);
        let told = ended(&place, "u", Some(&begun), &failed).unwrap();
        assert_eq!(told.detail_type, "EC2 Instance Launch Unsuccessful");
        let moved = activity(Kind::Move, Status::Successful, true);
        assert_eq!(ended(&place, "u", None, &moved), None);
    }

    #[test]
    fn a_wait_is_told_when_it_begins() {
        let place = Place::new("000000000000", "us-east-1");
        let at = Timestamp::from_millis(1_000);
        let wait = Wait {
            hook: "h".to_owned(),
            token: "t".to_owned(),
            since: at,
            until: at,
            at_most: at,
            heartbeat_seconds: 60,
            otherwise: Outcome::Abandon,
            outcome: None,
            timed_out: false,
            metadata: Some("m".to_owned()),
            told: true,
        };
        let after = Member {
            waits: vec![wait],
            ..crate::plan::a_member("1", "a", State::TerminatingWait)
        };
        let told = waiting(&place, "u", None, &after);
        assert_eq!(told.len(), 1);
        assert_eq!(
            told[0].detail_type,
            "EC2 Instance-terminate Lifecycle Action"
        );
        assert_eq!(told[0].detail["NotificationMetadata"], "m");
        assert_eq!(told[0].detail["EC2InstanceId"], "i-1");
        assert!(waiting(&place, "u", Some(&after), &after).is_empty());
    }

    fn refresh(stage: Stage, total: Option<u32>, passed: u32) -> Refresh {
        let at = Timestamp::from_millis(1_000);
        Refresh {
            id: "r".to_owned(),
            group: "g".to_owned(),
            stage,
            reason: None,
            started_at: at,
            ended_at: None,
            desired: None,
            settings: Settings {
                min_healthy: 90,
                max_healthy: 100,
                warmup_seconds: None,
                checkpoints: vec![50, 100],
                checkpoint_seconds: 300,
                skips_matching: false,
                rolls_back: false,
                bake_seconds: 0,
                alarms: Vec::new(),
                protected: Others::Ignore,
                standby: Others::Ignore,
            },
            total,
            left: 0,
            moved_at: at,
            passed,
            rests_until: None,
            rollback: None,
            unknown: Default::default(),
        }
    }

    #[test]
    fn a_refresh_is_told_as_it_goes() {
        let place = Place::new("000000000000", "us-east-1");
        let told = |before: &Refresh, after: &Refresh| {
            let said = refreshed(&place, "u", before, after).into_iter();
            let short = said.map(|it| {
                let start = "EC2 Auto Scaling Instance Refresh ";
                it.detail_type.strip_prefix(start).unwrap()
            });
            short.collect::<Vec<_>>()
        };
        let pending = refresh(Stage::Pending, None, 0);
        let begun = refresh(Stage::InProgress, Some(4), 0);
        let halfway = refresh(Stage::InProgress, Some(4), 50);
        let back = refresh(Stage::RollbackInProgress, None, 50);
        for (before, after, expected) in [
            (&pending, begun.clone(), vec!["Started"]),
            (&begun, begun.clone(), vec![]),
            (&begun, halfway.clone(), vec!["Checkpoint Reached"]),
            (&halfway, refresh(Stage::Baking, Some(4), 50), vec![]),
            (
                &halfway,
                refresh(Stage::Successful, Some(4), 50),
                vec!["Succeeded"],
            ),
            (
                &pending,
                refresh(Stage::Successful, Some(0), 0),
                vec!["Started", "Succeeded"],
            ),
            (
                &halfway,
                refresh(Stage::Failed, Some(4), 50),
                vec!["Failed"],
            ),
            (&halfway, refresh(Stage::Cancelling, Some(4), 50), vec![]),
            (
                &pending,
                refresh(Stage::Cancelled, None, 0),
                vec!["Cancelled"],
            ),
            (&halfway, back.clone(), vec!["Rollback Started"]),
            (
                &back,
                refresh(Stage::RollbackSuccessful, Some(2), 50),
                vec!["Rollback Succeeded"],
            ),
            (
                &back,
                refresh(Stage::RollbackFailed, Some(2), 50),
                vec!["Rollback Failed"],
            ),
        ] {
            assert_eq!(told(before, &after), expected, "{before:?} {after:?}");
        }
        let said = refreshed(&place, "u", &begun, &halfway).remove(0);
        assert_eq!(
            said.detail,
            json!({
                "InstanceRefreshId": "r", "AutoScalingGroupName": "g",
                "CheckpointPercentage": "50", "CheckpointDelay": "300",
            })
        );
        assert_eq!(
            said.resources,
            [
                "arn:aws:autoscaling:us-east-1:000000000000:autoScalingGroup:u:autoScalingGroupName/g"
            ]
        );
    }
}
