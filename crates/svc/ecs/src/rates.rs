//! How many requests are taken a second.

use wharf_service::rates::{Class, Rate, Rates};

/// <https://docs.aws.amazon.com/AmazonECS/latest/APIReference/request-throttling.html>
pub const RATES: Rates = Rates::with(&[
    Class::new(
        "cluster modify",
        Rate::new(20.0, 1.0),
        &[
            "CreateCluster",
            "DeleteCluster",
            "PutClusterCapacityProviders",
            "UpdateCluster",
            "UpdateClusterSettings",
        ],
    ),
    Class::new(
        "cluster read",
        Rate::new(50.0, 20.0),
        &["DescribeClusters", "ListClusters"],
    ),
    Class::new(
        "task definition modify",
        Rate::new(20.0, 1.0),
        &["DeregisterTaskDefinition", "RegisterTaskDefinition"],
    ),
    Class::new(
        "task definition read",
        Rate::new(50.0, 20.0),
        &[
            "DescribeTaskDefinition",
            "ListTaskDefinitions",
            "ListTaskDefinitionFamilies",
        ],
    ),
    Class::new(
        "task definition deletion",
        Rate::new(5.0, 1.0),
        &["DeleteTaskDefinitions"],
    ),
    Class::new(
        "capacity provider modify",
        Rate::new(10.0, 1.0),
        &[
            "CreateCapacityProvider",
            "DeleteCapacityProvider",
            "UpdateCapacityProvider",
        ],
    ),
    Class::new(
        "capacity provider read",
        Rate::new(50.0, 20.0),
        &["DescribeCapacityProviders"],
    ),
    Class::new(
        "tag modify",
        Rate::new(20.0, 10.0),
        &["TagResource", "UntagResource"],
    ),
    Class::new("tag read", Rate::new(50.0, 20.0), &["ListTagsForResource"]),
    Class::new(
        "setting modify",
        Rate::new(10.0, 1.0),
        &[
            "DeleteAccountSetting",
            "PutAccountSetting",
            "PutAccountSettingDefault",
        ],
    ),
    Class::new(
        "setting read",
        Rate::new(50.0, 20.0),
        &["ListAccountSettings"],
    ),
    Class::new(
        "cluster resource modify",
        Rate::new(100.0, 40.0),
        &[
            "DeleteAttributes",
            "DeregisterContainerInstance",
            "ExecuteCommand",
            "PutAttributes",
            "RunTask",
            "StartTask",
            "StopTask",
            "UpdateContainerAgent",
            "UpdateContainerInstancesState",
        ],
    ),
    Class::new(
        "cluster resource read",
        Rate::new(100.0, 20.0),
        &[
            "DescribeContainerInstances",
            "DescribeTasks",
            "ListAttributes",
            "ListContainerInstances",
            "ListTasks",
        ],
    ),
    Class::new(
        "agent modify",
        Rate::new(200.0, 120.0),
        &[
            "RegisterContainerInstance",
            "SubmitAttachmentStateChanges",
            "SubmitContainerStateChange",
            "SubmitTaskStateChange",
        ],
    ),
    Class::new(
        "service modify",
        Rate::new(50.0, 5.0),
        &["CreateService", "DeleteService", "UpdateService"],
    ),
    Class::new(
        "service read",
        Rate::new(100.0, 20.0),
        &["DescribeServices", "ListServices"],
    ),
    Class::new(
        "service deployment",
        Rate::new(50.0, 20.0),
        &["DescribeServiceDeployments", "ListServiceDeployments"],
    ),
    Class::new(
        "service revision",
        Rate::new(50.0, 20.0),
        &["DescribeServiceRevisions"],
    ),
    Class::new(
        "task protection",
        Rate::new(200.0, 80.0),
        &["UpdateTaskProtection", "GetTaskProtection"],
    ),
    Class::new(
        "services by namespace",
        Rate::new(10.0, 1.0),
        &["ListServicesByNamespace"],
    ),
]);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_named_operation_exists() {
        assert_eq!(RATES.unknown(&wharf_api_ecs::schema::SERVICE), None);
    }
}
