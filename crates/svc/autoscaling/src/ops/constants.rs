//! Lists that are the same for everybody, and the limits of an account.

use wharf_api_autoscaling::{
    AdjustmentType, DescribeAccountLimitsAnswer, DescribeAdjustmentTypesAnswer,
    DescribeLifecycleHookTypesAnswer, DescribeTerminationPolicyTypesAnswer, ProcessType,
    ProcessesType,
};
use wharf_records::Record as _;
use wharf_service::Place;
use wharf_wire::{Call, Fault};

use super::{configurations::MOST_CONFIGURATIONS, create_group::MOST_GROUPS};
use crate::{
    core::Core,
    names,
    records::{Configuration, Group, Process, Termination, Transition},
};

pub async fn adjustment_types(
    _: &Core,
    _: &Call,
    (): (),
) -> Result<DescribeAdjustmentTypesAnswer, Fault> {
    let names = [
        "ChangeInCapacity",
        "ExactCapacity",
        "PercentChangeInCapacity",
    ];
    let types = names.map(|it| AdjustmentType {
        adjustment_type: Some(it.to_owned()),
    });
    Ok(DescribeAdjustmentTypesAnswer {
        adjustment_types: Some(types.into()),
    })
}

pub async fn termination_policy_types(
    _: &Core,
    _: &Call,
    (): (),
) -> Result<DescribeTerminationPolicyTypesAnswer, Fault> {
    let names = Termination::ALL.map(|it| it.name().to_owned());
    Ok(DescribeTerminationPolicyTypesAnswer {
        termination_policy_types: Some(names.into()),
    })
}

pub async fn process_types(_: &Core, _: &Call, (): ()) -> Result<ProcessesType, Fault> {
    let processes = Process::ALL.map(|it| ProcessType {
        process_name: Some(it.name().to_owned()),
    });
    Ok(ProcessesType {
        processes: Some(processes.into()),
    })
}

pub async fn lifecycle_hook_types(
    _: &Core,
    _: &Call,
    (): (),
) -> Result<DescribeLifecycleHookTypesAnswer, Fault> {
    let names = [Transition::Launching, Transition::Terminating];
    Ok(DescribeLifecycleHookTypesAnswer {
        lifecycle_hook_types: Some(names.map(|it| it.name().to_owned()).into()),
    })
}

pub async fn account_limits(
    core: &Core,
    call: &Call,
    (): (),
) -> Result<DescribeAccountLimitsAnswer, Fault> {
    let scope = names::scope(&Place::of(call));
    let groups = core.table.count(&scope.prefix(Group::KIND)).await?;
    let configurations = core.table.count(&scope.prefix(Configuration::KIND)).await?;
    let count = |it: usize| i32::try_from(it).ok();
    Ok(DescribeAccountLimitsAnswer {
        max_number_of_auto_scaling_groups: count(MOST_GROUPS),
        max_number_of_launch_configurations: count(MOST_CONFIGURATIONS),
        number_of_auto_scaling_groups: count(groups),
        number_of_launch_configurations: count(configurations),
    })
}
