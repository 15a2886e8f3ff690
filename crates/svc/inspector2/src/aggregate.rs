//! Findings counted by what they have in common. Pure.

use std::collections::{BTreeMap, BTreeSet};

use wharf_api_inspector2::*;
use wharf_base::Timestamp;
use wharf_wire::Fault;

use crate::{
    criteria::{counted, number, texts, time},
    fault,
};

/// Groups that are counted at once.
const MAX_GROUPS: usize = 100_000;
const IMAGE: &str = "AWS_ECR_CONTAINER_IMAGE";
const PACKAGE_VULNERABILITY: &str = "PACKAGE_VULNERABILITY";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Account,
    FindingType,
    Image,
    Layer,
    Package,
    Repository,
    Title,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum By {
    Critical,
    High,
    All,
    Images,
}

/// What is to be counted, and in which order it comes.
#[derive(Debug, Clone)]
pub(crate) struct Wanted {
    kind: Kind,
    only: Only,
    by: By,
    ascending: bool,
    /// It asks for what images of ECR have not.
    nothing: bool,
}

/// Filters of what a group is.
#[derive(Debug, Clone, Default)]
struct Only {
    repositories: Option<Vec<StringFilter>>,
    resources: Option<Vec<StringFilter>>,
    digests: Option<Vec<StringFilter>>,
    tags: Option<Vec<StringFilter>>,
    layers: Option<Vec<StringFilter>>,
    packages: Option<Vec<StringFilter>>,
    titles: Option<Vec<StringFilter>>,
    vulnerabilities: Option<Vec<StringFilter>>,
    last_in_use: Option<Vec<DateFilter>>,
    in_use: Option<Vec<NumberFilter>>,
}

/// What the findings of a group have in common; the rest is empty.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    repository: String,
    resource: String,
    digest: String,
    tags: Vec<String>,
    layer: String,
    package: String,
    title: String,
    vulnerability: String,
}

#[derive(Debug, Clone, Default)]
struct Count {
    severities: SeverityCounts,
    fixable: i64,
    exploited: i64,
    images: i64,
    /// The image that was counted last: findings come image by image.
    last: String,
    /// Of that image.
    last_in_use: Option<Timestamp>,
    in_use: Option<i64>,
}

/// Findings counted so far.
#[derive(Debug)]
pub(crate) struct Counted {
    wanted: Wanted,
    groups: BTreeMap<Group, Count>,
}

