//! What a person names on the command line: a service, or a task by its id or the beginning of it; and
//! the cluster that it is in.

use wharf_agent::client::Api;
use wharf_api_ecs::types::*;
use wharf_wire::node::Struct;

use crate::{call, layout::Settings, place, problem::Problem};

/// Tasks that one call of DescribeTasks takes.
const DESCRIBED_AT_ONCE: usize = 100;

/// The services and tasks of one cluster.
pub struct Workload<'a> {
    pub api: &'a Api,
    pub settings: &'a Settings,
    pub cluster: String,
}

#[derive(Debug, PartialEq, Eq)]
pub enum Named {
    Service(String),
    /// A task's whole id.
    Task(String),
}

impl<'a> Workload<'a> {
    /// Says which it is: the service of that name, else the task whose id or ARN it begins or is; and
    /// the cluster that it is in. Without a word of one, tasks are looked for in all clusters.
    pub async fn find(
        api: &'a Api,
        settings: &'a Settings,
        cluster: Option<&str>,
        name: &str,
    ) -> Result<(Self, Named), Problem> {
        let last = id_of(name).to_owned();
        let in_cluster = |cluster: &str| Self {
            api,
            settings,
            cluster: cluster.to_owned(),
        };
        let cluster = place::cluster(cluster, name)?;
        let searched = match cluster {
            Some(cluster) => vec![cluster.to_owned()],
            None => clusters(api, settings).await?,
        };
        let home = in_cluster(cluster.unwrap_or(place::DEFAULT_CLUSTER));
        if name.contains(":service/") {
            return Ok((home, Named::Service(last)));
        }
        let is_task = name.contains(":task/");
        if !is_task && searched.contains(&home.cluster) && home.has_service(&last).await? {
            return Ok((home, Named::Service(last)));
        }
        let mut ids = Vec::new();
        for cluster in &searched {
            let looked = in_cluster(cluster);
            for desired in ["RUNNING", "STOPPED"] {
                let found = looked.ids(None, desired).await?;
                ids.extend(found.into_iter().map(|id| (cluster.clone(), id)));
            }
        }
        match only(&ids, &last) {
            Some(Ok((cluster, id))) => Ok((in_cluster(cluster), Named::Task(id.clone()))),
            Some(Err(several)) => Err(Problem::other(format!(
                "{several} tasks begin with {last}: give more of the id"
            ))),
            None => Err(none(name, cluster, settings)),
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
                cluster: Some(self.cluster.clone()),
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
            cluster: Some(self.cluster.clone()),
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
                cluster: Some(self.cluster.clone()),
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

/// The region's clusters.
async fn clusters(api: &Api, settings: &Settings) -> Result<Vec<String>, Problem> {
    let mut names = Vec::new();
    let mut next_token = None;
    loop {
        let input = ListClustersRequest {
            next_token,
            ..Default::default()
        };
        let answer: ListClustersResponse =
            call::call(api, settings, "ListClusters", &input).await?;
        let arns = answer.cluster_arns.unwrap_or_default();
        names.extend(arns.iter().map(|arn| id_of(arn).to_owned()));
        next_token = answer.next_token;
        if next_token.is_none() {
            return Ok(names);
        }
    }
}

/// The one task whose id begins so, with its cluster; or how many do.
fn only<'a>(
    tasks: &'a [(String, String)],
    beginning: &str,
) -> Option<Result<&'a (String, String), usize>> {
    let mut found: Vec<_> = tasks
        .iter()
        .filter(|(_, id)| !beginning.is_empty() && id.starts_with(beginning))
        .collect();
    found.sort_unstable();
    found.dedup();
    match found.as_slice() {
        [] => None,
        [one] => Some(Ok(one)),
        _ => Some(Err(found.len())),
    }
}

/// There is nothing of that name, and where it was looked for.
fn none(name: &str, cluster: Option<&str>, settings: &Settings) -> Problem {
    let region = &settings.region;
    let looked = match cluster {
        Some(cluster) => format!("cluster {cluster} of {region} has no service and no task {name}"),
        None => format!(
            "cluster {} of {region} has no service {name}, and no cluster there a task {name}",
            place::DEFAULT_CLUSTER
        ),
    };
    Problem::other(format!(
        "{looked}; --cluster and --region look elsewhere, `wharf status` shows what there is"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_beginning_is_enough_where_it_means_one_task() {
        let of = |cluster: &str, id: &str| (cluster.to_owned(), id.to_owned());
        let ids = [
            of("a", "ab12"),
            of("b", "ab34"),
            of("a", "cd56"),
            of("a", "cd56"),
        ];
        let one = |beginning| only(&ids, beginning).map(|it| it.cloned());
        assert_eq!(
            one("cd"),
            Some(Ok(of("a", "cd56"))),
            "listed twice, one task"
        );
        assert_eq!(one("ab"), Some(Err(2)));
        assert_eq!(one("ab3"), Some(Ok(of("b", "ab34"))));
        assert_eq!(one("x"), None);
        assert_eq!(one(""), None);
    }
}
