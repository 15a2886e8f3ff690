//! The text of a policy, made into rules. Whatever could not be done as written is refused.

use std::collections::BTreeSet;

use serde::Deserialize;

use super::{Action, Class, Count, Policy, Rule, TagSelection};

/// ECR's quota.
const MAX_RULES: usize = 50;
const MAX_WILDCARDS: usize = 4;
/// What is archived is kept at least so long.
const LEAST_ARCHIVED_DAYS: u32 = 90;

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
    /// Reads a policy; the error says what is wrong, in a sentence without a full stop.
    pub(crate) fn read(text: &str) -> Result<Self, String> {
        let text: Text = serde_json::from_str(text).map_err(|error| error.to_string())?;
        if text.rules.is_empty() || text.rules.len() > MAX_RULES {
            return Err(format!("a policy has 1 to {MAX_RULES} rules"));
        }
        let mut rules = text
            .rules
            .into_iter()
            .map(RuleText::checked)
            .collect::<Result<Vec<_>, _>>()?;
        rules.sort_by_key(|rule| rule.priority);
        check_together(&rules)?;
        Ok(Self { rules })
    }
}

impl RuleText {
    fn checked(self) -> Result<Rule, String> {
        let priority = self.rule_priority;
        let rule = |what: &str| format!("rule {priority}: {what}");
        if priority < 1 {
            return Err(rule("rulePriority must be at least 1"));
        }
        let action = self.action.read().map_err(|what| rule(&what))?;
        let class = self.selection.class().map_err(|what| rule(&what))?;
        let count = self.selection.count().map_err(|what| rule(&what))?;
        check_forms(class, count, action).map_err(rule)?;
        Ok(Rule {
            priority,
            class,
            count,
            action,
            tags: self.selection.tags().map_err(|what| rule(&what))?,
        })
    }
}

impl ActionText {
    fn read(&self) -> Result<Action, String> {
        match (self.kind.as_str(), self.target_storage_class.as_deref()) {
            ("expire", None) => Ok(Action::Expire),
            ("expire", Some(_)) => Err("targetStorageClass goes with action transition".to_owned()),
            ("transition", Some("archive")) => Ok(Action::Archive),
            ("transition", None) => Err("action transition needs targetStorageClass".to_owned()),
            ("transition", Some(other)) => Err(format!("{other} is not a targetStorageClass")),
            (other, _) => Err(format!("{other} is not a type of action")),
        }
    }
}

/// Which ways of counting go with which class and action.
fn check_forms(class: Class, count: Count, action: Action) -> Result<(), &'static str> {
    match (count, class, action) {
        (Count::NotPulledForDays(_), _, Action::Expire) => {
            Err("countType sinceImagePulled needs action transition")
        }
        (Count::ArchivedForDays(_), Class::Standard, _) => {
            Err("countType sinceImageTransitioned needs storageClass archive")
        }
        (Count::ArchivedForDays(_), _, Action::Archive) => {
            Err("countType sinceImageTransitioned needs action expire")
        }
        (Count::ArchivedForDays(days), _, _) if days < LEAST_ARCHIVED_DAYS => {
            Err("images stay in the archive for at least 90 days")
        }
        (Count::ArchivedForDays(_), Class::Archive, Action::Expire) => Ok(()),
        (_, Class::Archive, _) => {
            Err("storageClass archive needs countType sinceImageTransitioned")
        }
        _ => Ok(()),
    }
}

impl Selection {
    fn class(&self) -> Result<Class, String> {
        match self.storage_class.as_deref() {
            None | Some("standard") => Ok(Class::Standard),
            Some("archive") => Ok(Class::Archive),
            Some(other) => Err(format!("{other} is not a storage class")),
        }
    }

    fn count(&self) -> Result<Count, String> {
        if self.count_number == 0 {
            return Err("countNumber must be at least 1".to_owned());
        }
        match (self.count_type.as_str(), self.count_unit.as_deref()) {
            ("imageCountMoreThan", None) => Ok(Count::MoreThan(self.count_number)),
            ("imageCountMoreThan", Some(_)) => {
                Err("countUnit does not go with countType imageCountMoreThan".to_owned())
            }
            ("sinceImagePushed", Some("days")) => Ok(Count::OlderThanDays(self.count_number)),
            ("sinceImagePulled", Some("days")) => Ok(Count::NotPulledForDays(self.count_number)),
            ("sinceImageTransitioned", Some("days")) => {
                Ok(Count::ArchivedForDays(self.count_number))
            }
            (kind @ ("sinceImagePushed" | "sinceImagePulled" | "sinceImageTransitioned"), _) => {
                Err(format!("countType {kind} needs countUnit days"))
            }
            (other, _) => Err(format!("{other} is not a countType")),
        }
    }

    fn tags(self) -> Result<TagSelection, String> {
        let lists = (self.tag_prefix_list, self.tag_pattern_list);
        match (self.tag_status.as_str(), lists) {
            ("any", (None, None)) => Ok(TagSelection::Any),
            ("untagged", (None, None)) => Ok(TagSelection::Untagged),
            ("any" | "untagged", _) => Err(format!(
                "tagStatus {} takes neither tagPrefixList nor tagPatternList",
                self.tag_status
            )),
            ("tagged", (Some(prefixes), None)) => {
                check_list("tagPrefixList", &prefixes)?;
                Ok(TagSelection::Prefixes(prefixes))
            }
            ("tagged", (None, Some(patterns))) => {
                check_list("tagPatternList", &patterns)?;
                let wild = |pattern: &String| pattern.matches('*').count() > MAX_WILDCARDS;
                if patterns.iter().any(wild) {
                    return Err(format!("a pattern has at most {MAX_WILDCARDS} wildcards"));
                }
                Ok(TagSelection::Patterns(patterns))
            }
            ("tagged", _) => {
                Err("tagStatus tagged needs either tagPrefixList or tagPatternList".to_owned())
            }
            (other, _) => Err(format!("{other} is not a tagStatus")),
        }
    }
}

fn check_list(name: &str, list: &[String]) -> Result<(), String> {
    if list.is_empty() || list.iter().any(String::is_empty) {
        return Err(format!("{name} must not be empty, nor anything in it"));
    }
    Ok(())
}

/// What only shows between rules; `rules` are in the order of their priorities.
fn check_together(rules: &[Rule]) -> Result<(), String> {
    if rules
        .windows(2)
        .any(|pair| pair[0].priority == pair[1].priority)
    {
        return Err("each rule must have a rulePriority of its own".to_owned());
    }
    for class in [Class::Standard, Class::Archive] {
        let of_class: Vec<&Rule> = rules.iter().filter(|rule| rule.class == class).collect();
        let any = of_class
            .iter()
            .position(|rule| rule.tags == TagSelection::Any);
        if any.is_some_and(|any| any + 1 < of_class.len()) {
            let text = "the rule with tagStatus any must have the highest rulePriority of its storage class, and be the only one";
            return Err(text.to_owned());
        }
        let untagged = of_class
            .iter()
            .filter(|rule| rule.tags == TagSelection::Untagged);
        if untagged.count() > 1 {
            return Err("only one rule of a storage class may have tagStatus untagged".to_owned());
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
            return Err("two rules select by the same tags".to_owned());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests;
