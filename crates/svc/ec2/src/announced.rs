//! What changes of instances mean to the world: that they have another state, that their Spot capacity is taken back, that their
//! host is retired. Pure.

use serde_json::json;
use wharf_base::{Arn, Timestamp};
use wharf_records::{Record as _, Scope};
use wharf_service::{
    Place,
    announce::{Announcement, Announcing, record},
};
use wharf_store::{Event, EventKind};

use crate::{instances::scheduled, records::Instance, spot::SpotRequest, table::SERVICE};

/// What AWS Health calls it where the root of an instance goes with its host.
const RETIREMENT: &str = "AWS_EC2_INSTANCE_RETIREMENT_SCHEDULED";

/// For EventBridge.
pub const ANNOUNCING: Announcing = Announcing {
    service: SERVICE,
    of: |changes, _: Timestamp| changes.iter().flat_map(|it| announced(it)).collect(),
};

fn announced(change: &Event) -> Vec<Announcement> {
    let Some((scope, kind, id)) = Scope::parse(change.key()) else {
        return Vec::new();
    };
    match kind {
        _ if change.kind != EventKind::Put => Vec::new(),
        Instance::KIND => of_instance(change, &scope, &id),
        SpotRequest::KIND => fulfilled(change, &scope, &id).into_iter().collect(),
        _ => Vec::new(),
    }
}

fn of_instance(change: &Event, scope: &Scope, id: &str) -> Vec<Announcement> {
    let after = record(&change.entry).filter(|it: &Instance| it.pod.is_none());
    let Some(after) = after else {
        return Vec::new();
    };
    let before: Option<Instance> = change.previous.as_ref().and_then(record);
    let mut all = Vec::new();
    let resource = format!("instance/{id}");
    let is_same = |before: &Instance| before.life.shown() == after.life.shown();
    if !before.as_ref().is_some_and(is_same) {
        let arn = Arn::new("ec2", &scope.region, &scope.account, resource.as_str());
        all.push(Announcement {
            place: Place::of_scope(scope),
            source: "aws.ec2",
            detail_type: "EC2 Instance State-change Notification",
            resources: vec![arn.to_string()],
            detail: json!({ "instance-id": id, "state": after.life.shown().name() }),
        });
    }
    let notice = |it: &Instance| {
        it.spot
            .as_ref()
            .and_then(|it| it.notice.map(|it| it.given_at))
    };
    let is_new = notice(&after).is_some() && before.as_ref().and_then(notice) != notice(&after);
    if let Some(held) = after.spot.as_ref().filter(|_| is_new) {
        all.push(Announcement {
            place: Place::of_scope(scope),
            source: "aws.ec2",
            detail_type: "EC2 Spot Instance Interruption Warning",
            // By its zone and without the account, as AWS has it in this event alone.
            resources: vec![format!("arn:aws:ec2:{}:{resource}", after.zone)],
            detail: json!({ "instance-id": id, "instance-action": held.on_interruption.name() }),
        });
    }
    all.extend(retirement(before.as_ref(), &after, scope));
    all
}

/// As AWS Health tells of an instance whose host is retired, or of another time for that.
fn retirement(before: Option<&Instance>, after: &Instance, scope: &Scope) -> Option<Announcement> {
    let event = scheduled::active(after)?;
    if before.and_then(scheduled::active) == Some(event) {
        return None;
    }
    let region = &scope.region;
    let partition = wharf_base::arn::partition_of(region);
    let (told, starts) = (event.told_at.http_date(), event.not_before.http_date());
    let detail = json!({
        "eventArn": format!(
            "arn:{partition}:health:{region}::event/EC2/{RETIREMENT}/{RETIREMENT}_{}",
            event.id
        ),
        "service": "EC2",
        "eventScopeCode": "ACCOUNT_SPECIFIC",
        "communicationId": format!("{}-{}", event.id, event.told_at.millis()),
        "lastUpdatedTime": told,
        "statusCode": "upcoming",
        "eventRegion": region,
        "eventTypeCode": RETIREMENT,
        "eventTypeCategory": "scheduledChange",
        "startTime": starts,
        "eventDescription": [{
            "language": "en_US",
            "latestDescription": format!(
                "The machine that this instance runs on is being retired. The instance is terminated, with what is on its disk, \
                 after {starts}."
            ),
        }],
        "affectedEntities": [{"entityValue": after.id, "lastUpdatedTime": told, "status": "PENDING"}],
        "affectedAccount": scope.account,
        "page": "1",
        "totalPages": "1",
    });
    Some(Announcement {
        place: Place::of_scope(scope),
        source: "aws.health",
        detail_type: "AWS Health Event",
        resources: vec![after.id.clone()],
        detail,
    })
}

/// That a request has its instance.
fn fulfilled(change: &Event, scope: &Scope, id: &str) -> Option<Announcement> {
    let after: SpotRequest = record(&change.entry)?;
    let before: Option<SpotRequest> = change.previous.as_ref().and_then(record);
    let instance = after.instance.as_ref()?;
    if before.is_some_and(|it| it.instance.as_ref() == Some(instance)) {
        return None;
    }
    let resource = format!("instance/{instance}");
    let arn = Arn::new("ec2", &scope.region, &scope.account, resource);
    Some(Announcement {
        place: Place::of_scope(scope),
        source: "aws.ec2",
        detail_type: "EC2 Spot Instance Request Fulfillment",
        resources: vec![arn.to_string()],
        detail: json!({ "spot-instance-request-id": id, "instance-id": instance }),
    })
}
