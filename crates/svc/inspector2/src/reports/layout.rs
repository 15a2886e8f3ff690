//! The files of reports: their names, and findings as JSON or as rows of a table. Pure.

use serde_json::Value;
use wharf_api_inspector2::Finding;

/// Where the file of a report lies in its bucket.
pub(super) fn key(prefix: &str, id: &str, format: &str) -> String {
    below(prefix, &format!("{id}.{}", format.to_ascii_lowercase()))
}

/// A name below a prefix.
pub(super) fn below(prefix: &str, name: &str) -> String {
    match prefix.trim_end_matches('/') {
        "" => name.to_owned(),
        prefix => format!("{prefix}/{name}"),
    }
}

pub(super) fn content_type(format: &str) -> &'static str {
    match format {
        "CSV" => "text/csv",
        _ => "application/json",
    }
}

/// The columns of a table. A finding has a row for each package that it is about.
const COLUMNS: [&str; 29] = [
    "AWS Account Id",
    "Severity",
    "Fix Available",
    "Finding Type",
    "Title",
    "Description",
    "Finding ARN",
    "First Seen",
    "Last Seen",
    "Last Updated",
    "Resource ID",
    "Resource Type",
    "Repository Name",
    "Container Image Tags",
    "Image Digest",
    "Region",
    "Package Name",
    "Package Installed Version",
    "Fixed in Version",
    "Package Manager",
    "File Path",
    "Remediation",
    "Inspector Score",
    "Status",
    "Vulnerability Id",
    "Vendor",
    "Vendor Severity",
    "Vendor Advisory",
    "Exploit Available",
];

/// A file as it grows.
pub(super) struct File {
    text: Vec<u8>,
    csv: bool,
    count: usize,
}

impl File {
    pub(super) fn begin(format: &str) -> Self {
        let csv = format == "CSV";
        let mut file = Self {
            text: Vec::new(),
            csv,
            count: 0,
        };
        match csv {
            true => file.row(&COLUMNS.map(str::to_owned)),
            false => file.text.extend_from_slice(b"{\"findings\":["),
        }
        file
    }

    pub(super) fn len(&self) -> usize {
        self.text.len()
    }

    /// `value`: the same finding as JSON.
    pub(super) fn add(&mut self, finding: &Finding, value: &Value) {
        if self.csv {
            for row in rows(finding) {
                self.row(&row);
            }
        } else {
            if self.count > 0 {
                self.text.push(b',');
            }
            self.text.extend_from_slice(value.to_string().as_bytes());
        }
        self.count += 1;
    }

    /// `None` if there is no finding in it.
    pub(super) fn end(mut self) -> Option<Vec<u8>> {
        if !self.csv {
            self.text.extend_from_slice(b"]}");
        }
        (self.count > 0).then_some(self.text)
    }

    fn row(&mut self, cells: &[String]) {
        let cells: Vec<String> = cells.iter().map(|it| cell(it)).collect();
        self.text.extend_from_slice(cells.join(",").as_bytes());
        self.text.extend_from_slice(b"\r\n");
    }
}

/// A cell as RFC 4180 has it. What a program that shows tables would take for a formula is text.
fn cell(text: &str) -> String {
    let formula = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let text = match formula {
        true => format!("'{text}"),
        false => text.to_owned(),
    };
    match text.contains([',', '"', '\n', '\r']) {
        true => format!("\"{}\"", text.replace('"', "\"\"")),
        false => text,
    }
}

