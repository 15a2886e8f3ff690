//! Roles that services assume for what they run.

use wharf_base::{Timestamp, arn};
use wharf_iam::{Ambient, Principal, PrincipalPolicies};

use super::{
    AssumeError, AssumeRole, Minted,
    weighed::{admitted, asked, denied, describe, role_account},
};
use crate::directory::{Directory, Standing};

/// Credentials of tasks and other things services run: renewed long before.
const SERVICE_SECONDS: i32 = 6 * 3_600;

impl Directory {
    /// A role assumed by a part of the platform for something it runs, `ecs-tasks.amazonaws.com`
    /// for a task: the role's trust policy must name the service. `source_arn` is what it is for.
    pub async fn assume_for_service(
        &self,
        role_arn: &str,
        service: &str,
        session_name: &str,
        source_arn: Option<&str>,
        now: Timestamp,
    ) -> Result<Minted, AssumeError> {
        let wanted = AssumeRole {
            role_arn: arn::canonical(role_arn).into_owned(),
            session_name: session_name.to_owned(),
            ..AssumeRole::default()
        };
        self.for_service(wanted, service, source_arn, now).await
    }

    /// The same with all that a session may carry.
    pub(super) async fn for_service(
        &self,
        wanted: AssumeRole,
        service: &str,
        source_arn: Option<&str>,
        now: Timestamp,
    ) -> Result<Minted, AssumeError> {
        let role_arn = wanted.role_arn.as_str();
        let standing = Standing {
            principal: Principal::service(service),
            policies: PrincipalPolicies::default(),
        };
        let Some(role) = self.role(role_arn).await? else {
            return Err(denied(&standing.principal, "sts:AssumeRole", role_arn));
        };
        let mut context = Ambient {
            principal: &standing.principal,
            now,
            region: "",
            source_ip: None,
            user_agent: None,
            referer: None,
            secure_transport: true,
            called_via: &[],
        }
        .context();
        describe(&mut context, &wanted);
        context.set("aws:SourceAccount", role_account(role_arn));
        context.set_some("aws:SourceArn", source_arn);
        for action in asked("sts:AssumeRole", &wanted) {
            admitted(None, &standing, &role, action, role_arn, &context)?;
        }
        let transitive = wanted.transitive_tag_keys.clone();
        self.sealed(self.role_session(&role, wanted, transitive, now, SERVICE_SECONDS)?)
    }
}
