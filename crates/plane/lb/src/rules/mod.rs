//! Rules of a listener: which action a request gets.

mod condition;
mod redirect;

use std::{net::IpAddr, sync::Arc};

use http::{HeaderMap, Method, Uri};
use wharf_planeproto::balancer::{Condition, Rule};

pub use self::{
    condition::{CompiledCondition, Unusable},
    redirect::{Redirect, Source as RedirectSource},
};

/// What conditions look at.
pub struct Subject<'a> {
    pub method: &'a Method,
    pub uri: &'a Uri,
    /// Without the port, lower case.
    pub host: &'a str,
    pub headers: &'a HeaderMap,
    /// The connection's peer.
    pub source: IpAddr,
}

/// A rule whose patterns are compiled; its action is resolved when a table is made.
#[derive(Debug)]
pub struct CompiledRule {
    pub rule: Rule,
    conditions: Vec<CompiledCondition>,
}

impl CompiledRule {
    pub fn compile(rule: Rule) -> Result<Arc<Self>, Unusable> {
        let compile = |condition: &Condition| CompiledCondition::compile(condition);
        let conditions = rule.conditions.iter().map(compile);
        let conditions = conditions.collect::<Result<_, _>>()?;
        Ok(Arc::new(Self { rule, conditions }))
    }

    pub fn matches(&self, subject: &Subject<'_>) -> bool {
        let mut conditions = self.conditions.iter();
        conditions.all(|condition| condition.matches(subject))
    }
}

#[cfg(test)]
mod tests;
