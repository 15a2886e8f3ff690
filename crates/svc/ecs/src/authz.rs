//! One row per operation: what it does to which resource, under which condition keys (platform §3).
//!
//! The dispatcher evaluates the row before the operation runs; operations never authorise by hand.
//! An operation without a row of its own is judged on `*`, so that none can be reached unasked.

mod elsewhere;
mod keys;
mod tagged;

use wharf_api_ecs::{
    CreateServiceRequest, ExecuteCommandRequest, Input, RegisterContainerInstanceRequest,
    RunTaskRequest, ServiceVolumeConfiguration, StartTaskRequest, Tag, TaskOverride,
    TaskVolumeConfiguration, UpdateServiceRequest,
};
use wharf_records::{
    Record,
    ecs::{Instance, Task},
};
use wharf_wire::{Check, Context, Fault};

use self::keys::Wish;
use crate::{
    binding,
    core::Core,
    document, names,
    names::Place,
    ops::{lists, settings},
    registration::FARGATE_CAPACITY,
};

const TASKS: &str = "ecs-tasks.amazonaws.com";
const TAG_RESOURCE: &str = "ecs:TagResource";
const CREATE_ACTION: &str = "ecs:CreateAction";

pub async fn checks(core: &Core, cx: &Context, input: Input<'_>) -> Result<Vec<Check>, Fault> {
    lists::refuse(input)?;
    elsewhere::refuse(cx, input)?;
    let row = Row {
        place: Place::of(cx),
        action: input.action(),
    };
    let mut rows = rows(core, cx, input, &row).await?;
    let tags = rows.iter().any(is_tags_at_creation);
    if tags && settings::in_effect(core, cx, "tagResourceAuthorization").await? == "off" {
        rows.retain(|it| !is_tags_at_creation(it));
    }
    tagged::with_tags(core, &row.place, rows).await
}

fn is_tags_at_creation(check: &Check) -> bool {
    check.action == TAG_RESOURCE && check.context.contains_key(CREATE_ACTION)
}

