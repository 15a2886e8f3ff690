//! How many a request may name. It is looked at before IAM is asked, for which a row is made of each name, and its tags are read.

use wharf_api_ecs::Input;
use wharf_wire::Fault;

use crate::fault;

pub const OF_INSTANCES: &str = "containerInstances must have between 1 and 10 items.";
pub const OF_DEFINITIONS: &str = "taskDefinitions must have between 1 and 10 items.";

/// Refuses a request that names too many.
///
/// # Errors
/// The list, in ECS's words.
pub fn refuse(input: Input<'_>) -> Result<(), Fault> {
    let (named, most, text) = match input {
        Input::DeleteTaskDefinitions(i) => (&i.task_definitions, 10, OF_DEFINITIONS),
        Input::DescribeCapacityProviders(i) => (
            &i.capacity_providers,
            100,
            "Capacity providers can have at most 100 items.",
        ),
        Input::DescribeClusters(i) => (&i.clusters, 100, "Clusters can have at most 100 items."),
        Input::DescribeContainerInstances(i) => (
            &i.container_instances,
            100,
            "Container instances can have at most 100 items.",
        ),
        Input::DescribeServiceDeployments(i) => (
            &i.service_deployment_arns,
            20,
            "Service deployment ARNs can have at most 20 items.",
        ),
        Input::DescribeServiceRevisions(i) => (
            &i.service_revision_arns,
            20,
            "Service revision ARNs can have at most 20 items.",
        ),
        Input::DescribeServices(i) => (&i.services, 10, "Services can have at most 10 items."),
        Input::DescribeTasks(i) => (&i.tasks, 100, "Tasks can have at most 100 items."),
        Input::GetTaskProtection(i) => (&i.tasks, 10, "Tasks can have at most 10 items."),
        Input::StartTask(i) => (
            &i.container_instances,
            10,
            "containerInstances can have at most 10 items.",
        ),
        Input::UpdateContainerInstancesState(i) => (&i.container_instances, 10, OF_INSTANCES),
        Input::UpdateTaskProtection(i) => (&i.tasks, 10, "Tasks can have at most 10 items."),
        _ => return Ok(()),
    };
    match named.as_ref().is_some_and(|it| it.len() > most) {
        true => Err(fault::invalid(text)),
        false => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_ecs::{
        DescribeServicesRequest, DescribeTasksRequest, UpdateContainerInstancesStateRequest,
    };

    use super::*;

    fn many(count: usize) -> Option<Vec<String>> {
        Some(vec!["one".to_owned(); count])
    }

    fn refused(input: Input<'_>) -> Option<String> {
        let fault = refuse(input).err()?;
        assert_eq!(fault.code, "InvalidParameterException");
        Some(fault.message)
    }

    #[test]
    fn a_request_names_no_more_than_it_may() {
        let tasks = |count| {
            let input = DescribeTasksRequest {
                tasks: many(count),
                ..Default::default()
            };
            refused(Input::DescribeTasks(&input))
        };
        let text = "Tasks can have at most 100 items.".to_owned();
        assert_eq!(
            [0, 100, 101].map(tasks),
            [None, None, Some(text)],
            "of tasks"
        );
        let services = DescribeServicesRequest {
            services: many(11),
            ..Default::default()
        };
        assert!(refused(Input::DescribeServices(&services)).is_some());
        let states = UpdateContainerInstancesStateRequest {
            container_instances: many(11),
            ..Default::default()
        };
        let text = refused(Input::UpdateContainerInstancesState(&states));
        assert_eq!(text.as_deref(), Some(OF_INSTANCES));
    }
}
