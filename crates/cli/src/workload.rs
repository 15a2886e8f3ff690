//! What a person names on the command line: a service, or a task by its id or the beginning of it.

use wharf_agent::client::Api;
use wharf_api_ecs::types::*;
use wharf_wire::node::Struct;

use crate::{call, layout::Settings, problem::Problem};

/// Tasks that one call of DescribeTasks takes.
const DESCRIBED_AT_ONCE: usize = 100;

/// The services and tasks of one cluster.
pub struct Workload<'a> {
    pub api: &'a Api,
    pub settings: &'a Settings,
    pub cluster: &'a str,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Named {
    Service(String),
    /// A task's whole id.
    Task(String),
}

impl Workload<'_> {
    /// Says which it is: the service of that name, else the task whose id or ARN it begins or is.
    pub async fn named(&self, name: &str) -> Result<Named, Problem> {
        let last = name.rsplit('/').next().unwrap_or(name).to_owned();
        if name.contains(":service/") {
            return Ok(Named::Service(last));
        }
        if !name.contains(":task/") && self.has_service(name).await? {
            return Ok(Named::Service(name.to_owned()));
        }
        let mut ids = self.ids(None, "RUNNING").await?;
        ids.extend(self.ids(None, "STOPPED").await?);
        match only(&ids, &last) {
            Some(Ok(id)) => Ok(Named::Task(id.to_owned())),
            Some(Err(several)) => Err(Problem::other(format!(
                "{several} tasks of cluster {} begin with {last}: give more of the id",
                self.cluster
            ))),
            None => Err(Problem::other(format!(
                "cluster {} has no service and no task {name}; `wharf status` shows what there is",
                self.cluster
            ))),
        }
    }

    /// The tasks of a service that are to run and, if wanted, those that stopped and are still known.
    pub async fn of_service(&self, service: &str, stopped: bool) -> Result<Vec<Task>, Problem> {
        let mut ids = self.ids(Some(service), "RUNNING").await?;
        if stopped {
            ids.extend(self.ids(Some(service), "STOPPED").await?);
        }
        self.described(&ids).await
    }

    /// Tasks by their ids; those no longer known are left out.
    pub async fn described(&self, ids: &[String]) -> Result<Vec<Task>, Problem> {
        let mut tasks = Vec::new();
        for some in ids.chunks(DESCRIBED_AT_ONCE) {
            let input = DescribeTasksRequest {
                cluster: Some(self.cluster.to_owned()),
                tasks: Some(some.to_vec()),
                ..Default::default()
            };
            let answer: DescribeTasksResponse = self.call("DescribeTasks", &input).await?;
            tasks.extend(answer.tasks.unwrap_or_default());
        }
        Ok(tasks)
    }

    async fn has_service(&self, name: &str) -> Result<bool, Problem> {
        let input = DescribeServicesRequest {
            cluster: Some(self.cluster.to_owned()),
            services: Some(vec![name.to_owned()]),
            ..Default::default()
        };
        let answer: DescribeServicesResponse = self.call("DescribeServices", &input).await?;
        let services = answer.services.unwrap_or_default();
        Ok(services
            .iter()
            .any(|service| service.status.as_deref() != Some("INACTIVE")))
    }

    async fn ids(&self, service: Option<&str>, desired: &str) -> Result<Vec<String>, Problem> {
        let mut ids = Vec::new();
        let mut next_token = None;
        loop {
            let input = ListTasksRequest {
                cluster: Some(self.cluster.to_owned()),
                service_name: service.map(str::to_owned),
                desired_status: Some(desired.to_owned()),
                next_token,
                ..Default::default()
            };
            let answer: ListTasksResponse = self.call("ListTasks", &input).await?;
            let arns = answer.task_arns.unwrap_or_default();
            ids.extend(arns.iter().map(|arn| id_of(arn).to_owned()));
            next_token = answer.next_token;
            if next_token.is_none() {
                return Ok(ids);
            }
        }
    }

    async fn call<O: Struct + Default>(
        &self,
        operation: &'static str,
        input: &(dyn Struct + Sync),
    ) -> Result<O, Problem> {
        call::call(self.api, self.settings, operation, input).await
    }
}

/// The id at the end of a task's ARN.
pub fn id_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}

/// The one id that begins so, or how many do.
fn only<'a>(ids: &'a [String], beginning: &str) -> Option<Result<&'a str, usize>> {
    let mut found: Vec<&str> = ids
        .iter()
        .map(String::as_str)
        .filter(|id| !beginning.is_empty() && id.starts_with(beginning))
        .collect();
    found.sort_unstable();
    found.dedup();
    match found[..] {
        [] => None,
        [id] => Some(Ok(id)),
        _ => Some(Err(found.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_where_it_means_one_task() {
        let ids = ["ab12", "ab34", "cd56", "cd56"].map(str::to_owned);
        assert_eq!(only(&ids, "cd"), Some(Ok("cd56")), "listed twice, one task");
        assert_eq!(only(&ids, "ab"), Some(Err(2)));
        assert_eq!(only(&ids, "ab3"), Some(Ok("ab34")));
        assert_eq!(only(&ids, "x"), None);
        assert_eq!(only(&ids, ""), None);
    }
}
