//! Policies made ready once, so that evaluating them allocates next to nothing.

use std::{borrow::Cow, collections::BTreeSet};

use wharf_base::{Glob, arn::canonical};

use crate::{
    condition::{Condition, takes_variables},
    context::Context,
    document::{
        Document, DocumentError, DocumentKind, Effect, Listed, Malformed, Statement, Version,
        rules::resource_reading,
    },
    principal::{Named, Principal, PrincipalClause},
    spans::{self, Span},
    template::Template,
};

/// A policy ready to be evaluated, and where it comes from.
#[derive(Debug, Clone)]
pub struct CompiledPolicy {
    source: Box<str>,
    statements: Box<[CompiledStatement]>,
    /// Condition keys as they are written. What compares them folds case and has copies of its own.
    keys: Box<[Box<str>]>,
    /// Of its statements, where its text is known.
    spans: Box<[Span]>,
    /// Bytes of its text; 0 where that is not known.
    size: usize,
}

#[derive(Debug, Clone)]
pub(crate) struct CompiledStatement {
    pub(crate) sid: Option<Box<str>>,
    pub(crate) effect: Effect,
    principal: Option<PrincipalClause>,
    not_action: bool,
    /// In lower case.
    actions: Box<[Glob]>,
    resources: Option<ResourceClause>,
    conditions: Box<[Condition]>,
}

#[derive(Debug, Clone)]
struct ResourceClause {
    negated: bool,
    templates: Box<[Template]>,
}

/// What a statement is held against.
pub(crate) struct Facts<'a> {
    pub(crate) principal: &'a Principal,
    /// In lower case.
    pub(crate) action: String,
    /// As [`canonical`] has it.
    pub(crate) resource: Cow<'a, str>,
    pub(crate) context: &'a Context,
}

impl CompiledPolicy {
    /// Reads, validates and compiles `text`. `source` is what decisions name the policy by: its ARN
    /// or, for an inline policy, its name.
    pub fn parse(source: &str, text: &str, kind: DocumentKind) -> Result<Self, DocumentError> {
        let mut policy = Self::compile(source, &Document::parse(text, kind)?)?;
        policy.spans = spans::of_statements(text).into();
        policy.size = text.len();
        Ok(policy)
    }

    pub fn compile(source: &str, document: &Document) -> Result<Self, Malformed> {
        let statements = document
            .statements
            .iter()
            .map(|statement| CompiledStatement::compile(statement, document.version))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            source: source.into(),
            statements,
            keys: written_keys(document),
            spans: Box::new([]),
            size: 0,
        })
    }

    /// A policy that denies everything: what stands in for one that cannot be read any more.
    pub fn deny_all(source: &str) -> Self {
        let statement = CompiledStatement {
            sid: None,
            effect: Effect::Deny,
            principal: None,
            not_action: false,
            actions: Box::new([Glob::plain("*")]),
            resources: None,
            conditions: Box::new([]),
        };
        Self {
            source: source.into(),
            statements: Box::new([statement]),
            keys: Box::new([]),
            spans: Box::new([]),
            size: 0,
        }
    }

    /// Bytes of the text that it was parsed from; 0 where there was none.
    pub fn size(&self) -> usize {
        self.size
    }

    pub fn source(&self) -> &str {
        &self.source
    }

    /// The condition keys it looks at, those of variables among them, each once for each way in which it is written.
    pub fn context_keys(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().map(|key| &**key)
    }

    /// Where that statement stands in the text.
    pub(crate) fn span(&self, statement: usize) -> Option<Span> {
        self.spans.get(statement).copied()
    }

    pub(crate) fn statements(&self) -> &[CompiledStatement] {
        &self.statements
    }
}

fn written_keys(document: &Document) -> Box<[Box<str>]> {
    let mut keys = BTreeSet::new();
    for statement in &document.statements {
        keys.extend(statement.conditions.iter().map(|it| it.key.as_str()));
        if document.version != Version::V2012 {
            continue;
        }
        let resources = statement.resources.iter().flat_map(|it| &it.values);
        let conditions = statement.conditions.iter();
        let compared = conditions
            .filter(|it| takes_variables(&it.operator))
            .flat_map(|it| &it.values);
        let texts = resources.chain(compared);
        keys.extend(texts.flat_map(|it| Template::written_keys(it)));
    }
    keys.into_iter().map(Into::into).collect()
}