async fn rows(core: &Core, cx: &Context, input: Input<'_>, row: &Row) -> Result<Vec<Check>, Fault> {
    Ok(match input {
        Input::CreateCluster(i) => {
            let name = i.cluster_name.as_deref().unwrap_or(names::DEFAULT_CLUSTER);
            let arn = row.place.cluster(name);
            let check = keys::of_providers(Check::any(&row.action), i.capacity_providers.as_ref());
            row.creating(vec![check], &arn, i.tags.as_ref())
        }
        Input::CreateCapacityProvider(i) => {
            let name = i.name.as_deref().unwrap_or_default();
            let arn = row.place.capacity_provider(name);
            let managed = i.managed_instances_provider.as_ref();
            let role = managed.and_then(|it| it.infrastructure_role_arn.as_deref());
            let mut rows = vec![Check::any(&row.action)];
            rows.extend(infrastructure_roles(&cx.account, role));
            row.creating(rows, &arn, i.tags.as_ref())
        }
        Input::UpdateCapacityProvider(i) => {
            let managed = i.managed_instances_provider.as_ref();
            let role = managed.and_then(|it| it.infrastructure_role_arn.as_deref());
            let mut rows = row.on_providers(core, i.name.as_slice());
            rows.extend(infrastructure_roles(&cx.account, role));
            rows
        }
        Input::DeleteCapacityProvider(i) => row.on_providers(core, i.capacity_provider.as_slice()),
        Input::DescribeCapacityProviders(i) => {
            row.on_providers(core, i.capacity_providers.as_deref().unwrap_or_default())
        }
        Input::DescribeClusters(i) => {
            let given = i.clusters.iter().flatten();
            let mut rows: Vec<Check> = given
                .map(|one| Check::new(&row.action, row.cluster(Some(one))))
                .collect();
            if rows.is_empty() {
                rows.push(Check::new(&row.action, row.cluster(None)));
            }
            rows
        }
        Input::DeleteCluster(i) => row.on_cluster(i.cluster.as_deref()),
        Input::UpdateCluster(i) => row.on_cluster(i.cluster.as_deref()),
        Input::UpdateClusterSettings(i) => row.on_cluster(i.cluster.as_deref()),
        Input::PutClusterCapacityProviders(i) => {
            let checks = row.on_cluster(i.cluster.as_deref()).into_iter();
            checks
                .map(|check| keys::of_providers(check, i.capacity_providers.as_ref()))
                .collect()
        }
        Input::RegisterContainerInstance(i) => row.registration(core, cx, i).await?,
        Input::DeregisterContainerInstance(i) => row.on_cluster(i.cluster.as_deref()),
        Input::ListContainerInstances(i) => row.on_cluster(i.cluster.as_deref()),
        Input::RegisterTaskDefinition(i) => {
            let mut rows = vec![keys::of_registration(Check::any(&row.action), i)];
            let family = i.family.clone().unwrap_or_default();
            let arn = format!(
                "{}*",
                row.place.definition(&family, 0).trim_end_matches('0')
            );
            rows.extend(pass_roles(
                &cx.account,
                &arn,
                [&i.task_role_arn, &i.execution_role_arn],
            ));
            row.creating(rows, &arn, i.tags.as_ref())
        }
        Input::RunTask(i) => row.run_task(core, i).await?,
        Input::StartTask(i) => row.start_task(core, i).await?,
        Input::StopTask(i) => row.on_tasks(i.cluster.as_deref(), i.task.as_slice()),
        Input::ExecuteCommand(i) => row.execute_command(core, i).await?,
        Input::DescribeTasks(i) => {
            row.on_tasks(i.cluster.as_deref(), i.tasks.as_deref().unwrap_or_default())
        }
        Input::DescribeContainerInstances(i) => {
            let given = i.container_instances.as_deref().unwrap_or_default();
            row.on_instances(i.cluster.as_deref(), given)
        }
        Input::UpdateContainerInstancesState(i) => {
            let given = i.container_instances.as_deref().unwrap_or_default();
            row.on_instances(i.cluster.as_deref(), given)
        }
        Input::CreateService(i) => row.create_service(core, i).await?,
        Input::UpdateService(i) => row.update_service(core, i).await?,
        Input::DeleteService(i) => {
            row.on_services(core, i.cluster.as_deref(), i.service.as_slice())
        }
        Input::DescribeServices(i) => {
            let given = i.services.as_deref().unwrap_or_default();
            row.on_services(core, i.cluster.as_deref(), given)
        }
        Input::ListServiceDeployments(i) => {
            row.on_services(core, i.cluster.as_deref(), i.service.as_slice())
        }
        Input::ListServices(i) => {
            let cluster = row.cluster(i.cluster.as_deref());
            vec![Check::any(&row.action).with("ecs:cluster", cluster)]
        }
        Input::DescribeServiceDeployments(i) => {
            row.on_parts(i.service_deployment_arns.as_deref().unwrap_or_default())
        }
        Input::DescribeServiceRevisions(i) => {
            row.on_parts(i.service_revision_arns.as_deref().unwrap_or_default())
        }
        Input::StopServiceDeployment(i) => row.on_parts(i.service_deployment_arn.as_slice()),
        Input::GetTaskProtection(i) => {
            row.on_tasks(i.cluster.as_deref(), i.tasks.as_deref().unwrap_or_default())
        }
        Input::UpdateTaskProtection(i) => {
            row.on_tasks(i.cluster.as_deref(), i.tasks.as_deref().unwrap_or_default())
        }
        Input::ListTasks(i) => {
            let cluster = row.cluster(i.cluster.as_deref());
            let instance = match i.container_instance.as_deref() {
                Some(given) => row.instance(i.cluster.as_deref(), given),
                None => "*".to_owned(),
            };
            vec![Check::new(&row.action, instance).with("ecs:cluster", cluster)]
        }
        Input::DeleteTaskDefinitions(i) => {
            let given = i.task_definitions.iter().flatten();
            let mut rows: Vec<Check> = given
                .map(|one| Check::new(&row.action, row.definition(one)))
                .collect();
            if rows.is_empty() {
                // The operation refuses it.
                rows.push(Check::any(&row.action));
            }
            rows
        }
        Input::TagResource(i) => row.on_arn(i.resource_arn.as_deref(), i.tags.as_ref()),
        Input::UntagResource(i) => {
            let check = Check::new(&row.action, i.resource_arn.as_deref().unwrap_or("*"));
            let keys = i.tag_keys.iter().flatten();
            vec![keys.fold(check, |check, key| check.with("aws:TagKeys", key.clone()))]
        }
        Input::ListTagsForResource(i) => row.on_arn(i.resource_arn.as_deref(), None),
        Input::ListAttributes(i) => row.on_cluster(i.cluster.as_deref()),
        Input::PutAttributes(i) => row.on_cluster(i.cluster.as_deref()),
        Input::DeleteAttributes(i) => row.on_cluster(i.cluster.as_deref()),
        Input::PutAccountSetting(i) => row.on_setting(i.name.as_deref()),
        Input::PutAccountSettingDefault(i) => row.on_setting(i.name.as_deref()),
        Input::DeleteAccountSetting(i) => row.on_setting(i.name.as_deref()),
        _ => vec![Check::any(&row.action)],
    })
}

