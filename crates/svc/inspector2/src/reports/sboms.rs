//! Exports of what images are made of: a document for each image that is covered and was read, as SPDX 2.3 or CycloneDX 1.4.

use wharf_api_inspector2::ResourceFilterCriteria;
use wharf_delivery::Failure;
use wharf_records::Scope;
use wharf_service::{Place, Stored};

use super::{Report, Reports, Unwritten, layout};
use crate::{
    criteria,
    images::{ImagesError, Sbom, SbomFormat, Scanned},
    records,
};

/// Images that are looked at before it is asked whether the export is still wanted.
const PAGE: usize = 50;
/// The type of the resources that there are.
const IMAGE: &str = "AWS_ECR_CONTAINER_IMAGE";

/// Whether the criteria of an export admit an image.
fn fits(it: &ResourceFilterCriteria, account: &str, image: &Scanned) -> bool {
    let tags: Vec<&str> = image.tags.iter().map(String::as_str).collect();
    let all = [
        (&it.account_id, vec![account]),
        (&it.resource_type, vec![IMAGE]),
        (&it.ecr_repository_name, vec![image.repository.as_str()]),
        (&it.ecr_image_tags, tags),
    ];
    let id = resource_id(image);
    criteria::resources(&it.resource_id, &[&id])
        && all
            .into_iter()
            .all(|(filters, values)| criteria::resources(filters, &values))
}

fn resource_id(image: &Scanned) -> String {
    format!("{}/{}", image.repository_arn, image.digest)
}

/// Where the document of an image lies: a folder for each export, account and type of resource.
fn key(report: &Report, id: &str, account: &str, image: &Scanned) -> String {
    let Report { prefix, format, .. } = report;
    let name = resource_id(image).replace('/', "_");
    let path =
        format!("{format}_outputs_{id}/account={account}/resource={IMAGE}/{name}_{format}.json");
    layout::below(prefix, &path)
}

fn format(name: &str) -> SbomFormat {
    match name {
        "SPDX_2_3" => SbomFormat::Spdx,
        _ => SbomFormat::CycloneDx,
    }
}

fn unread(error: ImagesError) -> Unwritten {
    if let ImagesError::Key(_) = error {
        return crate::fault::images(error).into();
    }
    let text = "An error on the server's side; it was logged.".to_owned();
    tracing::error!(
        error = &error as &dyn std::error::Error,
        "failed to read what an image is made of; will retry"
    );
    Unwritten::Later(Failure::passing("InternalServerException", text))
}

impl Reports {
    pub(super) async fn write_sboms(
        &self,
        scope: &Scope,
        id: &str,
        stored: &Stored<Report>,
    ) -> Result<(), Unwritten> {
        let report = &stored.record;
        let (place, images) = (Place::of_scope(scope), &self.service.images);
        let criteria = records::read_resources(&report.criteria)?;
        let (mut after, mut written): (Option<String>, usize) = (None, 0);
        loop {
            let found = images.scanned(&place, after.as_deref(), PAGE).await;
            let (some, more) = found.map_err(unread)?;
            let read = |it: &&Scanned| matches!(it.status, "ACTIVE" | "COMPLETE");
            for image in some.iter().filter(read) {
                if !fits(&criteria, &scope.account, image) {
                    continue;
                }
                let sbom = images.sbom(&place, image, format(&report.format)).await;
                match sbom.map_err(unread)? {
                    Sbom::Document(document) => {
                        let key = key(report, id, &scope.account, image);
                        self.put(scope, id, report, key, document).await?;
                        written += 1;
                    }
                    Sbom::Gone => {}
                    Sbom::TooLong(why) => {
                        let text = format!("{}: {why}.", resource_id(image));
                        return Err(Unwritten::Failed("INTERNAL_ERROR", text));
                    }
                }
                self.require_wanted(stored).await?;
            }
            // Where no image fits, nothing was asked above.
            self.require_wanted(stored).await?;
            after = some.last().map(|it| it.key.clone()).or(after);
            if !more {
                break;
            }
        }
        if written == 0 {
            let text = "No resources were found that match the filter criteria.".to_owned();
            return Err(Unwritten::Failed("NO_FINDINGS_FOUND", text));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use wharf_api_inspector2::ResourceStringFilter;
    use wharf_base::Timestamp;

    use super::*;

    fn image() -> Scanned {
        Scanned {
            key: "k".to_owned(),
            repository: "team/app".to_owned(),
            repository_arn: "arn:aws:ecr:us-east-1:000000000000:repository/team/app".to_owned(),
            digest: "sha256:00".to_owned(),
            tags: vec!["1".to_owned(), "latest".to_owned()],
            last_pull: None,
            last_in_use: None,
            frequency: "CONTINUOUS_SCAN",
            status: "ACTIVE",
            scanned_at: Some(Timestamp(0)),
        }
    }

    fn filter(comparison: &str, values: &[&str]) -> Option<Vec<ResourceStringFilter>> {
        let one = |value: &&str| ResourceStringFilter {
            comparison: Some(comparison.to_owned()),
            value: Some((*value).to_owned()),
        };
        Some(values.iter().map(one).collect())
    }

    #[test]
    fn criteria_choose_images() {
        let none = ResourceFilterCriteria::default;
        let id = "arn:aws:ecr:us-east-1:000000000000:repository/team/app/sha256:00";
        for (criteria, expected) in [
            (none(), true),
            (
                ResourceFilterCriteria {
                    resource_id: filter("EQUALS", &[id]),
                    ..none()
                },
                true,
            ),
            (
                ResourceFilterCriteria {
                    resource_id: filter("NOT_EQUALS", &[id]),
                    ..none()
                },
                false,
            ),
            (
                ResourceFilterCriteria {
                    resource_type: filter("EQUALS", &["AWS_EC2_INSTANCE"]),
                    ..none()
                },
                false,
            ),
            (
                ResourceFilterCriteria {
                    account_id: filter("EQUALS", &["111111111111", "000000000000"]),
                    ..none()
                },
                true,
            ),
            (
                ResourceFilterCriteria {
                    ecr_image_tags: filter("EQUALS", &["latest"]),
                    ..none()
                },
                true,
            ),
            (
                ResourceFilterCriteria {
                    ecr_image_tags: filter("NOT_EQUALS", &["latest"]),
                    ..none()
                },
                false,
            ),
            (
                ResourceFilterCriteria {
                    ecr_repository_name: filter("EQUALS", &["team/app"]),
                    ecr_image_tags: filter("EQUALS", &["2"]),
                    ..none()
                },
                false,
            ),
        ] {
            assert_eq!(
                fits(&criteria, "000000000000", &image()),
                expected,
                "{criteria:?}"
            );
        }
    }
}
