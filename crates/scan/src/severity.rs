//! How bad it is: what the publisher says of it, else what its CVSS vectors come to.

use std::{fmt, str::FromStr};

use cvss::Cvss;
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Severity {
    Undefined,
    Informational,
    Low,
    Medium,
    High,
    Critical,
}

impl Severity {
    /// As ECR writes it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Undefined => "UNDEFINED",
            Self::Informational => "INFORMATIONAL",
            Self::Low => "LOW",
            Self::Medium => "MEDIUM",
            Self::High => "HIGH",
            Self::Critical => "CRITICAL",
        }
    }

    /// The words of those who publish.
    pub fn read(word: &str) -> Option<Self> {
        Some(match word.to_ascii_lowercase().as_str() {
            "critical" => Self::Critical,
            "high" | "important" => Self::High,
            "medium" | "moderate" => Self::Medium,
            "low" | "minor" => Self::Low,
            "negligible" | "unimportant" | "informational" | "none" => Self::Informational,
            _ => return None,
        })
    }

    /// By the bands of CVSS.
    pub fn of_score(score: f64) -> Self {
        match score {
            it if it >= 9.0 => Self::Critical,
            it if it >= 7.0 => Self::High,
            it if it >= 4.0 => Self::Medium,
            it if it > 0.0 => Self::Low,
            _ => Self::Informational,
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.name())
    }
}

/// A CVSS vector of version 3 or 4, and what it comes to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vector {
    /// `3.1`, `4.0`.
    pub version: String,
    pub vector: String,
    pub score: f64,
}

/// Those that can be read, each once.
pub(crate) fn vectors<'a>(texts: impl Iterator<Item = &'a str>) -> Vec<Vector> {
    let mut found: Vec<Vector> = Vec::new();
    for text in texts.filter(|it| it.len() <= 256) {
        let Ok(cvss) = Cvss::from_str(text) else {
            continue;
        };
        let version = text
            .strip_prefix("CVSS:")
            .and_then(|it| it.split('/').next());
        if found.iter().all(|it| it.vector != text) {
            found.push(Vector {
                version: version.unwrap_or_default().to_owned(),
                vector: text.to_owned(),
                score: cvss.score(),
            });
        }
    }
    found
}

/// What the publisher says, in the fields that publishers use for it.
pub(crate) fn own<'a>(
    severities: impl Iterator<Item = (&'a str, &'a str)>,
    specific: &[&Value],
) -> Option<Severity> {
    let words = severities.filter(|(kind, _)| !kind.starts_with("CVSS"));
    let mut said = words.filter_map(|(_, word)| Severity::read(word));
    said.next().or_else(|| {
        let fields = specific
            .iter()
            .flat_map(|it| [&it["severity"], &it["urgency"]]);
        fields.filter_map(Value::as_str).find_map(Severity::read)
    })
}

/// Of the publisher's word and the vectors.
pub fn overall(own: Option<Severity>, vectors: &[Vector]) -> Severity {
    let highest = vectors.iter().map(|it| it.score).reduce(f64::max);
    own.or(highest.map(Severity::of_score))
        .unwrap_or(Severity::Undefined)
}
