//! The small world these tests play in.

use std::sync::Arc;

use wharf_base::Timestamp;
use wharf_iam::{
    CompiledPolicy, Context, Decision, DocumentKind, PolicySet, Principal, PrincipalPolicies,
    Request, ResourcePolicy, evaluate,
};

pub const ACCOUNT: &str = "000000000000";
pub const OTHER: &str = "111111111111";
pub const TASK: &str = "arn:aws:ecs:us-east-1:000000000000:task/blue/1";

pub fn anna() -> Principal {
    Principal::user(
        "arn:aws:iam::000000000000:user/dev/anna",
        "AIDAANNAAAAAAAAAAAAAA",
    )
}

pub fn stranger() -> Principal {
    Principal::user(
        "arn:aws:iam::111111111111:user/stranger",
        "AIDASTRANGERAAAAAAAAA",
    )
}

pub fn deployer() -> Principal {
    let role = "arn:aws:iam::000000000000:role/ops/deploy";
    Principal::session(
        role,
        "AROADEPLOYAAAAAAAAAAA",
        "run",
        Timestamp::from_millis(0),
    )
}

/// A service that acts in the account with a role of its own.
pub fn acting_service() -> Principal {
    Principal {
        account: ACCOUNT.to_owned(),
        ..Principal::service("ecs.amazonaws.com")
    }
}

pub fn principals() -> Vec<Principal> {
    vec![
        anna(),
        stranger(),
        deployer(),
        Principal::root(ACCOUNT),
        Principal::service("ecs-tasks.amazonaws.com"),
        acting_service(),
        Principal::anonymous(),
    ]
}

/// Statements as JSON objects, made into an identity-like policy.
pub fn policy(statements: &str) -> Arc<CompiledPolicy> {
    compile(statements, DocumentKind::Managed)
}

pub fn resource_policy(statements: &str) -> Arc<CompiledPolicy> {
    compile(statements, DocumentKind::Resource)
}

fn compile(statements: &str, kind: DocumentKind) -> Arc<CompiledPolicy> {
    let text = format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#);
    match CompiledPolicy::parse("test", &text, kind) {
        Ok(policy) => Arc::new(policy),
        Err(error) => panic!("{text}: {error}"),
    }
}

pub fn allow(action: &str) -> Arc<CompiledPolicy> {
    policy(&format!(
        r#"{{"Effect":"Allow","Action":"{action}","Resource":"*"}}"#
    ))
}

pub fn deny(action: &str) -> Arc<CompiledPolicy> {
    policy(&format!(
        r#"{{"Effect":"Deny","Action":"{action}","Resource":"*"}}"#
    ))
}

/// One decision about `ecs:StopTask` on [`TASK`].
pub struct Case {
    pub principal: Principal,
    pub own: PrincipalPolicies,
    pub resource: Option<Arc<CompiledPolicy>>,
    pub required: bool,
}

impl Case {
    pub fn of(principal: Principal) -> Self {
        Self {
            principal,
            own: PrincipalPolicies::default(),
            resource: None,
            required: false,
        }
    }

    pub fn identity(mut self, policy: Arc<CompiledPolicy>) -> Self {
        self.own.identity.push(policy);
        self
    }

    pub fn boundary(mut self, policy: Arc<CompiledPolicy>) -> Self {
        self.own.boundary = Some(policy);
        self
    }

    pub fn session(mut self, policy: Arc<CompiledPolicy>) -> Self {
        self.own.session.get_or_insert_default().push(policy);
        self
    }

    pub fn service_control(mut self, policy: Arc<CompiledPolicy>) -> Self {
        self.own.service_control.push(policy);
        self
    }

    /// A statement of the resource's policy, `who` as its Principal.
    pub fn resource(mut self, effect: &str, who: &str) -> Self {
        self.resource = Some(resource_policy(&format!(
            r#"{{"Effect":"{effect}","Principal":{who},"Action":"ecs:*"}}"#
        )));
        self
    }

    pub fn required(mut self) -> Self {
        self.required = true;
        self
    }

    pub fn decide(&self) -> (Decision, Option<String>) {
        self.ask(|request, policies| {
            let decision = evaluate(request, policies);
            let message = decision.message(request);
            (decision, message)
        })
    }

    pub fn ask<T>(&self, ask: impl FnOnce(&Request<'_>, &PolicySet<'_>) -> T) -> T {
        let context = Context::new();
        let request = Request {
            principal: &self.principal,
            action: "ecs:StopTask",
            resource: TASK,
            resource_account: ACCOUNT,
            context: &context,
        };
        let resource = self.resource.as_ref().map(|policy| ResourcePolicy {
            policy,
            required: self.required,
        });
        let policies = PolicySet {
            principal: &self.own,
            resource,
        };
        ask(&request, &policies)
    }

    pub fn allowed(&self) -> bool {
        self.decide().0.is_allowed()
    }
}