struct Row {
    place: Place,
    action: String,
}

impl Row {
    /// ARN of the cluster meant. A name no cluster can have stays visible as what it is: the
    /// operation refuses it, but only after IAM was asked.
    fn cluster(&self, given: Option<&str>) -> String {
        match names::cluster_name(given) {
            Ok(name) => self.place.cluster(&name),
            Err(_) => self.place.cluster(given.unwrap_or_default()),
        }
    }

    fn member(&self, kind: &str, cluster: Option<&str>, given: &str) -> String {
        // Asked about what will be acted on, whatever region or account the caller wrote.
        if let Some((found, cluster, id)) = names::long_arn(given) {
            return self.place.arn(format!("{found}/{cluster}/{id}"));
        }
        let cluster = names::cluster_name(cluster).unwrap_or_default();
        let id = given.rsplit('/').next().unwrap_or_default();
        match kind {
            "task" => self.place.task(&cluster, id),
            "service" => self.place.service(&cluster, id),
            _ => self.place.instance(&cluster, id),
        }
    }

    fn instance(&self, cluster: Option<&str>, given: &str) -> String {
        self.member("container-instance", cluster, given)
    }

    fn on_setting(&self, name: Option<&str>) -> Vec<Check> {
        let check = Check::any(&self.action);
        vec![check.with("ecs:account-setting", name.unwrap_or_default())]
    }

    fn on_cluster(&self, given: Option<&str>) -> Vec<Check> {
        vec![Check::new(&self.action, self.cluster(given))]
    }

    /// A machine that offers itself to Fargate gets tasks of every cluster, with the credentials of their roles: who registers it
    /// must be one who may register machines in all of them.
    async fn registration(
        &self,
        core: &Core,
        cx: &Context,
        i: &RegisterContainerInstanceRequest,
    ) -> Result<Vec<Check>, Fault> {
        let mut rows = self.on_cluster(i.cluster.as_deref());
        let mut names = i.attributes.iter().flatten().map(|it| it.name.as_deref());
        let offers = names.any(|it| it == Some(FARGATE_CAPACITY));
        if offers || self.offered_before(core, cx, i).await? {
            rows.push(Check::new(&self.action, self.place.cluster("*")));
        }
        let arn = self.instance(i.cluster.as_deref(), "*");
        Ok(self.creating(rows, &arn, i.tags.as_ref()))
    }

