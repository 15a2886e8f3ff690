//! ARNs of another account or region: they name nothing that a call here could be about.
//!
//! ECS has no resource policies, so IAM lets nobody act on another account's resource. The refusal is
//! the same whether the resource exists or not. Agents report of tasks of every account; what they may
//! report of, `binding` decides.

use wharf_api_ecs::{Input, faults};
use wharf_base::Arn;
use wharf_wire::{Context, Fault};

use crate::{fault, names::Place};

/// Refuses a call that names what is elsewhere.
pub fn refuse(cx: &Context, input: Input<'_>) -> Result<(), Fault> {
    let here = Place::of(cx);
    for given in named(input) {
        let Ok(arn) = given.parse::<Arn>() else {
            continue;
        };
        if arn.service != "ecs" {
            continue;
        }
        if arn.account != here.account {
            let (who, action) = (&cx.caller.arn, input.action());
            return Err(faults::access_denied_exception(format!(
                "User: {who} is not authorized to perform: {action} on resource: {given} because no \
                 resource-based policy allows the {action} action"
            )));
        }
        if arn.region != here.region {
            return Err(fault::invalid(format!(
                "Invalid identifier: Identifier is for {}. Your region is {}",
                arn.region, here.region
            )));
        }
    }
    Ok(())
}

/// What a call says it is about, where that may be an ARN.
fn named<'a>(input: Input<'a>) -> Vec<&'a str> {
    let mut all: Vec<&'a str> = Vec::new();
    let mut one = |given: &'a Option<String>| all.extend(given.as_deref());
    let mut many: &'a [String] = &[];
    macro_rules! names {
        ($of:ident: $($single:ident)* $(; $list:ident)?) => {{
            $(one(&$of.$single);)*
            $(many = $of.$list.as_deref().unwrap_or_default();)?
        }};
    }
    match input {
        Input::CreateCluster(i) => names!(i: ; capacity_providers),
        Input::CreateService(i) => names!(i: cluster task_definition),
        Input::DeleteAttributes(i) => names!(i: cluster),
        Input::DeleteCapacityProvider(i) => names!(i: capacity_provider),
        Input::DeleteCluster(i) => names!(i: cluster),
        Input::DeleteService(i) => names!(i: cluster service),
        Input::DeleteTaskDefinitions(i) => names!(i: ; task_definitions),
        Input::DeregisterContainerInstance(i) => names!(i: cluster container_instance),
        Input::DeregisterTaskDefinition(i) => names!(i: task_definition),
        Input::DescribeCapacityProviders(i) => names!(i: cluster; capacity_providers),
        Input::DescribeClusters(i) => names!(i: ; clusters),
        Input::DescribeContainerInstances(i) => names!(i: cluster; container_instances),
        Input::DescribeServiceDeployments(i) => names!(i: ; service_deployment_arns),
        Input::DescribeServiceRevisions(i) => names!(i: ; service_revision_arns),
        Input::DescribeServices(i) => names!(i: cluster; services),
        Input::DescribeTaskDefinition(i) => names!(i: task_definition),
        Input::DescribeTasks(i) => names!(i: cluster; tasks),
        Input::ExecuteCommand(i) => names!(i: cluster task),
        Input::GetTaskProtection(i) => names!(i: cluster; tasks),
        Input::ListAttributes(i) => names!(i: cluster),
        Input::ListContainerInstances(i) => names!(i: cluster),
        Input::ListServiceDeployments(i) => names!(i: cluster service),
        Input::ListServices(i) => names!(i: cluster),
        Input::ListTagsForResource(i) => names!(i: resource_arn),
        Input::ListTasks(i) => names!(i: cluster container_instance),
        Input::PutAttributes(i) => names!(i: cluster),
        Input::PutClusterCapacityProviders(i) => names!(i: cluster; capacity_providers),
        Input::RunTask(i) => names!(i: cluster task_definition),
        Input::StartTask(i) => names!(i: cluster task_definition; container_instances),
        Input::StopServiceDeployment(i) => names!(i: service_deployment_arn),
        Input::StopTask(i) => names!(i: cluster task),
        Input::TagResource(i) => names!(i: resource_arn),
        Input::UntagResource(i) => names!(i: resource_arn),
        Input::UpdateCapacityProvider(i) => names!(i: name),
        Input::UpdateCluster(i) => names!(i: cluster),
        Input::UpdateClusterSettings(i) => names!(i: cluster),
        Input::UpdateContainerInstancesState(i) => names!(i: cluster; container_instances),
        Input::UpdateService(i) => names!(i: cluster service task_definition),
        Input::UpdateTaskProtection(i) => names!(i: cluster; tasks),
        _ => {}
    }
    all.extend(many.iter().map(String::as_str));
    all
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::{DescribeServicesRequest, StopTaskRequest};

    use super::*;

    const HERE: &str = "arn:aws:ecs:us-east-1:111122223333";

    fn refused(input: Input<'_>) -> Option<(String, String)> {
        let mut cx = Context::internal("111122223333", "us-east-1", "x", Default::default());
        cx.caller = wharf_wire::Caller::root("111122223333");
        let fault = refuse(&cx, input).err()?;
        Some((fault.code.to_string(), fault.message))
    }

    #[test]
    fn what_is_elsewhere_is_refused_by_what_it_is() {
        let stop = |task: &str| StopTaskRequest {
            task: Some(task.to_owned()),
            ..Default::default()
        };
        for own in ["3f", &format!("{HERE}:task/default/3f"), "arn:aws:s3:::x"] {
            assert_eq!(refused(Input::StopTask(&stop(own))), None, "{own}");
        }
        let foreign = "arn:aws:ecs:us-east-1:000000000000:task/default/3f";
        let (code, text) = refused(Input::StopTask(&stop(foreign))).unwrap();
        assert_eq!(code, "AccessDeniedException");
        assert_eq!(
            text,
            format!(
                "User: arn:aws:iam::111122223333:root is not authorized to perform: ecs:StopTask on \
                 resource: {foreign} because no resource-based policy allows the ecs:StopTask action"
            )
        );
        let far = "arn:aws:ecs:eu-west-1:111122223333:task/default/3f";
        let (code, text) = refused(Input::StopTask(&stop(far))).unwrap();
        assert_eq!(code, "InvalidParameterException");
        assert_eq!(
            text,
            "Invalid identifier: Identifier is for eu-west-1. Your region is us-east-1"
        );
        let services = DescribeServicesRequest {
            services: Some(vec!["a".into(), "arn:aws:ecs:us-east-1:1:service/b".into()]),
            ..Default::default()
        };
        assert!(refused(Input::DescribeServices(&services)).is_some());
    }
}
