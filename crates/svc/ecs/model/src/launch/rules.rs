//! Constraints and strategies of placement, as they are given, kept and shown.

use wharf_api_ecs::{PlacementConstraint, PlacementStrategy, TaskDefinition};
use wharf_placement::{Constraint, Strategy, query::Expression};
use wharf_records::ecs::PlacementRule;
use wharf_wire::Fault;

use crate::fault;

/// Constraints and strategies, to be read again.
#[derive(Debug, Clone, Default)]
pub struct Rules {
    pub constraints: Vec<PlacementRule>,
    pub strategies: Vec<PlacementRule>,
}

impl Rules {
    pub(super) fn of(
        constraints: &[PlacementConstraint],
        strategies: &[PlacementStrategy],
    ) -> Self {
        let rule = |kind: &Option<String>, argument: &Option<String>| PlacementRule {
            kind: kind.clone().unwrap_or_default(),
            argument: argument.clone(),
        };
        Self {
            constraints: constraints
                .iter()
                .map(|it| rule(&it.type_, &it.expression))
                .collect(),
            strategies: strategies
                .iter()
                .map(|it| rule(&it.type_, &it.field))
                .collect(),
        }
    }
}

/// A service's constraints as the API shows them.
pub fn shown_constraints(rules: &[PlacementRule]) -> Vec<PlacementConstraint> {
    let show = |rule: &PlacementRule| PlacementConstraint {
        type_: Some(rule.kind.clone()),
        expression: rule.argument.clone(),
    };
    rules.iter().map(show).collect()
}

/// A service's strategies as the API shows them.
pub fn shown_strategies(rules: &[PlacementRule]) -> Vec<PlacementStrategy> {
    let show = |rule: &PlacementRule| PlacementStrategy {
        type_: Some(rule.kind.clone()),
        field: rule.argument.clone(),
    };
    rules.iter().map(show).collect()
}

pub(super) fn refuse_placement(
    constraints: &[PlacementConstraint],
    strategies: &[PlacementStrategy],
) -> Result<(), Fault> {
    let refuse = |what: &str| {
        Err(fault::invalid(format!(
            "Placement {what} are not supported with FARGATE launch type."
        )))
    };
    match (constraints.is_empty(), strategies.is_empty()) {
        (false, _) => refuse("constraints"),
        (true, false) => refuse("strategies"),
        (true, true) => Ok(()),
    }
}

/// The constraints that stand in a definition.
pub(super) fn constraints_of(definition: &TaskDefinition) -> Result<Vec<Constraint>, Fault> {
    let constraints = definition.placement_constraints.iter().flatten();
    constraints
        .map(|constraint| member_of(constraint.expression.as_deref().unwrap_or_default()))
        .collect()
}

pub(super) fn read_constraints(given: &[PlacementConstraint]) -> Result<Vec<Constraint>, Fault> {
    if given.len() > 10 {
        return Err(fault::invalid(
            "placementConstraints can have at most 10 items.",
        ));
    }
    given
        .iter()
        .map(|constraint| match constraint.type_.as_deref() {
            Some("distinctInstance") => Ok(Constraint::DistinctInstance),
            Some("memberOf") => member_of(constraint.expression.as_deref().unwrap_or_default()),
            _ => Err(fault::invalid("Invalid placement constraint type.")),
        })
        .collect()
}

fn member_of(expression: &str) -> Result<Constraint, Fault> {
    Expression::parse(expression)
        .map(Constraint::MemberOf)
        .map_err(|bad| fault::invalid(bad.to_string()))
}

pub(super) fn read_strategies(given: &[PlacementStrategy]) -> Result<Vec<Strategy>, Fault> {
    if given.len() > wharf_placement::place::MAX_STRATEGIES {
        return Err(fault::invalid(
            "placementStrategy can have at most 5 items.",
        ));
    }
    given.iter().map(read_strategy).collect()
}

fn read_strategy(given: &PlacementStrategy) -> Result<Strategy, Fault> {
    let field = given.field.as_deref().unwrap_or_default();
    let invalid = || fault::invalid(format!("Invalid placement strategy field: '{field}'."));
    match given.type_.as_deref() {
        Some("random") => Ok(Strategy::Random),
        Some("spread") => match field {
            "instanceId" | "host" => Ok(Strategy::SpreadHost),
            _ => match field.strip_prefix("attribute:") {
                Some(name) if !name.is_empty() => Ok(Strategy::SpreadAttribute(name.to_owned())),
                _ => Err(invalid()),
            },
        },
        Some("binpack") => match field.to_ascii_lowercase().as_str() {
            "cpu" => Ok(Strategy::BinpackCpu),
            "memory" => Ok(Strategy::BinpackMemory),
            _ => Err(invalid()),
        },
        _ => Err(fault::invalid("Invalid placement strategy type.")),
    }
}