    /// A machine that registers again keeps what it offered before, also where it does not say so again. Roles of instances
    /// never offer anything.
    async fn offered_before(
        &self,
        core: &Core,
        cx: &Context,
        i: &RegisterContainerInstanceRequest,
    ) -> Result<bool, Fault> {
        let given = i.container_instance_arn.as_deref();
        let Some(given) = given.filter(|it| !it.is_empty()) else {
            return Ok(false);
        };
        if binding::instance_session(&cx.caller).is_some() {
            return Ok(false);
        }
        // What names none is refused by the operation.
        let Ok(cluster) = names::cluster_name(i.cluster.as_deref()) else {
            return Ok(false);
        };
        let Ok(id) = names::member_id("container-instance", &cluster, given) else {
            return Ok(false);
        };
        let scope = self.place.scope();
        let key = scope.key(Instance::KIND, &format!("{cluster}:{id}"));
        let found = core.state.table.read::<Instance>(&key).await?;
        Ok(found.is_some_and(|it| it.record.attributes.contains_key(FARGATE_CAPACITY)))
    }

    fn on_tasks(&self, cluster: Option<&str>, given: &[String]) -> Vec<Check> {
        self.on_members("task", cluster, given)
    }

    fn on_instances(&self, cluster: Option<&str>, given: &[String]) -> Vec<Check> {
        self.on_members("container-instance", cluster, given)
    }

    /// One check per member; an empty list is judged on `*`, it is refused by the operation.
    fn on_members(&self, kind: &str, cluster: Option<&str>, given: &[String]) -> Vec<Check> {
        let cluster_arn = self.cluster(cluster);
        let check =
            |resource| Check::new(&self.action, resource).with("ecs:cluster", cluster_arn.clone());
        match given {
            [] => vec![check("*".to_owned())],
            some => some
                .iter()
                .map(|one| check(self.member(kind, cluster, one)))
                .collect(),
        }
    }

    /// On each service, with its cluster and the tags it has.
    fn on_services(&self, core: &Core, cluster: Option<&str>, given: &[String]) -> Vec<Check> {
        let checks = self.on_members("service", cluster, given);
        let tagged = |check: Check| {
            let id = names::long_arn(&check.resource)
                .map(|(_, cluster, name)| format!("{cluster}:{name}"));
            let tags = core.state.view.read(&self.place, |region| {
                let service = region.services.get(id.as_deref().unwrap_or_default())?;
                Some(service.tags.clone())
            });
            keys::resource_tags(check, &tags.unwrap_or_default())
        };
        checks.into_iter().map(tagged).collect()
    }

    /// On each capacity provider, with the tags it has; all of them are `*`.
    fn on_providers(&self, core: &Core, given: &[String]) -> Vec<Check> {
        let check = |one: &String| {
            let name = names::provider_name(one).unwrap_or(one);
            let tags = core.state.view.read(&self.place, |region| {
                region.providers.get(name).map(|it| it.tags.clone())
            });
            let check = Check::new(&self.action, self.place.capacity_provider(name));
            keys::resource_tags(check, &tags.unwrap_or_default())
        };
        match given {
            [] => vec![Check::any(&self.action)],
            some => some.iter().map(check).collect(),
        }
    }

    /// On service deployments or revisions, by their ARNs: asked about here, whatever account and
    /// region they name.
    fn on_parts(&self, given: &[String]) -> Vec<Check> {
        let check = |arn: &String| {
            let Some((kind, cluster, rest)) = names::long_arn(arn) else {
                return Check::any(&self.action);
            };
            let service = rest.split('/').next().unwrap_or_default();
            Check::new(
                &self.action,
                self.place.arn(format!("{kind}/{cluster}/{rest}")),
            )
            .with("ecs:cluster", self.place.cluster(cluster))
            .with("ecs:service", self.place.service(cluster, service))
        };
        match given {
            [] => vec![Check::any(&self.action)],
            some => some.iter().map(check).collect(),
        }
    }

