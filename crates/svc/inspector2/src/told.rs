//! Findings as EventBridge is told of them.

use serde_json::Value;
use wharf_api_ecr::types as ecr;
use wharf_api_inspector2::Finding;
use wharf_base::Timestamp;
use wharf_service::{Place, announce::with_times};
use wharf_wire::Fault;

use crate::{describe, findings::suppressed, records, service::Inspector2Service};

impl Inspector2Service {
    /// By what findings of the place are suppressed, as a text that differs when that does.
    pub async fn suppressing_text(&self, place: &Place) -> Result<String, Fault> {
        let all = self.filters(place).await?;
        let suppressing = all.into_iter().filter(|(_, it)| it.action == "SUPPRESS");
        let criteria: Vec<Value> = suppressing.map(|(_, it)| it.criteria).collect();
        match criteria.is_empty() {
            true => Ok(String::new()),
            false => Ok(Value::from(criteria).to_string()),
        }
    }

    /// The details of events about these findings; `gone`: when they were closed.
    pub async fn told(
        &self,
        place: &Place,
        findings: Vec<ecr::EnhancedImageScanFinding>,
        gone: Option<Timestamp>,
    ) -> Result<Vec<Value>, Fault> {
        let by = self.suppressing(place).await?;
        let in_use = self.in_use(place).await?;
        let tell = |it| {
            let finding = suppressed(in_use.told(describe::finding(it)), &by);
            detail(match gone {
                Some(at) => closed(finding, at),
                None => finding,
            })
        };
        Ok(findings.into_iter().map(tell).collect())
    }
}

fn closed(finding: Finding, at: Timestamp) -> Finding {
    Finding {
        status: Some("CLOSED".to_owned()),
        updated_at: Some(at),
        ..finding
    }
}

/// As the API has it, but for the times.
fn detail(finding: Finding) -> Value {
    let mut detail = records::value_of("Finding", &finding);
    with_times(&mut detail, time);
    detail
}

/// `Jan 19, 2023, 10:46:15 PM`
fn time(at: Timestamp) -> String {
    const MONTHS: [&str; 12] = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ];
    // `2023-01-19T22:46:15Z`
    let text = at.iso8601_seconds();
    let part = |from: usize| text.get(from..from + 2).unwrap_or_default();
    let number = |from| part(from).parse::<usize>().unwrap_or_default();
    let (month, day, hour) = (number(5), number(8), number(11));
    let month = MONTHS[month.clamp(1, 12) - 1];
    let year = text.get(..4).unwrap_or_default();
    let half = if hour < 12 { "AM" } else { "PM" };
    let hour = match hour % 12 {
        0 => 12,
        hour => hour,
    };
    format!(
        "{month} {day}, {year}, {hour}:{}:{} {half}",
        part(14),
        part(17)
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn times_are_written_as_in_inspectors_events() {
        for (iso, told) in [
            ("2023-01-19T22:46:15Z", "Jan 19, 2023, 10:46:15 PM"),
            ("2024-12-01T00:05:00Z", "Dec 1, 2024, 12:05:00 AM"),
            ("2024-02-29T12:00:09Z", "Feb 29, 2024, 12:00:09 PM"),
            ("2024-07-04T09:30:00Z", "Jul 4, 2024, 9:30:00 AM"),
        ] {
            assert_eq!(time(Timestamp::parse_iso8601(iso).unwrap()), told);
        }
    }

    #[test]
    fn a_finding_that_is_gone() {
        let at = |text| Timestamp::parse_iso8601(text);
        let image = ecr::AwsEcrContainerImageDetails {
            image_hash: Some("sha256:00".to_owned()),
            image_tags: Some(vec!["1".to_owned()]),
            pushed_at: at("2024-01-01T00:00:00Z"),
            registry: Some("111122223333".to_owned()),
            repository_name: Some("app".to_owned()),
            ..Default::default()
        };
        let id = "arn:aws:ecr:us-east-1:111122223333:repository/app/sha256:00";
        let found = ecr::EnhancedImageScanFinding {
            aws_account_id: Some("111122223333".to_owned()),
            description: Some("It breaks.".to_owned()),
            finding_arn: Some("arn:aws:inspector2:us-east-1:111122223333:finding/0".to_owned()),
            first_observed_at: at("2024-01-01T00:00:01Z"),
            last_observed_at: at("2024-01-02T13:00:00Z"),
            updated_at: at("2024-01-02T13:00:00Z"),
            remediation: Some(ecr::Remediation {
                recommendation: Some(ecr::Recommendation {
                    text: Some("Upgrade libssl3 to 3.0.2-1".to_owned()),
                    url: None,
                }),
            }),
            resources: Some(vec![ecr::Resource {
                details: Some(ecr::ResourceDetails {
                    aws_ecr_container_image: Some(image),
                }),
                id: Some(id.to_owned()),
                tags: None,
                type_: Some("AWS_ECR_CONTAINER_IMAGE".to_owned()),
            }]),
            severity: Some("HIGH".to_owned()),
            status: Some("ACTIVE".to_owned()),
            title: Some("CVE-2024-1 - libssl3".to_owned()),
            type_: Some("PACKAGE_VULNERABILITY".to_owned()),
            fix_available: Some("YES".to_owned()),
            exploit_available: Some("NO".to_owned()),
            ..Default::default()
        };
        let gone = at("2024-01-03T00:00:00Z").unwrap();
        let expected = json!({
            "awsAccountId": "111122223333",
            "description": "It breaks.",
            "exploitAvailable": "NO",
            "findingArn": "arn:aws:inspector2:us-east-1:111122223333:finding/0",
            "firstObservedAt": "Jan 1, 2024, 12:00:01 AM",
            "fixAvailable": "YES",
            "lastObservedAt": "Jan 2, 2024, 1:00:00 PM",
            "remediation": {"recommendation": {"text": "Upgrade libssl3 to 3.0.2-1"}},
            "resources": [{
                "details": {"awsEcrContainerImage": {
                    "imageHash": "sha256:00", "imageTags": ["1"], "pushedAt": "Jan 1, 2024, 12:00:00 AM",
                    "registry": "111122223333", "repositoryName": "app",
                }},
                "id": id, "partition": "aws", "region": "us-east-1", "type": "AWS_ECR_CONTAINER_IMAGE",
            }],
            "severity": "HIGH",
            "status": "CLOSED",
            "title": "CVE-2024-1 - libssl3",
            "type": "PACKAGE_VULNERABILITY",
            "updatedAt": "Jan 3, 2024, 12:00:00 AM",
        });
        assert_eq!(detail(closed(describe::finding(found), gone)), expected);
    }
}