/// What a request asks for.
///
/// # Errors
/// It asks for what is none of images, or its parts do not fit each other.
pub(crate) fn read(input: &ListFindingAggregationsRequest) -> Result<Wanted, Fault> {
    let kind = match input.aggregation_type.as_deref().unwrap_or_default() {
        "ACCOUNT" => Kind::Account,
        "FINDING_TYPE" => Kind::FindingType,
        "AWS_ECR_CONTAINER" => Kind::Image,
        "IMAGE_LAYER" => Kind::Layer,
        "PACKAGE" => Kind::Package,
        "REPOSITORY" => Kind::Repository,
        "TITLE" => Kind::Title,
        other => {
            return Err(fault::invalid(format!(
                "Findings of the aggregation type {other} are not supported by this version of wharf."
            )));
        }
    };
    let asked = input.aggregation_request.clone().unwrap_or_default();
    let mut wanted = Wanted {
        kind,
        only: Only::default(),
        by: By::All,
        ascending: false,
        nothing: false,
    };
    let mut given = Vec::new();
    if let Some(it) = asked.account_aggregation {
        given.push(Kind::Account);
        wanted.about(it.finding_type, it.resource_type);
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.finding_type_aggregation {
        given.push(Kind::FindingType);
        wanted.about(it.finding_type, it.resource_type);
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.aws_ecr_container_aggregation {
        given.push(Kind::Image);
        wanted.only.resources = it.resource_ids;
        wanted.only.digests = it.image_shas;
        wanted.only.repositories = it.repositories;
        wanted.only.tags = it.image_tags;
        wanted.only.last_in_use = it.last_in_use_at;
        wanted.only.in_use = it.in_use_count;
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.image_layer_aggregation {
        given.push(Kind::Layer);
        wanted.only.repositories = it.repositories;
        wanted.only.resources = it.resource_ids;
        wanted.only.layers = it.layer_hashes;
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.package_aggregation {
        given.push(Kind::Package);
        wanted.only.packages = it.package_names;
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.repository_aggregation {
        given.push(Kind::Repository);
        wanted.only.repositories = it.repositories;
        wanted.sorted(it.sort_by, it.sort_order);
    }
    if let Some(it) = asked.title_aggregation {
        given.push(Kind::Title);
        wanted.only.titles = it.titles;
        wanted.only.vulnerabilities = it.vulnerability_ids;
        wanted.about(it.finding_type, it.resource_type);
        wanted.sorted(it.sort_by, it.sort_order);
    }
    match given.iter().all(|it| *it == kind) && given.len() <= 1 {
        true => Ok(wanted),
        false => Err(fault::invalid(
            "The aggregation request is not of the aggregation type.",
        )),
    }
}

impl Wanted {
    fn sorted(&mut self, by: Option<String>, order: Option<String>) {
        self.by = match by.as_deref() {
            Some("CRITICAL") => By::Critical,
            Some("HIGH") => By::High,
            Some("AFFECTED_IMAGES") => By::Images,
            _ => By::All,
        };
        self.ascending = order.as_deref() == Some("ASC");
    }

    fn about(&mut self, finding: Option<String>, resource: Option<String>) {
        let other = |given: Option<String>, ours: &str| given.is_some_and(|it| it != ours);
        self.nothing |= other(finding, PACKAGE_VULNERABILITY) || other(resource, IMAGE);
    }
}

impl Counted {
    pub(crate) fn new(wanted: Wanted) -> Self {
        Self {
            wanted,
            groups: BTreeMap::new(),
        }
    }

    /// Counts a finding that is active.
    ///
    /// # Errors
    /// There are too many groups.
    pub(crate) fn add(&mut self, finding: &Finding) -> Result<(), Fault> {
        if self.wanted.nothing || finding.status.as_deref() != Some("ACTIVE") {
            return Ok(());
        }
        let resource = finding.resources.as_ref().and_then(|all| all.first());
        let image = resource.and_then(|it| it.id.clone()).unwrap_or_default();
        let groups = groups(self.wanted.kind, finding);
        for group in groups.into_iter().filter(|it| self.wanted.only.fits(it)) {
            if self.groups.len() == MAX_GROUPS && !self.groups.contains_key(&group) {
                return Err(fault::invalid(format!(
                    "More than {MAX_GROUPS} groups cannot be counted. Narrow the aggregation request."
                )));
            }
            self.groups.entry(group).or_default().add(finding, &image);
        }
        Ok(())
    }

    /// The groups in their order.
    pub(crate) fn shown(self, account: &str) -> Vec<AggregationResponse> {
        let (by, ascending) = (self.wanted.by, self.wanted.ascending);
        let only = self.wanted.only;
        let all = self.groups.into_iter();
        let mut all: Vec<(Group, Count)> = all.filter(|(_, it)| only.in_use(it)).collect();
        // Those alike stay in the order of what they are.
        all.sort_by(|(_, one), (_, other)| {
            let order = one.rank(by).cmp(&other.rank(by));
            if ascending { order } else { order.reverse() }
        });
        let kind = self.wanted.kind;
        let show = |(group, count)| show(kind, account, group, count);
        all.into_iter().map(show).collect()
    }
}

impl Only {
    fn fits(&self, group: &Group) -> bool {
        let tags: Vec<&str> = group.tags.iter().map(String::as_str).collect();
        texts(&self.repositories, &[&group.repository])
            && texts(&self.resources, &[&group.resource])
            && texts(&self.digests, &[&group.digest])
            && texts(&self.layers, &[&group.layer])
            && texts(&self.packages, &[&group.package])
            && texts(&self.titles, &[&group.title])
            && texts(&self.vulnerabilities, &[&group.vulnerability])
            && texts(&self.tags, &tags)
    }

    /// What images are in use is seen once all was counted: it may change meanwhile.
    fn in_use(&self, count: &Count) -> bool {
        time(&self.last_in_use, count.last_in_use) && number(&self.in_use, counted(count.in_use))
    }
}

impl Count {
    fn add(&mut self, finding: &Finding, image: &str) {
        let all = &mut self.severities;
        let of = match finding.severity.as_deref().unwrap_or_default() {
            "CRITICAL" => &mut all.critical,
            "HIGH" => &mut all.high,
            "MEDIUM" => &mut all.medium,
            "LOW" => &mut all.low,
            "INFORMATIONAL" => &mut all.informational,
            _ => &mut all.untriaged,
        };
        *of = Some(of.unwrap_or(0) + 1);
        all.all = Some(all.all.unwrap_or(0) + 1);
        self.fixable += i64::from(finding.fix_available.as_deref() == Some("YES"));
        self.exploited += i64::from(finding.exploit_available.as_deref() == Some("YES"));
        let details = image_of(finding);
        self.last_in_use = details.and_then(|it| it.last_in_use_at);
        self.in_use = details.and_then(|it| it.in_use_count);
        if self.last != image {
            self.images += 1;
            image.clone_into(&mut self.last);
        }
    }

    fn rank(&self, by: By) -> i64 {
        let count = match by {
            By::Critical => self.severities.critical,
            By::High => self.severities.high,
            By::All => self.severities.all,
            By::Images => Some(self.images),
        };
        count.unwrap_or(0)
    }
}

fn image_of(finding: &Finding) -> Option<&AwsEcrContainerImageDetails> {
    let resource = finding.resources.as_ref()?.first()?;
    resource.details.as_ref()?.aws_ecr_container_image.as_ref()
}

/// The groups that a finding is of: it may be about several packages and layers.
fn groups(kind: Kind, finding: &Finding) -> BTreeSet<Group> {
    let resource = finding.resources.as_ref().and_then(|all| all.first());
    let image = resource.and_then(|it| it.details.as_ref()?.aws_ecr_container_image.clone());
    let image = image.unwrap_or_default();
    let id = resource.and_then(|it| it.id.clone()).unwrap_or_default();
    let details = finding.package_vulnerability_details.as_ref();
    let packages = details.and_then(|it| it.vulnerable_packages.as_ref());
    let packages = packages.into_iter().flatten();
    let repository = image.repository_name.unwrap_or_default();
    match kind {
        Kind::Account | Kind::FindingType => BTreeSet::from([Group::default()]),
        Kind::Repository => BTreeSet::from([Group {
            repository,
            ..Group::default()
        }]),
        Kind::Image => BTreeSet::from([Group {
            repository,
            resource: id,
            digest: image.image_hash.unwrap_or_default(),
            tags: image.image_tags.unwrap_or_default(),
            ..Group::default()
        }]),
        Kind::Title => BTreeSet::from([Group {
            title: finding.title.clone().unwrap_or_default(),
            vulnerability: details
                .and_then(|it| it.vulnerability_id.clone())
                .unwrap_or_default(),
            ..Group::default()
        }]),
        Kind::Package => packages
            .filter_map(|it| it.name.clone())
            .map(|package| Group {
                package,
                ..Group::default()
            })
            .collect(),
        Kind::Layer => packages
            .filter_map(|it| it.source_layer_hash.clone())
            .map(|layer| Group {
                repository: repository.clone(),
                resource: id.clone(),
                layer,
                ..Group::default()
            })
            .collect(),
    }
}

fn show(kind: Kind, account: &str, group: Group, count: Count) -> AggregationResponse {
    let account_id = Some(account.to_owned());
    let severity_counts = Some(count.severities);
    let mut shown = AggregationResponse::default();
    match kind {
        Kind::Account => {
            shown.account_aggregation = Some(AccountAggregationResponse {
                account_id,
                severity_counts,
                exploit_available_count: Some(count.exploited),
                fix_available_count: Some(count.fixable),
            });
        }
        Kind::FindingType => {
            shown.finding_type_aggregation = Some(FindingTypeAggregationResponse {
                account_id,
                severity_counts,
                exploit_available_count: Some(count.exploited),
                fix_available_count: Some(count.fixable),
                ..FindingTypeAggregationResponse::default()
            });
        }
        Kind::Image => {
            shown.aws_ecr_container_aggregation = Some(AwsEcrContainerAggregationResponse {
                resource_id: Some(group.resource),
                image_sha: Some(group.digest),
                repository: Some(group.repository),
                image_tags: Some(group.tags),
                account_id,
                severity_counts,
                last_in_use_at: count.last_in_use,
                in_use_count: count.in_use,
                ..AwsEcrContainerAggregationResponse::default()
            });
        }
        Kind::Layer => {
            shown.image_layer_aggregation = Some(ImageLayerAggregationResponse {
                repository: Some(group.repository),
                resource_id: Some(group.resource),
                layer_hash: Some(group.layer),
                account_id,
                severity_counts,
                ..ImageLayerAggregationResponse::default()
            });
        }
        Kind::Package => {
            shown.package_aggregation = Some(PackageAggregationResponse {
                package_name: Some(group.package),
                account_id,
                severity_counts,
            });
        }
        Kind::Repository => {
            shown.repository_aggregation = Some(RepositoryAggregationResponse {
                repository: Some(group.repository),
                account_id,
                severity_counts,
                affected_images: Some(count.images),
                ..RepositoryAggregationResponse::default()
            });
        }
        Kind::Title => {
            shown.title_aggregation = Some(TitleAggregationResponse {
                title: Some(group.title),
                vulnerability_id: Some(group.vulnerability),
                account_id,
                severity_counts,
            });
        }
    }
    shown
}

#[cfg(test)]
mod tests;