    async fn create_service(
        &self,
        core: &Core,
        i: &CreateServiceRequest,
    ) -> Result<Vec<Check>, Fault> {
        let name = i.service_name.clone().unwrap_or_default();
        let cluster = i.cluster.as_deref();
        let arn = self.member("service", cluster, &name);
        let check =
            Check::new(&self.action, arn.clone()).with("ecs:cluster", self.cluster(cluster));
        let wish = Wish {
            execute_command: Some(i.enable_execute_command == Some(true)),
            managed_tags: Some(i.enable_ecs_managed_tags == Some(true)),
            service_connect: i
                .service_connect_configuration
                .as_ref()
                .map(|connect| connect.enabled == Some(true)),
            ..Wish::new(
                i.network_configuration.as_ref(),
                i.capacity_provider_strategy.as_ref(),
                i.propagate_tags.as_deref(),
                i.volume_configurations.as_ref().map(Vec::len),
            )
        };
        let mut rows = vec![wish.on(check)];
        let given = i.task_definition.as_deref();
        self.with_definition(core, given, &mut rows).await?;
        rows.extend(service_volume_roles(
            &self.place.account,
            i.volume_configurations.as_ref(),
        ));
        Ok(self.creating(rows, &arn, i.tags.as_ref()))
    }

    async fn update_service(
        &self,
        core: &Core,
        i: &UpdateServiceRequest,
    ) -> Result<Vec<Check>, Fault> {
        let given = i.service.as_slice();
        let mut rows = self.on_services(core, i.cluster.as_deref(), given);
        for check in &mut rows {
            let wish = Wish {
                execute_command: i.enable_execute_command,
                managed_tags: i.enable_ecs_managed_tags,
                service_connect: i
                    .service_connect_configuration
                    .as_ref()
                    .map(|connect| connect.enabled == Some(true)),
                ..Wish::new(
                    i.network_configuration.as_ref(),
                    i.capacity_provider_strategy.as_ref(),
                    i.propagate_tags.as_deref(),
                    i.volume_configurations.as_ref().map(Vec::len),
                )
            };
            *check = wish.on(check.clone());
        }
        let given = i.task_definition.as_deref().filter(|name| !name.is_empty());
        if given.is_some() {
            self.with_definition(core, given, &mut rows).await?;
        }
        let volumes = i.volume_configurations.as_ref();
        rows.extend(service_volume_roles(&self.place.account, volumes));
        Ok(rows)
    }

    /// What the definition of a service's tasks adds: condition keys on the first row, and PassRole
    /// for the roles it names.
    async fn with_definition(
        &self,
        core: &Core,
        given: Option<&str>,
        rows: &mut Vec<Check>,
    ) -> Result<(), Fault> {
        let given = given.unwrap_or_default();
        let found = core.state.definition(&self.place, given).await?;
        let arn = match &found {
            Some(found) => found.record.arn.clone(),
            None => self.definition(given),
        };
        let parsed = match &found {
            Some(found) => Some(
                document::definition(&found.record.document)
                    .map_err(|error| crate::fault::server(&error))?,
            ),
            None => None,
        };
        if let Some(first) = rows.first_mut() {
            let mut check = first.clone().with("ecs:task-definition", arn.clone());
            if let Some(parsed) = &parsed {
                check = keys::of_definition(check, parsed, None);
            }
            *first = check;
        }
        if let Some(parsed) = &parsed {
            rows.extend(pass_roles(
                &self.place.account,
                &arn,
                [&parsed.task_role_arn, &parsed.execution_role_arn],
            ));
        }
        Ok(())
    }

    fn on_arn(&self, arn: Option<&str>, tags: Option<&Vec<Tag>>) -> Vec<Check> {
        vec![with_request_tags(
            Check::new(&self.action, arn.unwrap_or("*")),
            tags,
        )]
    }

