//! When users, roles, groups and policies were last used for which service. A report is read off when it
//! is fetched; GenerateServiceLastAccessedDetails only says what it is about.

mod granted;
pub(crate) mod granting;
mod services;
mod subject;

use std::collections::BTreeMap;

use wharf_api_iam::types::*;
use wharf_base::{Timestamp, ids};
use wharf_wire::Fault;

use self::{
    granted::Granted,
    services::is_tracked,
    subject::{Subject, Who},
};
use crate::{
    accesses::{Use, Uses},
    fault::{self, required},
    records::{AccessJob, AccessJobsRecord, RoleRecord},
    service::Cx,
    table::{self, change},
};

pub use services::KnownService;

/// The id of an account's record of reports.
const JOBS: &str = "jobs";
/// Reports of an account that can be fetched; the oldest goes for a new one.
const MAX_JOBS: usize = 100;
const BY_ACTION: &str = "ACTION_LEVEL";
const COMPLETED: &str = "COMPLETED";

pub(crate) async fn generate(
    cx: &Cx<'_>,
    input: GenerateServiceLastAccessedDetailsRequest,
) -> Result<GenerateServiceLastAccessedDetailsResponse, Fault> {
    let arn = required(input.arn, "arn")?;
    subject::find(cx, &arn).await?;
    let id = ids::uuid();
    let job = AccessJob {
        arn,
        by_action: input.granularity.as_deref() == Some(BY_ACTION),
        created: cx.now(),
    };
    change!(cx, |tx| {
        let record = tx.find::<AccessJobsRecord>(JOBS).await?;
        let mut record = record.unwrap_or_default();
        record.jobs.insert(id.clone(), job.clone());
        while record.jobs.len() > MAX_JOBS {
            let oldest = record.jobs.iter().min_by_key(|(_, job)| job.created);
            let Some(oldest) = oldest.map(|(id, _)| id.clone()) else {
                break;
            };
            record.jobs.remove(&oldest);
        }
        tx.put(JOBS, &record);
    });
    Ok(GenerateServiceLastAccessedDetailsResponse { job_id: Some(id) })
}

/// A report, and who its uses are of.
struct Report {
    job: AccessJob,
    subject: Subject,
    /// Beside the entities of the subject.
    uses: Vec<Uses>,
}

impl Report {
    async fn of(cx: &Cx<'_>, id: Option<String>) -> Result<Self, Fault> {
        let id = required(id, "jobId")?;
        let record = table::find::<AccessJobsRecord>(cx.store(), cx.account(), JOBS).await?;
        let job = record.and_then(|mut it| it.jobs.remove(&id));
        let missing = || fault::not_found(format!("The job with ID {id} cannot be found."));
        let job = job.ok_or_else(missing)?;
        let subject = subject::find(cx, &job.arn).await?;
        let mut uses = Vec::new();
        for who in &subject.entities {
            let found = cx.directory.accesses_of(cx.account(), &who.id, cx.now());
            uses.push(found.await.map_err(|error| fault::internal(&error))?);
        }
        Ok(Self { job, subject, uses })
    }

    fn pairs(&self) -> impl Iterator<Item = (&Who, &Uses)> {
        self.subject.entities.iter().zip(&self.uses)
    }

    /// The last use of a service.
    fn last(&self, prefix: &str) -> Option<(&Who, &Use)> {
        let used = (self.pairs()).filter_map(|(who, uses)| Some((who, &uses.get(prefix)?.last)));
        used.max_by_key(|(_, used)| used.at)
    }

    /// The last use of each action.
    fn actions(&self, prefix: &str) -> BTreeMap<&str, (&Who, &Use)> {
        let mut last: BTreeMap<&str, (&Who, &Use)> = BTreeMap::new();
        for (who, uses) in self.pairs() {
            let actions = uses.get(prefix).map(|it| &it.actions);
            for (name, used) in actions.into_iter().flatten() {
                let known = last.entry(name).or_insert((who, used));
                if known.1.at < used.at {
                    *known = (who, used);
                }
            }
        }
        last
    }

    fn service(&self, cx: &Cx<'_>, granted: &Granted, it: &KnownService) -> ServiceLastAccessed {
        let last = self.last(it.prefix);
        let using = self.uses.iter().filter(|uses| uses.contains_key(it.prefix));
        ServiceLastAccessed {
            service_name: Some(it.name.to_owned()),
            service_namespace: Some(it.prefix.to_owned()),
            last_authenticated: last.map(|(_, used)| used.at),
            last_authenticated_entity: last.map(|(who, _)| cx.seen(&who.arn)),
            last_authenticated_region: last.map(|(_, used)| used.region.clone()),
            total_authenticated_entities: Some(i32::try_from(using.count()).unwrap_or(i32::MAX)),
            tracked_actions_last_accessed: (self.job.by_action)
                .then(|| self.tracked(cx, granted, it)),
        }
    }

