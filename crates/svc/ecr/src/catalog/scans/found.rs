//! What scans found, as blobs: written once, read page by page.

use std::collections::BTreeMap;

use bytes::Bytes;
use wharf_base::Timestamp;
use wharf_scan::{Finding, Severity};

use crate::{
    catalog::{Catalog, Registry},
    error::EcrError,
    records::Scan,
};

/// Findings, or what an image is made of, as a blob, in bytes.
pub(crate) const MAX_FOUND: usize = 256 << 20;
/// Findings that are read at once, in bytes; one more may begin before that.
const MAX_PAGE: u64 = 4 << 20;

impl Catalog {
    /// What a scan found: `most` at most from a place on, and the place of what comes then.
    pub(crate) async fn findings_of(
        &self,
        registry: &Registry,
        scan: &Scan,
        from: u64,
        most: usize,
    ) -> Result<(Vec<Finding>, Option<u64>), EcrError> {
        let (mut found, mut line, mut at) = (Vec::new(), Vec::new(), from);
        let Some(digest) = scan.findings else {
            return Ok((found, None));
        };
        let missing = || EcrError::BytesMissing(digest);
        let blobs = self.blobs_under(registry, scan.under.as_deref()).await?;
        let reader = blobs.read(&digest).await?;
        let mut reader = reader.ok_or_else(missing)?;
        reader.select(from, reader.size());
        while let Some(chunk) = reader.next_chunk().await? {
            let mut rest = &chunk[..];
            while let Some(end) = rest.iter().position(|byte| *byte == b'\n') {
                if found.len() >= most || at - from > MAX_PAGE {
                    return Ok((found, Some(at)));
                }
                line.extend_from_slice(&rest[..end]);
                rest = &rest[end + 1..];
                at += line.len() as u64 + 1;
                found.push(serde_json::from_slice(&line).map_err(|_| missing())?);
                line.clear();
            }
            line.extend_from_slice(rest);
        }
        Ok((found, None))
    }
}

/// What an image is made of, and what is wrong with it, as it is kept.
pub(crate) struct FoundIn {
    pub inventory: Bytes,
    pub findings: Bytes,
    /// As [`Scan::first_found_at`].
    pub first_found_at: Option<Timestamp>,
    pub counts: BTreeMap<String, i32>,
    /// As [`Scan::held`].
    pub held: String,
    /// Of the data: its generation, and when that was made.
    pub generation: u64,
    pub source_updated_at: Option<Timestamp>,
}

/// Findings as they are kept.
pub(crate) fn lines(findings: &[Finding]) -> serde_json::Result<Vec<u8>> {
    let mut lines = Vec::new();
    for finding in findings {
        serde_json::to_writer(&mut lines, finding)?;
        lines.push(b'\n');
    }
    Ok(lines)
}

/// How many there are of each severity.
pub(crate) fn counts(severities: impl Iterator<Item = Severity>) -> BTreeMap<String, i32> {
    let mut counts = BTreeMap::new();
    for severity in severities {
        *counts.entry(severity.name().to_owned()).or_default() += 1;
    }
    counts
}