    /// Tags at creation need ecs:TagResource as well, unless the caller's settings let them be.
    fn creating(&self, mut rows: Vec<Check>, arn: &str, tags: Option<&Vec<Tag>>) -> Vec<Check> {
        if let Some(first) = rows.first_mut() {
            *first = with_request_tags(first.clone(), tags);
        }
        if tags.is_some_and(|tags| !tags.is_empty()) {
            let operation = self.action.trim_start_matches("ecs:");
            let check = Check::new(TAG_RESOURCE, arn).with(CREATE_ACTION, operation);
            rows.push(with_request_tags(check, tags));
        }
        rows
    }

    /// The ARN of a definition as it was named; a bare family stands for all its revisions.
    fn definition(&self, given: &str) -> String {
        match names::definition_ref(given) {
            Ok(Some(wanted)) => match wanted.revision {
                Some(revision) => self.place.definition(&wanted.family, revision),
                None => format!(
                    "{}:*",
                    self.place
                        .definition(&wanted.family, 0)
                        .trim_end_matches(":0")
                ),
            },
            _ => "*".to_owned(),
        }
    }

    async fn run_task(&self, core: &Core, i: &RunTaskRequest) -> Result<Vec<Check>, Fault> {
        let launch = Launched {
            definition: i.task_definition.as_deref(),
            cluster: i.cluster.as_deref(),
            overrides: i.overrides.as_ref(),
            volumes: i.volume_configurations.as_ref(),
            tags: i.tags.as_ref(),
            instances: &[],
            wish: Wish {
                execute_command: Some(i.enable_execute_command == Some(true)),
                managed_tags: Some(i.enable_ecs_managed_tags == Some(true)),
                ..Wish::new(
                    i.network_configuration.as_ref(),
                    i.capacity_provider_strategy.as_ref(),
                    i.propagate_tags.as_deref(),
                    i.volume_configurations.as_ref().map(Vec::len),
                )
            },
        };
        self.launch(core, launch).await
    }

    async fn start_task(&self, core: &Core, i: &StartTaskRequest) -> Result<Vec<Check>, Fault> {
        let launch = Launched {
            definition: i.task_definition.as_deref(),
            cluster: i.cluster.as_deref(),
            overrides: i.overrides.as_ref(),
            volumes: i.volume_configurations.as_ref(),
            tags: i.tags.as_ref(),
            instances: i.container_instances.as_deref().unwrap_or_default(),
            wish: Wish {
                execute_command: Some(i.enable_execute_command == Some(true)),
                managed_tags: Some(i.enable_ecs_managed_tags == Some(true)),
                ..Wish::new(
                    i.network_configuration.as_ref(),
                    None,
                    i.propagate_tags.as_deref(),
                    i.volume_configurations.as_ref().map(Vec::len),
                )
            },
        };
        self.launch(core, launch).await
    }

    /// On the task, with its tags and the container that is meant.
    async fn execute_command(
        &self,
        core: &Core,
        i: &ExecuteCommandRequest,
    ) -> Result<Vec<Check>, Fault> {
        let given = i.task.as_deref().unwrap_or_default();
        let cluster = names::cluster_name(i.cluster.as_deref()).unwrap_or_default();
        let mut rows = self.on_tasks(i.cluster.as_deref(), i.task.as_slice());
        let id = names::member_id("task", &cluster, given).unwrap_or_default();
        let key = self
            .place
            .scope()
            .key(Task::KIND, &format!("{cluster}:{id}"));
        let found = core
            .state
            .table
            .read::<Task>(&key)
            .await?
            .map(|found| found.record);
        for row in &mut rows {
            let task = row.resource.clone();
            let mut check = row.clone().with("ecs:task", task);
            let only = found
                .as_ref()
                .and_then(|task| match task.containers.as_slice() {
                    [only] => Some(only.name.clone()),
                    _ => None,
                });
            if let Some(name) = i.container.clone().or(only) {
                check = check.with("ecs:container-name", name);
            }
            if let Some(task) = &found {
                check = keys::resource_tags(check, &task.tags);
            }
            *row = check;
        }
        Ok(rows)
    }

