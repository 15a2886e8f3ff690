//! What a role allows: the rules of `rbac.authorization.k8s.io`, and how they are matched and compared.

use serde_json::Value;

use crate::Attributes;

/// A rule of a role. Each list may hold `*`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PolicyRule {
    pub verbs: Vec<String>,
    pub groups: Vec<String>,
    pub resources: Vec<String>,
    /// Empty: all of them.
    pub names: Vec<String>,
    /// Paths; may end with `*`.
    pub paths: Vec<String>,
}

/// All that a user may do in a namespace, for `SelfSubjectRulesReview`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Rules {
    pub rules: Vec<PolicyRule>,
    /// Somebody else also decides, or not all was read.
    pub incomplete: bool,
    /// Why, where it is.
    pub error: String,
}

fn strings(value: &Value) -> Vec<String> {
    let all = value.as_array().into_iter().flatten();
    all.filter_map(|it| it.as_str().map(str::to_owned))
        .collect()
}

fn has(list: &[String], wanted: &str) -> bool {
    list.iter().any(|it| it == "*" || it == wanted)
}

impl PolicyRule {
    /// From a member of `rules` of a Role or ClusterRole.
    pub fn of(value: &Value) -> Self {
        Self {
            verbs: strings(&value["verbs"]),
            groups: strings(&value["apiGroups"]),
            resources: strings(&value["resources"]),
            names: strings(&value["resourceNames"]),
            paths: strings(&value["nonResourceURLs"]),
        }
    }

    /// Those of a Role or ClusterRole.
    pub fn all_of(role: &Value) -> Vec<Self> {
        let rules = role["rules"].as_array().into_iter().flatten();
        rules.map(Self::of).collect()
    }

    pub fn allows(&self, asked: &Attributes) -> bool {
        if !has(&self.verbs, &asked.verb) {
            return false;
        }
        if !asked.is_resource() {
            return self.paths.iter().any(|it| path_matches(it, &asked.path));
        }
        has(&self.groups, &asked.group)
            && self.has_resource(&asked.resource, &asked.subresource)
            && (self.names.is_empty() || self.names.contains(&asked.name))
    }

    /// `pods`, `pods/log`, `*/log` and `*` are ways to name one.
    fn has_resource(&self, resource: &str, subresource: &str) -> bool {
        self.resources.iter().any(|it| {
            if it == "*" {
                return true;
            }
            match it.split_once('/') {
                None => subresource.is_empty() && it == resource,
                Some((of, sub)) => {
                    !subresource.is_empty() && sub == subresource && (of == "*" || of == resource)
                }
            }
        })
    }

    /// Each single thing that the rule allows, so that who holds rules can be compared with who asks for them.
    fn parts(&self) -> impl Iterator<Item = Self> + '_ {
        let one = |it: &String| vec![it.clone()];
        let resources = self.verbs.iter().flat_map(move |verb| {
            self.groups.iter().flat_map(move |group| {
                self.resources.iter().flat_map(move |resource| {
                    let names = match self.names.is_empty() {
                        true => vec![Vec::new()],
                        false => self.names.iter().map(one).collect(),
                    };
                    names.into_iter().map(move |names| Self {
                        verbs: one(verb),
                        groups: one(group),
                        resources: one(resource),
                        names,
                        paths: Vec::new(),
                    })
                })
            })
        });
        let paths = self.verbs.iter().flat_map(move |verb| {
            self.paths.iter().map(move |path| Self {
                verbs: one(verb),
                paths: one(path),
                ..Self::default()
            })
        });
        resources.chain(paths)
    }

    /// Whether this rule allows all of a part of another.
    fn covers_part(&self, part: &Self) -> bool {
        if !part.verbs.iter().all(|it| has(&self.verbs, it)) {
            return false;
        }
        if let Some(path) = part.paths.first() {
            return self.paths.iter().any(|own| path_covers(own, path));
        }
        let resource = |wanted: &String| {
            has(&self.resources, wanted)
                || wanted.split_once('/').is_some_and(|(_, sub)| {
                    self.resources.iter().any(|it| *it == format!("*/{sub}"))
                })
        };
        part.groups.iter().all(|it| has(&self.groups, it))
            && part.resources.iter().all(resource)
            && (self.names.is_empty()
                || !part.names.is_empty() && part.names.iter().all(|it| self.names.contains(it)))
    }
}

/// Rules that a comparison looks at, for all single things together. A rule multiplies its lists, so a small object can hold more than
/// anybody may wait for.
const MOST_LOOKS: usize = 1_000_000;
/// Things missing that are told.
const MOST_TOLD: usize = 100;

/// What of `wanted` nobody of `held` allows: what somebody would gain who made a role of it. A rule too large to be compared is not
/// allowed.
pub fn uncovered(held: &[PolicyRule], wanted: &[PolicyRule]) -> Vec<PolicyRule> {
    let mut left = MOST_LOOKS;
    let mut missing = Vec::new();
    for rule in wanted {
        for part in rule.parts() {
            if left < held.len() + 1 {
                missing.push(rule.clone());
                return missing;
            }
            left -= held.len() + 1;
            if missing.len() < MOST_TOLD && !held.iter().any(|it| it.covers_part(&part)) {
                missing.push(part);
            }
        }
    }
    missing
}

fn path_matches(rule: &str, path: &str) -> bool {
    match rule.strip_suffix('*') {
        Some(prefix) => path.starts_with(prefix),
        None => rule == path,
    }
}

/// Whether all that a pattern of a path lets in, another does too.
fn path_covers(own: &str, wanted: &str) -> bool {
    own == wanted
        || own
            .strip_suffix('*')
            .is_some_and(|prefix| wanted.trim_end_matches('*').starts_with(prefix))
}
