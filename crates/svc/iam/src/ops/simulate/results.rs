//! What the simulators say was decided: one result for each action, and within it one for each resource where these are named. Pure.

use std::{collections::BTreeSet, sync::Arc};

use wharf_api_iam::types::{
    EvaluationResult, PermissionsBoundaryDecisionDetail, Position, ResourceSpecificResult,
    Statement,
};
use wharf_iam::{
    Decision, Denial, Matched, PolicyKind, PolicySet, Request, contributing, evaluate, limit,
};

/// Statements of one result: a policy can have thousands, and an answer has as many results as there are resources.
const MAX_STATEMENTS: usize = 100;
/// Bytes of those of all resources of an action, for which these share alike; one is told of each.
const STATEMENT_BYTES: usize = 1 << 20;

/// What is written around the texts of each: of a statement, of a name of a key, and of the result of a resource or an action.
const AROUND_STATEMENT: usize = 256;
const AROUND_NAME: usize = 24;
const AROUND_RESULT: usize = 512;

/// What is first outweighs what follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Verdict {
    ExplicitDeny,
    ImplicitDeny,
    Allowed,
}

impl Verdict {
    fn word(self) -> Option<String> {
        let word = match self {
            Self::ExplicitDeny => "explicitDeny",
            Self::ImplicitDeny => "implicitDeny",
            Self::Allowed => "allowed",
        };
        Some(word.to_owned())
    }
}

/// What was decided about one resource.
struct Decided {
    verdict: Verdict,
    matched: Vec<Matched>,
    /// None: there is no boundary.
    within_boundary: Option<bool>,
}

impl Decided {
    /// `share`: bytes of the statements.
    fn of(request: &Request<'_>, policies: &PolicySet<'_>, share: usize) -> Self {
        let decision = evaluate(request, policies);
        let mut matched = contributing(request, policies, &decision, MAX_STATEMENTS);
        let mut bytes = 0;
        let fitting = matched.iter().take_while(|it| {
            bytes += AROUND_STATEMENT + it.policy.source().len();
            bytes <= share
        });
        let fitting = fitting.count();
        matched.truncate(fitting.max(1));
        let verdict = match &decision {
            Decision::Allowed(_) => Verdict::Allowed,
            Decision::Denied(Denial {
                explicit: Some(_), ..
            }) => Verdict::ExplicitDeny,
            Decision::Denied(_) => Verdict::ImplicitDeny,
        };
        let boundary = policies.principal.boundary.as_ref();
        Self {
            verdict,
            matched,
            within_boundary: boundary.map(|it| limit(request, it, PolicyKind::Boundary).is_none()),
        }
    }

    fn to_wire(&self, resource: &str, missing: &[String]) -> ResourceSpecificResult {
        ResourceSpecificResult {
            eval_resource_name: Some(resource.to_owned()),
            eval_resource_decision: self.verdict.word(),
            matched_statements: Some(self.matched.iter().map(statement).collect()),
            missing_context_values: Some(missing.to_vec()),
            permissions_boundary_decision_detail: self.within_boundary.map(boundary),
            ..ResourceSpecificResult::default()
        }
    }
}

/// Of one action on all `resources`; `*` alone names none. An action is allowed if it is on all of them.
pub(super) fn of_action<'a>(
    asked: Request<'a>,
    resources: &'a [String],
    policies: &PolicySet<'_>,
    missing: &[String],
) -> EvaluationResult {
    let share = STATEMENT_BYTES / resources.len().max(1);
    let of_one =
        |resource: &'a String| Decided::of(&Request { resource, ..asked }, policies, share);
    let decided: Vec<Decided> = resources.iter().map(of_one).collect();
    let verdict = decided.iter().map(|it| it.verdict).min();
    let verdict = verdict.unwrap_or(Verdict::ImplicitDeny);
    // Those of the resources that decide for all.
    let mut seen = BTreeSet::new();
    let deciding = decided.iter().filter(|it| it.verdict == verdict);
    let matched = deciding
        .flat_map(|it| &it.matched)
        .filter(|it| seen.insert((Arc::as_ptr(&it.policy), it.statement)))
        .take(MAX_STATEMENTS)
        .map(statement)
        .collect();
    let within = decided.iter().filter_map(|it| it.within_boundary);
    let are_named = *resources != ["*"];
    let specific = || {
        let each = resources.iter().zip(&decided);
        each.map(|(resource, it)| it.to_wire(resource, missing))
            .collect()
    };
    EvaluationResult {
        eval_action_name: Some(asked.action.to_owned()),
        eval_resource_name: Some(match resources {
            [one] => one.clone(),
            _ => "*".to_owned(),
        }),
        eval_decision: verdict.word(),
        matched_statements: Some(matched),
        missing_context_values: Some(match are_named {
            true => Vec::new(),
            false => missing.to_vec(),
        }),
        permissions_boundary_decision_detail: within
            .reduce(|one, other| one && other)
            .map(boundary),
        resource_specific_results: are_named.then(specific),
        ..EvaluationResult::default()
    }
}

/// The bytes of a result as it is written, about.
pub(super) fn size(result: &EvaluationResult) -> usize {
    let parts = result.resource_specific_results.iter().flatten();
    let parts = parts.map(|it| {
        size_of(
            it.eval_resource_name.as_deref(),
            it.matched_statements.as_deref(),
            it.missing_context_values.as_deref(),
        )
    });
    let own = size_of(
        result.eval_resource_name.as_deref(),
        result.matched_statements.as_deref(),
        result.missing_context_values.as_deref(),
    );
    let action = result.eval_action_name.as_ref().map_or(0, String::len);
    own + action + parts.sum::<usize>()
}

fn size_of(
    resource: Option<&str>,
    statements: Option<&[Statement]>,
    missing: Option<&[String]>,
) -> usize {
    let statements = statements.unwrap_or_default().iter();
    let statements = statements.map(|it| {
        let source = it.source_policy_id.as_ref().map_or(0, String::len);
        AROUND_STATEMENT + source
    });
    AROUND_RESULT
        + resource.map_or(0, str::len)
        + statements.sum::<usize>()
        + size_of_names(missing.unwrap_or_default())
}

/// The same of names of keys.
pub(super) fn size_of_names(names: &[String]) -> usize {
    names.iter().map(|it| AROUND_NAME + it.len()).sum()
}

fn boundary(allows: bool) -> PermissionsBoundaryDecisionDetail {
    PermissionsBoundaryDecisionDetail {
        allowed_by_permissions_boundary: Some(allows),
    }
}

fn statement(matched: &Matched) -> Statement {
    let source = matched.policy.source();
    let kind = match source.split_once('/') {
        Some(("user", _)) => "user",
        Some(("group", _)) => "group",
        Some(("role", _)) => "role",
        _ if source.starts_with("arn:aws:iam::aws:") => "aws-managed",
        _ if source.starts_with("arn:") => "user-managed",
        _ if source == "ResourcePolicy" => "resource",
        _ => "none",
    };
    let position = |it: wharf_iam::Position| Position {
        line: i32::try_from(it.line).ok(),
        column: i32::try_from(it.column).ok(),
    };
    let span = matched.span();
    Statement {
        source_policy_id: Some(source.to_owned()),
        source_policy_type: Some(kind.to_owned()),
        start_position: span.map(|it| position(it.start)),
        end_position: span.map(|it| position(it.end)),
    }
}