impl CompiledStatement {
    fn compile(statement: &Statement, version: Version) -> Result<Self, Malformed> {
        let lower = |action: &String| Glob::plain(&action.to_ascii_lowercase());
        let conditions = statement
            .conditions
            .iter()
            .map(|element| Condition::compile(element, version))
            .collect::<Result<_, _>>()?;
        Ok(Self {
            sid: statement
                .sid
                .as_deref()
                .filter(|sid| !sid.is_empty())
                .map(Into::into),
            effect: statement.effect,
            principal: statement.principal.as_ref().map(PrincipalClause::compile),
            not_action: statement.actions.negated,
            actions: statement.actions.values.iter().map(lower).collect(),
            resources: match &statement.resources {
                None => None,
                Some(listed) => Some(ResourceClause::compile(listed, version)?),
            },
            conditions,
        })
    }

    /// Does it speak of this request, and how closely does it name the caller? A statement without
    /// a Principal element belongs to an identity and names whoever carries it.
    pub(crate) fn applies(&self, facts: &Facts<'_>) -> Option<Named> {
        let named = match &self.principal {
            None => Named::Itself,
            Some(clause) => clause.names(facts.principal)?,
        };
        let listed = self
            .actions
            .iter()
            .any(|pattern| pattern.matches(&facts.action));
        let applies = listed != self.not_action
            && self
                .resources
                .as_ref()
                .is_none_or(|it| it.applies(facts, self.effect))
            && self
                .conditions
                .iter()
                .all(|condition| condition.holds(facts.context, self.effect));
        applies.then_some(named)
    }
}

impl ResourceClause {
    fn compile(listed: &Listed, version: Version) -> Result<Self, Malformed> {
        let read = |text: &String| {
            Template::parse(&canonical(text), resource_reading(version))
                .map_err(|_| Malformed::LegacyParsing)
        };
        let templates = listed.values.iter().map(read).collect::<Result<_, _>>()?;
        Ok(Self {
            negated: listed.negated,
            templates,
        })
    }

    fn applies(&self, facts: &Facts<'_>, effect: Effect) -> bool {
        let listed = self
            .templates
            .iter()
            .any(|it| it.matches(&facts.resource, facts.context));
        if !self.negated {
            return listed;
        }
        // NotResource with a variable that has no value excludes nothing. That must not make an
        // Allow wider, so such an Allow does not apply at all, while a Deny does.
        let widened = effect == Effect::Allow
            && !self
                .templates
                .iter()
                .all(|template| template.resolves(facts.context));
        !listed && !widened
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_as_they_are_written() {
        let text = r#"{"Version":"2012-10-17","Statement":[
            {"Effect":"Allow","Action":"*","Resource":"arn:aws:s3:::${aws:UserName}","Condition":{
                "ForAnyValue:StringEqualsIgnoreCase":{"aws:TagKeys":"${aws:PrincipalTag/Team,'none'}"},
                "NumericLessThan":{"s3:max-keys":"10"}}},
            {"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Null":{"AWS:TAGKEYS":"true"}}}]}"#;
        let keys = |text: &str| {
            let policy = CompiledPolicy::parse("p", text, DocumentKind::InlineRole).unwrap();
            policy.context_keys().map(str::to_owned).collect::<Vec<_>>()
        };
        let tag_keys = ["AWS:TAGKEYS", "aws:TagKeys", "s3:max-keys"];
        let variables = ["aws:PrincipalTag/Team", "aws:UserName"];
        let mut all = [&tag_keys[..], &variables].concat();
        all.sort_unstable();
        assert_eq!(keys(text), all);
        // Variables are text before 2012.
        assert_eq!(keys(&text.replace("2012-10-17", "2008-10-17")), tag_keys);
    }
}