fn rows(it: &Finding) -> Vec<Vec<String>> {
    let resource = it.resources.as_ref().and_then(|all| all.first());
    let image = resource.and_then(|it| it.details.as_ref()?.aws_ecr_container_image.as_ref());
    let details = it.package_vulnerability_details.as_ref();
    let packages = details.and_then(|it| it.vulnerable_packages.as_ref());
    let remediation = it
        .remediation
        .as_ref()
        .and_then(|it| it.recommendation.as_ref());
    let or = |text: Option<&String>| text.cloned().unwrap_or_default();
    let time = |at: Option<wharf_base::Timestamp>| at.map(|it| it.to_string()).unwrap_or_default();
    let row = |package: Option<&wharf_api_inspector2::VulnerablePackage>| {
        let version = package.map(|it| {
            let epoch = it.epoch.filter(|it| *it != 0);
            let epoch = epoch.map(|it| format!("{it}:")).unwrap_or_default();
            let release = it.release.as_ref().filter(|it| !it.is_empty());
            let release = release.map(|it| format!("-{it}")).unwrap_or_default();
            format!("{epoch}{}{release}", or(it.version.as_ref()))
        });
        vec![
            or(it.aws_account_id.as_ref()),
            or(it.severity.as_ref()),
            or(it.fix_available.as_ref()),
            or(it.type_.as_ref()),
            or(it.title.as_ref()),
            or(it.description.as_ref()),
            or(it.finding_arn.as_ref()),
            time(it.first_observed_at),
            time(it.last_observed_at),
            time(it.updated_at),
            or(resource.and_then(|it| it.id.as_ref())),
            or(resource.and_then(|it| it.type_.as_ref())),
            or(image.and_then(|it| it.repository_name.as_ref())),
            image
                .and_then(|it| it.image_tags.as_ref())
                .map(|all| all.join(", "))
                .unwrap_or_default(),
            or(image.and_then(|it| it.image_hash.as_ref())),
            or(resource.and_then(|it| it.region.as_ref())),
            or(package.and_then(|it| it.name.as_ref())),
            version.unwrap_or_default(),
            or(package.and_then(|it| it.fixed_in_version.as_ref())),
            or(package.and_then(|it| it.package_manager.as_ref())),
            or(package.and_then(|it| it.file_path.as_ref())),
            or(remediation.and_then(|it| it.text.as_ref())),
            it.inspector_score
                .map(|it| it.to_string())
                .unwrap_or_default(),
            or(it.status.as_ref()),
            or(details.and_then(|it| it.vulnerability_id.as_ref())),
            or(details.and_then(|it| it.source.as_ref())),
            or(details.and_then(|it| it.vendor_severity.as_ref())),
            or(details.and_then(|it| it.source_url.as_ref())),
            or(it.exploit_available.as_ref()),
        ]
    };
    match packages.filter(|all| !all.is_empty()) {
        Some(all) => all.iter().map(|it| row(Some(it))).collect(),
        None => vec![row(None)],
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_files() {
        for (prefix, format, expected) in [
            ("", "CSV", "id.csv"),
            ("a", "JSON", "a/id.json"),
            ("a/b/", "JSON", "a/b/id.json"),
            ("/", "CSV", "id.csv"),
        ] {
            assert_eq!(key(prefix, "id", format), expected);
        }
    }

    #[test]
    fn cells_are_quoted_and_no_formulas() {
        for (text, expected) in [
            ("plain", "plain"),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
            ("a\nb", "\"a\nb\""),
            ("=1+1", "'=1+1"),
            ("@x,y", "\"'@x,y\""),
            ("", ""),
        ] {
            assert_eq!(cell(text), expected);
        }
    }

    #[test]
    fn files_of_both_forms() {
        let package = |name: &str| wharf_api_inspector2::VulnerablePackage {
            name: Some(name.to_owned()),
            version: Some("1.0".to_owned()),
            release: Some("2".to_owned()),
            epoch: Some(3),
            ..Default::default()
        };
        let finding = Finding {
            title: Some("one, two".to_owned()),
            package_vulnerability_details: Some(
                wharf_api_inspector2::PackageVulnerabilityDetails {
                    vulnerable_packages: Some(vec![package("p"), package("q")]),
                    ..Default::default()
                },
            ),
            ..Default::default()
        };
        assert_eq!(File::begin("CSV").end(), None);
        assert_eq!(File::begin("JSON").end(), None);
        let mut csv = File::begin("CSV");
        csv.add(&finding, &json!({}));
        let csv = String::from_utf8(csv.end().unwrap()).unwrap();
        let lines: Vec<&str> = csv.split("\r\n").collect();
        assert_eq!(lines.len(), 4, "{csv}");
        assert_eq!(lines[0].split(',').count(), COLUMNS.len());
        assert!(
            lines[1].contains("\"one, two\"") && lines[1].contains(",p,3:1.0-2,"),
            "{csv}"
        );
        assert!(lines[2].contains(",q,3:1.0-2,"), "{csv}");
        let mut file = File::begin("JSON");
        file.add(&finding, &json!({"title": "a"}));
        file.add(&finding, &json!({"title": "b"}));
        let value: Value = serde_json::from_slice(&file.end().unwrap()).unwrap();
        assert_eq!(value, json!({"findings": [{"title": "a"}, {"title": "b"}]}));
    }
}
