//! What the labels of a namespace say of its pods: a level and a version of it for each mode.

use std::fmt;

use serde_json::Value;
use wharf_kube_model::field::{Errors, FieldError, Path};

/// In front of the labels, and of what the audit log is told.
pub const PREFIX: &str = "pod-security.kubernetes.io/";

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    Privileged,
    Baseline,
    Restricted,
}

impl Level {
    fn parse(text: &str) -> Option<Self> {
        let all = [Self::Privileged, Self::Baseline, Self::Restricted];
        all.into_iter().find(|it| it.name() == text)
    }

    const fn name(self) -> &'static str {
        match self {
            Self::Privileged => "privileged",
            Self::Baseline => "baseline",
            Self::Restricted => "restricted",
        }
    }
}

/// A minor version of Kubernetes whose rules hold. Those to come are none but today's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    Minor(u64),
    Latest,
}

impl Version {
    fn parse(text: &str) -> Option<Self> {
        if text == "latest" {
            return Some(Self::Latest);
        }
        let minor = text.strip_prefix("v1.")?;
        let is_plain = minor.bytes().all(|it| it.is_ascii_digit());
        if !is_plain || minor.len() > 1 && minor.starts_with('0') {
            return None;
        }
        // As far as Go counts.
        let minor = minor.parse::<i64>().ok()?;
        u64::try_from(minor).ok().map(Self::Minor)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standard {
    pub level: Level,
    pub version: Version,
}

impl Standard {
    const NONE: Self = Self {
        level: Level::Privileged,
        version: Version::Latest,
    };

    pub fn allows_all(self) -> bool {
        self.level == Level::Privileged
    }
}

impl fmt::Display for Standard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.version {
            Version::Latest => write!(f, "{}:latest", self.level.name()),
            Version::Minor(minor) => write!(f, "{}:v1.{minor}", self.level.name()),
        }
    }
}

/// The standards of a namespace by what becomes of pods that do not keep to them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Policy {
    pub enforce: Standard,
    pub audit: Standard,
    pub warn: Standard,
}

impl Policy {
    /// By the labels, with what is wrong with them. What cannot be read of `enforce` is the strictest level, of the others none.
    pub fn of(namespace: &Value) -> (Self, Vec<FieldError>) {
        let labels = &namespace["metadata"]["labels"];
        let mut errors = Errors::new();
        let mut read = |mode: &str, otherwise: Level| {
            let mut standard = Standard::NONE;
            let label = |name: &str| {
                let value = labels.get(name).filter(|it| !it.is_null());
                value.map(|it| it.as_str().unwrap_or_default())
            };
            let name = format!("{PREFIX}{mode}");
            let said = label(&name);
            if let Some(text) = said {
                let why = "must be one of privileged, baseline, restricted";
                let level = Level::parse(text);
                standard.level =
                    level.unwrap_or_else(|| wrong(&mut errors, &name, text, why, otherwise));
            }
            let is_said = said.is_some_and(|it| Level::parse(it).is_some());
            let name = format!("{PREFIX}{mode}-version");
            let version = label(&name);
            if let Some(text) = version {
                let why = "must be \"latest\" or \"v1.x\"";
                let known = Version::parse(text);
                standard.version =
                    known.unwrap_or_else(|| wrong(&mut errors, &name, text, why, Version::Latest));
            }
            (standard, said.is_some(), is_said, version.is_some())
        };
        let (enforce, _, is_said, _) = read("enforce", Level::Restricted);
        let (audit, ..) = read("audit", Level::Privileged);
        let (mut warn, warns, _, has_version) = read("warn", Level::Privileged);
        // Where nobody says what to warn of, it is of what is refused: so are the authors of templates, whose pods are.
        if !warns && is_said && enforce.level > warn.level {
            warn.level = enforce.level;
            if !has_version {
                warn.version = enforce.version;
            }
        }
        let policy = Self {
            enforce,
            audit,
            warn,
        };
        (policy, errors.into_vec())
    }

    pub fn allows_all(self) -> bool {
        self.enforce.allows_all() && self.audit.allows_all() && self.warn.allows_all()
    }
}

fn wrong<T>(errors: &mut Errors, label: &str, value: &str, why: &str, instead: T) -> T {
    let metadata = Path::root("metadata");
    let labels = metadata.child("labels");
    errors.invalid(&labels.key(label), value, why);
    instead
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn policy(labels: &[(&str, &str)]) -> (String, Vec<String>) {
        let labels = labels
            .iter()
            .map(|(mode, value)| (format!("{PREFIX}{mode}"), json!(value)));
        let labels: serde_json::Map<String, Value> = labels.collect();
        let (it, errors) = Policy::of(&json!({"metadata": {"labels": labels}}));
        let errors = errors
            .iter()
            .map(|it| format!("{}: {}", it.field, it.detail));
        let told = format!("{} {} {}", it.enforce, it.audit, it.warn);
        (told, errors.collect())
    }

    #[test]
    fn what_labels_come_to() {
        for (labels, expected) in [
            (
                &[][..],
                "privileged:latest privileged:latest privileged:latest",
            ),
            (
                &[("enforce", "baseline")],
                "baseline:latest privileged:latest baseline:latest",
            ),
            (
                &[("enforce", "baseline"), ("enforce-version", "v1.24")],
                "baseline:v1.24 privileged:latest baseline:v1.24",
            ),
            (
                &[
                    ("enforce", "baseline"),
                    ("enforce-version", "v1.24"),
                    ("warn-version", "v1.30"),
                ],
                "baseline:v1.24 privileged:latest baseline:v1.30",
            ),
            (
                &[
                    ("enforce", "restricted"),
                    ("warn", "privileged"),
                    ("audit", "baseline"),
                ],
                "restricted:latest baseline:latest privileged:latest",
            ),
            (
                &[
                    ("audit", "restricted"),
                    ("audit-version", "v1.0"),
                    ("warn", "baseline"),
                ],
                "privileged:latest restricted:v1.0 baseline:latest",
            ),
        ] {
            assert_eq!(policy(labels), (expected.to_owned(), vec![]), "{labels:?}");
        }
        assert_eq!(policy(&[]).1, Vec::<String>::new());
        assert!(Policy::of(&json!({})).0.allows_all());
    }

    #[test]
    fn what_cannot_be_read_is_told_and_enforces_the_strictest() {
        let (told, errors) = policy(&[
            ("enforce", "strict"),
            ("audit", "x"),
            ("warn", ""),
            ("enforce-version", "1.24"),
            ("audit-version", "v1.024"),
            ("warn-version", "v1.99999999999999999999"),
        ]);
        assert_eq!(
            told,
            "restricted:latest privileged:latest privileged:latest"
        );
        let level = "must be one of privileged, baseline, restricted";
        let version = "must be \"latest\" or \"v1.x\"";
        let expected = [
            ("enforce", level),
            ("enforce-version", version),
            ("audit", level),
            ("audit-version", version),
            ("warn", level),
            ("warn-version", version),
        ];
        let expected = expected.map(|(it, why)| format!("metadata.labels[{PREFIX}{it}]: {why}"));
        assert_eq!(errors, expected);
    }
}