    /// On the very revision that will run, with PassRole for every role it will have.
    async fn launch(&self, core: &Core, launch: Launched<'_>) -> Result<Vec<Check>, Fault> {
        let given = launch.definition.unwrap_or_default();
        let found = core.state.definition(&self.place, given).await?;
        let arn = match &found {
            Some(found) => found.record.arn.clone(),
            None => self.definition(given),
        };
        let mut check =
            Check::new(&self.action, arn.clone()).with("ecs:cluster", self.cluster(launch.cluster));
        check = launch.wish.on(check);
        for instance in launch.instances {
            let instance = self.instance(launch.cluster, instance);
            check = check.with("ecs:container-instances", instance);
        }
        let mut roles = Vec::new();
        if let Some(found) = &found {
            check = keys::resource_tags(check, &found.record.tags);
            let parsed = document::definition(&found.record.document)
                .map_err(|error| crate::fault::server(&error))?;
            check = keys::of_definition(check, &parsed, launch.overrides);
            roles.extend(pass_roles(
                &self.place.account,
                &arn,
                [&parsed.task_role_arn, &parsed.execution_role_arn],
            ));
        }
        if let Some(overrides) = launch.overrides {
            roles.extend(pass_roles(
                &self.place.account,
                &arn,
                [&overrides.task_role_arn, &overrides.execution_role_arn],
            ));
        }
        let ebs = launch.volumes.into_iter().flatten();
        let given = ebs.filter_map(|it| it.managed_ebs_volume.as_ref()?.role_arn.as_deref());
        roles.extend(infrastructure_roles(&self.place.account, given));
        let mut rows = vec![check];
        rows.extend(roles);
        let cluster = names::cluster_name(launch.cluster).unwrap_or_default();
        Ok(self.creating(rows, &self.place.task(&cluster, "*"), launch.tags))
    }
}

struct Launched<'a> {
    definition: Option<&'a str>,
    cluster: Option<&'a str>,
    overrides: Option<&'a TaskOverride>,
    volumes: Option<&'a Vec<TaskVolumeConfiguration>>,
    tags: Option<&'a Vec<Tag>>,
    /// Of StartTask.
    instances: &'a [String],
    wish: Wish<'a>,
}

/// Roles of tasks are passed for their definition.
fn pass_roles<'a>(
    account: &str,
    definition: &str,
    roles: impl IntoIterator<Item = &'a Option<String>>,
) -> impl Iterator<Item = Check> {
    let given = roles.into_iter().flatten().filter(|role| !role.is_empty());
    given
        .map(|role| {
            let role = names::role_arn(account, role);
            Check::pass_role(role, TASKS).associated_with(definition)
        })
        .collect::<Vec<_>>()
        .into_iter()
}

fn service_volume_roles(
    account: &str,
    volumes: Option<&Vec<ServiceVolumeConfiguration>>,
) -> Vec<Check> {
    let ebs = volumes.into_iter().flatten();
    let given = ebs.filter_map(|it| it.managed_ebs_volume.as_ref()?.role_arn.as_deref());
    infrastructure_roles(account, given)
}

/// ECS is passed the roles in which it makes volumes and launches instances.
fn infrastructure_roles<'a>(account: &str, roles: impl IntoIterator<Item = &'a str>) -> Vec<Check> {
    let given = roles.into_iter().filter(|role| !role.is_empty());
    let pass = |role: &str| Check::pass_role(names::role_arn(account, role), names::PRINCIPAL);
    given.map(pass).collect()
}

fn with_request_tags(mut check: Check, tags: Option<&Vec<Tag>>) -> Check {
    for tag in tags.into_iter().flatten() {
        let (key, value) = (tag.key.clone().unwrap_or_default(), tag.value.clone());
        check = check
            .with(&format!("aws:RequestTag/{key}"), value.unwrap_or_default())
            .with("aws:TagKeys", key);
    }
    check
}
