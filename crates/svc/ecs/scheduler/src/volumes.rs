//! EBS volumes of tasks, made, attached to their hosts and let go through EC2.

use wharf_api_ec2::{
    AttachVolumeRequest, CreateVolumeRequest, DeleteVolumeRequest, DetachVolumeRequest, Tag,
    TagSpecification,
};
use wharf_records::ecs::{Task, TaskVolume};
use wharf_store::Compare;
use wharf_wire::{Call, Caller, Context, Fault};

use crate::{
    Scheduler,
    interfaces::{call, is_throttling},
    state::StepError,
    task::{self, stop},
    tasks::PERMIT,
};

const NOT_FOUND: &str = "InvalidVolume.NotFound";

/// Makes the volume that a task wants, attaches it to the task's host, and has the task take it.
pub async fn create(
    scheduler: &Scheduler,
    fence: &Compare,
    key: &str,
    record: &Task,
) -> Result<(), StepError> {
    let (Some(volume), Some(call)) = (&record.volume, call(scheduler, record)) else {
        return Ok(());
    };
    let in_role = in_role(&call, record, volume);
    match make(scheduler, &in_role, record, volume).await {
        Ok(id) => {
            let take = |task: &mut Task| task::plan::volume_made(task, &id);
            let changed = scheduler
                .state
                .change_task(&PERMIT, Some(fence), key, take)
                .await?;
            // As of interfaces: only a task that is gone leaves one behind.
            let has = |task: &Task| {
                let given = task.volume.as_ref().and_then(|it| it.given.as_ref());
                given.is_some_and(|given| given.id == id)
            };
            if !changed.as_ref().is_some_and(has) {
                delete(scheduler, &call, &id).await?;
            }
            Ok(())
        }
        // No retry gives a type of volume another size.
        Err(fault) if fault.sender && !is_throttling(&fault) => {
            let now = scheduler.state.now();
            let why = stop::volume_refused(&fault.message);
            let refuse = |task: &mut Task| {
                stop::stop(task, &why, now);
            };
            scheduler
                .state
                .change_task(&PERMIT, Some(fence), key, refuse)
                .await?;
            Ok(())
        }
        Err(fault) => Err(StepError::Neighbour {
            action: "create an EBS volume",
            fault,
        }),
    }
}

/// The call, made in the infrastructure role: that one uses the keys of the volume.
fn in_role(call: &Call, record: &Task, volume: &TaskVolume) -> Call {
    let context = call.context().clone().acting_for(record.arn.clone());
    let caller = Caller {
        role_arn: volume.spec.role.clone(),
        ..context.caller.clone()
    };
    Call::by_controller(Context { caller, ..context }, PERMIT)
}

async fn make(
    scheduler: &Scheduler,
    call: &Call,
    record: &Task,
    volume: &TaskVolume,
) -> Result<String, Fault> {
    let ec2 = &scheduler.ec2;
    let made = ec2.create_volume(call, request(record, volume)).await?;
    let id = made.volume_id.unwrap_or_default();
    let attach = AttachVolumeRequest {
        volume_id: Some(id.clone()),
        instance_id: Some(record.ec2_instance.clone()),
        ..AttachVolumeRequest::default()
    };
    ec2.attach_volume(call, attach).await?;
    Ok(id)
}

/// Its client token is the attachment's id: repeating it returns the same volume.
fn request(record: &Task, volume: &TaskVolume) -> CreateVolumeRequest {
    let spec = &volume.spec;
    let tag = |key: &str, value: &str| Tag {
        key: Some(key.to_owned()),
        value: Some(value.to_owned()),
    };
    let own = [
        ("AmazonECSCreated", record.arn.as_str()),
        ("AmazonECSManaged", "true"),
    ];
    let given = spec.tags.iter().map(|(key, value)| tag(key, value));
    let given = given.filter(|it| own.iter().all(|(key, _)| it.key.as_deref() != Some(*key)));
    let tags = own.iter().map(|(key, value)| tag(key, value)).chain(given);
    CreateVolumeRequest {
        availability_zone: Some(record.availability_zone.clone()),
        size: Some(spec.gib).filter(|gib| *gib > 0),
        snapshot_id: spec.snapshot.clone(),
        // A key says so by itself, as ECS has it.
        encrypted: spec.encrypted.or(spec.kms_key.as_ref().map(|_| true)),
        kms_key_id: spec.kms_key.clone(),
        volume_type: spec.volume_type.clone(),
        iops: spec.iops,
        throughput: spec.throughput,
        client_token: Some(volume.attachment.clone()),
        tag_specifications: Some(vec![TagSpecification {
            resource_type: Some("volume".to_owned()),
            tags: Some(tags.collect()),
        }]),
        ..CreateVolumeRequest::default()
    }
}

/// Deletes the volume of an ended task, or leaves it without an attachment.
pub async fn release(scheduler: &Scheduler, record: &Task, id: &str) -> Result<(), StepError> {
    let (Some(volume), Some(call)) = (&record.volume, call(scheduler, record)) else {
        return Ok(());
    };
    if volume.spec.delete {
        return delete(scheduler, &call, id).await;
    }
    let request = DetachVolumeRequest {
        volume_id: Some(id.to_owned()),
        ..DetachVolumeRequest::default()
    };
    match scheduler.ec2.detach_volume(&call, request).await {
        Ok(_) => Ok(()),
        // Somebody was faster, or a try of ours before.
        Err(fault) if [NOT_FOUND, "IncorrectState"].contains(&fault.code.as_ref()) => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "detach an EBS volume",
            fault,
        }),
    }
}

/// Asks for the volume once more, which returns the one there may be, and deletes it.
pub async fn abandon(scheduler: &Scheduler, record: &Task) -> Result<(), StepError> {
    let (Some(volume), Some(call)) = (&record.volume, call(scheduler, record)) else {
        return Ok(());
    };
    let request = request(record, volume);
    match scheduler.ec2.create_volume(&call, request).await {
        Ok(made) => {
            let id = made.volume_id.unwrap_or_default();
            delete(scheduler, &call, &id).await
        }
        // Refused now as it was then, so none was made.
        Err(fault) if fault.sender && !is_throttling(&fault) => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "look for an unrecorded EBS volume",
            fault,
        }),
    }
}

/// One that is gone already is no failure.
async fn delete(scheduler: &Scheduler, call: &Call, id: &str) -> Result<(), StepError> {
    let request = DeleteVolumeRequest {
        volume_id: Some(id.to_owned()),
        ..DeleteVolumeRequest::default()
    };
    match scheduler.ec2.delete_volume(call, request).await {
        Ok(()) => Ok(()),
        Err(fault) if fault.code == NOT_FOUND => Ok(()),
        Err(fault) => Err(StepError::Neighbour {
            action: "delete an EBS volume",
            fault,
        }),
    }
}
