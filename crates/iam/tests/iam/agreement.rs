//! Both evaluators, the same questions.

use std::sync::Arc;

use proptest::{prelude::*, strategy::ValueTree, test_runner::TestRunner};
use serde_json::Value;
use wharf_iam::{
    CompiledPolicy, Context, Decision, DocumentKind, PolicySet, PrincipalPolicies, Request,
    ResourcePolicy, evaluate,
};

use crate::{
    generators::{Asked, asked, policies},
    naive::{self, Policies, Question},
};

fn compile(document: &Value, kind: DocumentKind) -> Arc<CompiledPolicy> {
    match CompiledPolicy::parse("generated", &document.to_string(), kind) {
        Ok(policy) => Arc::new(policy),
        Err(error) => panic!("{document}: {error}"),
    }
}

fn compile_all<'a>(documents: impl IntoIterator<Item = &'a Value>) -> Vec<Arc<CompiledPolicy>> {
    documents
        .into_iter()
        .map(|document| compile(document, DocumentKind::InlineRole))
        .collect()
}

/// What the real evaluator says, in the words of the naive one.
pub fn real(asked: &Asked, policies: &Policies) -> String {
    let own = PrincipalPolicies {
        service_control: compile_all(&policies.service_control),
        identity: compile_all(&policies.identity),
        boundary: compile_all(&policies.boundary).pop(),
        session: policies.session.as_ref().map(compile_all),
    };
    let attached = policies
        .resource
        .as_ref()
        .map(|it| compile(it, DocumentKind::Resource));
    let resource = attached.as_ref().map(|policy| ResourcePolicy {
        policy,
        required: policies.required,
    });
    let mut context = Context::new();
    for (key, values) in &asked.keys {
        context.set_all(key, values.iter().cloned());
    }
    let request = Request {
        principal: &asked.principal,
        action: asked.action,
        resource: asked.resource,
        resource_account: asked.resource_account,
        context: &context,
    };
    match evaluate(
        &request,
        &PolicySet {
            principal: &own,
            resource,
        },
    ) {
        Decision::Allowed(_) => "allow".to_owned(),
        Decision::Denied(denial) => {
            let word = if denial.explicit.is_some() {
                "deny"
            } else {
                "none"
            };
            format!("{word} {:?}", denial.kind)
        }
    }
}

pub fn naive(asked: &Asked, policies: &Policies) -> String {
    let question = Question {
        principal: &asked.principal,
        action: asked.action,
        resource: asked.resource,
        resource_account: asked.resource_account,
        keys: &asked.keys,
    };
    naive::decide(&question, policies)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 6_000, ..ProptestConfig::default() })]

    #[test]
    fn both_evaluators_agree(asked in asked(), policies in policies()) {
        prop_assert_eq!(real(&asked, &policies), naive(&asked, &policies));
    }
}

/// The generators would prove nothing if their worlds never met.
#[test]
fn every_outcome_is_generated() {
    let mut runner = TestRunner::deterministic();
    let mut seen = std::collections::BTreeMap::<String, u32>::new();
    for _ in 0..5_000 {
        let (asked, policies) = (asked(), policies())
            .new_tree(&mut runner)
            .unwrap()
            .current();
        *seen.entry(real(&asked, &policies)).or_default() += 1;
    }
    let kinds = [
        "ServiceControl",
        "Identity",
        "Resource",
        "Boundary",
        "Session",
    ];
    let mut expected = vec!["allow".to_owned()];
    expected.extend(
        kinds
            .iter()
            .flat_map(|it| [format!("deny {it}"), format!("none {it}")]),
    );
    for outcome in expected {
        assert!(
            seen.get(&outcome).is_some_and(|times| *times >= 10),
            "{outcome}: {seen:?}"
        );
    }
}
