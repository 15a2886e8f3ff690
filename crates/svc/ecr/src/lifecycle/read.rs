//! The text of a policy, made into rules. Whatever could not be done as written is refused.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Action, Class, Count, Policy, Rule, TagSelection};

/// ECR's quota.
const MAX_RULES: usize = 50;
const MAX_WILDCARDS: usize = 4;
/// What is archived is kept at least so long.
const LEAST_ARCHIVED_DAYS: u32 = 90;

/// What is wrong with the text of a policy, in a sentence without a full stop.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadPolicy {
    #[error(transparent)]
    Json(#[from] serde_json::Error),
    #[error("a policy has 1 to {MAX_RULES} rules")]
    Number,
    #[error("rule {priority}: {what}")]
    Rule { priority: i32, what: BadRule },

    // Between rules.
    #[error("each rule must have a rulePriority of its own")]
    SamePriority,
    #[error(
        "the rule with tagStatus any must have the highest rulePriority of its storage class, and be the only one"
    )]
    AnyBeforeOthers,
    #[error("only one rule of a storage class may have tagStatus untagged")]
    Untagged,
    #[error("two rules select by the same tags")]
    SameTags,
}

/// What is wrong with a rule by itself.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BadRule {
    #[error("rulePriority must be at least 1")]
    Priority,

    #[error("{0} is not a type of action")]
    Action(String),
    #[error("{0} is not a targetStorageClass")]
    Target(String),
    #[error("action transition needs targetStorageClass")]
    NoTarget,
    #[error("targetStorageClass goes with action transition")]
    TargetOfExpiry,

    #[error("{0} is not a storage class")]
    Class(String),
    #[error("{0} is not a countType")]
    CountType(String),
    #[error("countNumber must be at least 1")]
    CountNumber,
    #[error("countType {0} needs countUnit days")]
    NoDays(String),
    #[error("countUnit does not go with countType imageCountMoreThan")]
    UnitOfNumber,
    #[error("countType sinceImagePulled needs action transition")]
    PulledExpires,
    #[error("countType sinceImageTransitioned needs storageClass archive")]
    TransitionedOfStandard,
    #[error("countType sinceImageTransitioned needs action expire")]
    TransitionedArchives,
    #[error("images stay in the archive for at least {LEAST_ARCHIVED_DAYS} days")]
    ArchivedDays,
    #[error("storageClass archive needs countType sinceImageTransitioned")]
    CountOfArchive,

    #[error("{0} is not a tagStatus")]
    TagStatus(String),
    #[error("tagStatus {0} takes neither tagPrefixList nor tagPatternList")]
    TagsOfAny(String),
    #[error("tagStatus tagged needs either tagPrefixList or tagPatternList")]
    NoTags,
    #[error("{0} must not be empty, nor anything in it")]
    EmptyList(&'static str),
    #[error("a pattern has at most {MAX_WILDCARDS} wildcards")]
    Wildcards,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Text {
    rules: Vec<RuleText>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct RuleText {
    rule_priority: i32,
    #[serde(default, rename = "description")]
    _description: Option<String>,
    selection: Selection,
    action: ActionText,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Selection {
    tag_status: String,
    tag_pattern_list: Option<Vec<String>>,
    tag_prefix_list: Option<Vec<String>>,
    storage_class: Option<String>,
    count_type: String,
    count_unit: Option<String>,
    count_number: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct ActionText {
    #[serde(rename = "type")]
    kind: String,
    target_storage_class: Option<String>,
}

impl Policy {
    pub(crate) fn read(text: &str) -> Result<Self, BadPolicy> {
        let text: Text = serde_json::from_str(text)?;
        if text.rules.is_empty() || text.rules.len() > MAX_RULES {
            return Err(BadPolicy::Number);
        }
        let mut rules = text
            .rules
            .into_iter()
            .map(|rule| {
                let priority = rule.rule_priority;
                let checked = rule.checked();
                checked.map_err(|what| BadPolicy::Rule { priority, what })
            })
            .collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        check_together(&rules)?;
        Ok(Self { rules })
    }
}

impl RuleText {
    fn checked(self) -> Result<Rule, BadRule> {
        let priority = self.rule_priority;
        if priority < 1 {
            return Err(BadRule::Priority);
        }
        let action = self.action.read()?;
        let class = self.selection.class()?;
        let count = self.selection.count()?;
        check_forms(class, count, action)?;
        Ok(Rule {
            priority,
            class,
            count,
            action,
            tags: self.selection.tags()?,
        })
    }
}

impl ActionText {
    fn read(&self) -> Result<Action, BadRule> {
        match (self.kind.as_str(), self.target_storage_class.as_deref()) {
            ("expire", None) => Ok(Action::Expire),
            ("expire", Some(_)) => Err(BadRule::TargetOfExpiry),
            ("transition", Some("archive")) => Ok(Action::Archive),
            ("transition", None) => Err(BadRule::NoTarget),
            ("transition", Some(other)) => Err(BadRule::Target(other.to_owned())),
            (other, _) => Err(BadRule::Action(other.to_owned())),
        }
    }
}

/// Which ways of counting go with which class and action.
fn check_forms(class: Class, count: Count, action: Action) -> Result<(), BadRule> {
    match (count, class, action) {
        (Count::NotPulledForDays(_), _, Action::Expire) => Err(BadRule::PulledExpires),
        (Count::ArchivedForDays(_), Class::Standard, _) => Err(BadRule::TransitionedOfStandard),
        (Count::ArchivedForDays(_), _, Action::Archive) => Err(BadRule::TransitionedArchives),
        (Count::ArchivedForDays(days), _, _) if days < LEAST_ARCHIVED_DAYS => {
            Err(BadRule::ArchivedDays)
        }
        (Count::ArchivedForDays(_), Class::Archive, Action::Expire) => Ok(()),
        (_, Class::Archive, _) => Err(BadRule::CountOfArchive),
        _ => Ok(()),
    }
}

impl Selection {
    fn class(&self) -> Result<Class, BadRule> {
        match self.storage_class.as_deref() {
            None | Some("standard") => Ok(Class::Standard),
            Some("archive") => Ok(Class::Archive),
            Some(other) => Err(BadRule::Class(other.to_owned())),
        }
    }

    fn count(&self) -> Result<Count, BadRule> {
        if self.count_number == 0 {
            return Err(BadRule::CountNumber);
        }
        match (self.count_type.as_str(), self.count_unit.as_deref()) {
            ("imageCountMoreThan", None) => Ok(Count::MoreThan(self.count_number)),
            ("imageCountMoreThan", Some(_)) => Err(BadRule::UnitOfNumber),
            ("sinceImagePushed", Some("days")) => Ok(Count::OlderThanDays(self.count_number)),
            ("sinceImagePulled", Some("days")) => Ok(Count::NotPulledForDays(self.count_number)),
            ("sinceImageTransitioned", Some("days")) => {
                Ok(Count::ArchivedForDays(self.count_number))
            }
            (kind @ ("sinceImagePushed" | "sinceImagePulled" | "sinceImageTransitioned"), _) => {
                Err(BadRule::NoDays(kind.to_owned()))
            }
            (other, _) => Err(BadRule::CountType(other.to_owned())),
        }
    }

    fn tags(self) -> Result<TagSelection, BadRule> {
        let lists = (self.tag_prefix_list, self.tag_pattern_list);
        match (self.tag_status.as_str(), lists) {
            ("any", (None, None)) => Ok(TagSelection::Any),
            ("untagged", (None, None)) => Ok(TagSelection::Untagged),
            (status @ ("any" | "untagged"), _) => Err(BadRule::TagsOfAny(status.to_owned())),
            ("tagged", (Some(prefixes), None)) => {
                check_list("tagPrefixList", &prefixes)?;
                Ok(TagSelection::Prefixes(prefixes))
            }
            ("tagged", (None, Some(patterns))) => {
                check_list("tagPatternList", &patterns)?;
                let wild = |pattern: &String| pattern.matches('*').count() > MAX_WILDCARDS;
                if patterns.iter().any(wild) {
                    return Err(BadRule::Wildcards);
                }
                Ok(TagSelection::Patterns(patterns))
            }
            ("tagged", _) => Err(BadRule::NoTags),
            (other, _) => Err(BadRule::TagStatus(other.to_owned())),
        }
    }
}

fn check_list(name: &'static str, list: &[String]) -> Result<(), BadRule> {
    if list.is_empty() || list.iter().any(String::is_empty) {
        return Err(BadRule::EmptyList(name));
    }
    Ok(())
}

/// What only shows between rules; `rules` are in the order of their priorities.
fn check_together(rules: &[Rule]) -> Result<(), BadPolicy> {
    if rules
        .windows(2)
        .any(|pair| pair[0].priority == pair[1].priority)
    {
        return Err(BadPolicy::SamePriority);
    }
    for class in [Class::Standard, Class::Archive] {
        let of_class: Vec<&Rule> = rules.iter().filter(|rule| rule.class == class).collect();
        let any = of_class
            .iter()
            .position(|rule| rule.tags == TagSelection::Any);
        if any.is_some_and(|any| any + 1 < of_class.len()) {
            return Err(BadPolicy::AnyBeforeOthers);
        }
        let untagged = of_class
            .iter()
            .filter(|rule| rule.tags == TagSelection::Untagged);
        if untagged.count() > 1 {
            return Err(BadPolicy::Untagged);
        }
    }
    let mut seen = BTreeSet::new();
    for rule in rules {
        let (TagSelection::Prefixes(list) | TagSelection::Patterns(list)) = &rule.tags else {
            continue;
        };
        let patterns = matches!(rule.tags, TagSelection::Patterns(_));
        let set: BTreeSet<&String> = list.iter().collect();
        if !seen.insert((rule.class == Class::Archive, patterns, set)) {
            return Err(BadPolicy::SameTags);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
