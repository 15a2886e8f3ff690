//! SuspendProcesses and ResumeProcesses.

use wharf_api_autoscaling::ScalingProcessQuery;
use wharf_service::{Place, transact};
use wharf_wire::{Call, Fault};

use crate::{
    core::Core,
    fault::invalid,
    names,
    records::{Group, Process},
};

pub async fn suspend(core: &Core, call: &Call, input: ScalingProcessQuery) -> Result<(), Fault> {
    let now = core.now();
    change(core, call, input, |group, process| {
        group.suspended.entry(process).or_insert(now);
    })
    .await
}

pub async fn resume(core: &Core, call: &Call, input: ScalingProcessQuery) -> Result<(), Fault> {
    change(core, call, input, |group, process| {
        group.suspended.remove(&process);
    })
    .await
}

/// No process stands for all of them.
async fn change(
    core: &Core,
    call: &Call,
    input: ScalingProcessQuery,
    change: impl Fn(&mut Group, Process),
) -> Result<(), Fault> {
    let place = Place::of(call);
    let name = input.auto_scaling_group_name.unwrap_or_default();
    let given = input.scaling_processes.unwrap_or_default();
    let mut processes = Vec::with_capacity(given.len().min(Process::ALL.len()));
    for it in &given {
        let process = Process::named(it);
        processes.push(
            process.ok_or_else(|| invalid(format!("The scaling process {it} is not valid.")))?,
        );
    }
    if processes.is_empty() {
        processes.extend(Process::ALL);
    }
    let key = names::group_key(&place, &name);
    let _turn = core.turns.take(&key).await;
    transact!(core.table, &call.permit, |tx| {
        let mut group = core.standing(&mut tx, &place, &name).await?;
        processes.iter().for_each(|it| change(&mut group, *it));
        tx.put(&key, &group);
    });
    Ok(())
}
