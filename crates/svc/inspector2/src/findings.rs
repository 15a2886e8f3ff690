//! Walking the findings of a registry's images, page by page.

use std::cmp::Ordering;

use wharf_api_inspector2::{AwsEcrContainerImageDetails, FilterCriteria, Finding, SortCriteria};
use wharf_service::Place;
use wharf_wire::Fault;

use crate::{criteria, describe, fault, images::Scanned, service::Inspector2Service};

/// Images whose findings are read for one answer: what follows has a page of its own, even if this one is
/// empty.
const MAX_READ: usize = 500;
/// Images listed at once.
const PAGE: usize = 100;
/// Findings that are put in an order at once.
const MAX_SORTED: usize = 10_000;
/// Findings of one image that are read at once where all are wanted.
const CHUNK: usize = 1000;

/// Where a list goes on.
#[derive(Debug, Clone, Default, PartialEq)]
pub(crate) struct At {
    /// Behind this image.
    after: Option<String>,
    /// In the next one from a place of its findings on, if it is still the one that was read.
    within: Option<(String, u64)>,
}

impl At {
    pub(crate) fn read(text: &str) -> Option<Self> {
        serde_json::from_str(text)
            .ok()
            .map(|(after, within)| Self { after, within })
    }

    pub(crate) fn text(&self) -> String {
        serde_json::json!([self.after, self.within]).to_string()
    }

    fn from(&self, image: &Scanned) -> u64 {
        let within = self.within.as_ref().filter(|(of, _)| *of == version(image));
        within.map_or(0, |(_, from)| *from)
    }
}

/// An image, and what was found in it: another scan of it is another one.
fn version(image: &Scanned) -> String {
    let scanned = image.scanned_at.map_or(0, |it| it.0);
    format!("{} {scanned}", image.key)
}

impl Inspector2Service {
    /// At most `most` findings that fit, and where others may follow.
    pub(crate) async fn walk(
        &self,
        place: &Place,
        criteria: &FilterCriteria,
        mut at: At,
        most: usize,
    ) -> Result<(Vec<Finding>, Option<At>), Fault> {
        // Whoever looks through all of them does so step by step, and lets others go on in between.
        let _share = self.walks.take(&place.account).await;
        let suppressing = self.suppressing(place).await?;
        let in_use = self.in_use(place).await?;
        let (mut found, mut read) = (Vec::new(), 0);
        loop {
            let after = at.after.as_deref();
            let (images, more) = self
                .images
                .scanned(place, after, PAGE)
                .await
                .map_err(fault::images)?;
            for image in &images {
                if criteria::about(criteria, image) && matches!(image.status, "ACTIVE" | "COMPLETE")
                {
                    read += 1;
                    let mut from = Some(at.from(image));
                    while let Some(begin) = from.filter(|_| found.len() < most) {
                        let wanted = (most - found.len()).min(CHUNK);
                        let (some, next) = self.findings_in(place, image, begin, wanted).await?;
                        let some = some.into_iter().map(|it| in_use.told(it));
                        let some = some.map(|it| suppressed(it, &suppressing));
                        found.extend(some.filter(|it| criteria::fits(criteria, it)));
                        from = next;
                    }
                    // Cut in its midst: it is where the next page begins.
                    if let Some(from) = from {
                        at.within = Some((version(image), from));
                        return Ok((found, Some(at)));
                    }
                }
                at = At {
                    after: Some(image.key.clone()),
                    within: None,
                };
                let last = !more && images.last() == Some(image);
                if !last && (found.len() >= most || read >= MAX_READ) {
                    return Ok((found, Some(at)));
                }
            }
            if !more {
                return Ok((found, None));
            }
        }
    }

    async fn findings_in(
        &self,
        place: &Place,
        image: &Scanned,
        from: u64,
        most: usize,
    ) -> Result<(Vec<Finding>, Option<u64>), Fault> {
        let found = self.images.findings(place, image, from, most).await;
        let (some, next) = found.map_err(fault::images)?;
        Ok((some.into_iter().map(describe::finding).collect(), next))
    }

    /// All findings that fit, in an order; refused if they are too many.
    pub(crate) async fn sorted(
        &self,
        place: &Place,
        criteria: &FilterCriteria,
        sort: &SortCriteria,
    ) -> Result<Vec<Finding>, Fault> {
        let (mut all, mut at) = (Vec::new(), Some(At::default()));
        while let Some(from) = at {
            let some = self
                .walk(place, criteria, from, MAX_SORTED + 1 - all.len())
                .await?;
            all.extend(some.0);
            at = some.1;
            if all.len() > MAX_SORTED {
                return Err(fault::invalid(format!(
                    "More than {MAX_SORTED} findings cannot be sorted. Narrow the filter criteria."
                )));
            }
        }
        let field = sort.field.as_deref().unwrap_or_default();
        let descending = sort.sort_order.as_deref() == Some("DESC");
        all.sort_by(|one, other| {
            let order = compare(field, one, other);
            let order = if descending { order.reverse() } else { order };
            // Always in the same order, from page to page.
            order.then_with(|| one.finding_arn.cmp(&other.finding_arn))
        });
        Ok(all)
    }
}

pub(crate) fn suppressed(mut finding: Finding, by: &[FilterCriteria]) -> Finding {
    if by.iter().any(|it| criteria::fits(it, &finding)) {
        finding.status = Some("SUPPRESSED".to_owned());
    }
    finding
}

fn severity(word: Option<&str>) -> usize {
    let order = [
        "UNTRIAGED",
        "INFORMATIONAL",
        "LOW",
        "MEDIUM",
        "HIGH",
        "CRITICAL",
    ];
    order.iter().position(|it| Some(*it) == word).unwrap_or(0)
}

/// The order of a `SortField`; of one that is the same for all images, all are alike.
fn compare(field: &str, one: &Finding, other: &Finding) -> Ordering {
    match field {
        "SEVERITY" => {
            let of = |it: &Finding| severity(it.severity.as_deref());
            of(one).cmp(&of(other))
        }
        "FIRST_OBSERVED_AT" => one.first_observed_at.cmp(&other.first_observed_at),
        "LAST_OBSERVED_AT" => one.last_observed_at.cmp(&other.last_observed_at),
        "INSPECTOR_SCORE" => {
            let of = |it: &Finding| it.inspector_score.unwrap_or(0.0);
            of(one).total_cmp(&of(other))
        }
        "ECR_IMAGE_PUSHED_AT" => {
            let of = |it| image(it).and_then(|it| it.pushed_at);
            of(one).cmp(&of(other))
        }
        _ => text(field, one).cmp(&text(field, other)),
    }
}

fn text<'a>(field: &str, it: &'a Finding) -> Option<&'a String> {
    let details = it.package_vulnerability_details.as_ref();
    match field {
        "FINDING_STATUS" => it.status.as_ref(),
        "ECR_IMAGE_REPOSITORY_NAME" => image(it)?.repository_name.as_ref(),
        "VULNERABILITY_ID" => details?.vulnerability_id.as_ref(),
        "VULNERABILITY_SOURCE" => details?.source.as_ref(),
        "VENDOR_SEVERITY" => details?.vendor_severity.as_ref(),
        _ => None,
    }
}

fn image(it: &Finding) -> Option<&AwsEcrContainerImageDetails> {
    let resource = it.resources.as_ref()?.first()?;
    resource.details.as_ref()?.aws_ecr_container_image.as_ref()
}