    /// All actions that are allowed, with the last use of those that were used.
    fn tracked(
        &self,
        cx: &Cx<'_>,
        granted: &Granted,
        it: &KnownService,
    ) -> Vec<TrackedActionLastAccessed> {
        let used = self.actions(it.prefix);
        let mut names: Vec<&str> = it.actions.clone();
        names.extend(used.keys().filter(|name| is_tracked(it.prefix, name)));
        names.sort_unstable();
        names.dedup();
        names.retain(|name| granted.allows(it.prefix, name));
        let shown = |name: &str| {
            let last = used.get(name);
            TrackedActionLastAccessed {
                action_name: Some(name.to_owned()),
                last_accessed_entity: last.map(|(who, _)| cx.seen(&who.arn)),
                last_accessed_time: last.map(|(_, used)| used.at),
                last_accessed_region: last.map(|(_, used)| used.region.clone()),
            }
        };
        names.into_iter().map(shown).collect()
    }
}

pub(crate) async fn get(
    cx: &Cx<'_>,
    input: GetServiceLastAccessedDetailsRequest,
) -> Result<GetServiceLastAccessedDetailsResponse, Fault> {
    let id = input.job_id.clone().unwrap_or_default();
    let report = Report::of(cx, input.job_id).await?;
    let granted = Granted::of(&report.subject.documents);
    let page = cx.page(
        &["GetServiceLastAccessed", &id],
        input.marker,
        input.max_items,
    )?;
    let mut services: Vec<_> = cx.services.iter().collect();
    services.sort_by_key(|it| it.prefix);
    let listed = services.into_iter().filter(|it| granted.reaches(it.prefix));
    let (found, marker) = page.cut(listed, |it| it.prefix);
    Ok(GetServiceLastAccessedDetailsResponse {
        job_status: Some(COMPLETED.to_owned()),
        job_type: Some(match report.job.by_action {
            true => BY_ACTION.to_owned(),
            false => "SERVICE_LEVEL".to_owned(),
        }),
        job_creation_date: Some(report.job.created),
        job_completion_date: Some(report.job.created),
        services_last_accessed: Some(
            (found.into_iter())
                .map(|it| report.service(cx, &granted, it))
                .collect(),
        ),
        is_truncated: Some(marker.is_some()),
        marker,
        error: None,
    })
}

/// Who of a report used one service.
pub(crate) async fn get_with_entities(
    cx: &Cx<'_>,
    input: GetServiceLastAccessedDetailsWithEntitiesRequest,
) -> Result<GetServiceLastAccessedDetailsWithEntitiesResponse, Fault> {
    let id = input.job_id.clone().unwrap_or_default();
    let service = required(input.service_namespace, "serviceNamespace")?;
    let report = Report::of(cx, input.job_id).await?;
    let list = ["GetServiceLastAccessedWithEntities", &id, &service];
    let page = cx.page(&list, input.marker, input.max_items)?;
    let mut all: Vec<(&Who, Option<Timestamp>)> = (report.pairs())
        .map(|(who, uses)| (who, uses.get(&service).map(|it| it.last.at)))
        .collect();
    all.sort_by(|a, b| a.0.arn.cmp(&b.0.arn));
    let (found, marker) = page.cut(all, |(who, _)| &who.arn);
    Ok(GetServiceLastAccessedDetailsWithEntitiesResponse {
        job_status: Some(COMPLETED.to_owned()),
        job_creation_date: Some(report.job.created),
        job_completion_date: Some(report.job.created),
        entity_details_list: Some(
            (found.into_iter())
                .map(|(who, last)| who.shown(cx, last))
                .collect(),
        ),
        is_truncated: Some(marker.is_some()),
        marker,
        error: None,
    })
}

/// When a role was last used at all; empty for one that was not.
pub(crate) async fn of_role(cx: &Cx<'_>, role: &RoleRecord) -> Result<RoleLastUsed, Fault> {
    let uses = cx.directory.accesses_of(cx.account(), &role.id, cx.now());
    let uses = uses.await.map_err(|error| fault::internal(&error))?;
    let last = uses.into_values().map(|it| it.last).max_by_key(|it| it.at);
    Ok(RoleLastUsed {
        last_used_date: last.as_ref().map(|it| it.at),
        region: last.map(|it| it.region),
    })
}
