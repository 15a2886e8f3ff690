//! Keys of tasks' roles, as a session hands them out.

use wharf_base::ids;
use wharf_records::ecs::{Status, Task};

use super::{PERMIT, Session};
use crate::{
    acs::{
        credentials::{self, RoleType},
        message::{self, frame},
    },
    roles::RoleError,
    state::ChangeError,
    task::stop,
};

impl Session<'_> {
    /// The keys of one role. `None` if there are none now: the task was stopped if there never will
    /// be any, else the next tick tries again.
    pub(super) async fn mint(
        &mut self,
        task: &Task,
        role: &str,
        kind: RoleType,
    ) -> Result<Option<message::Credentials>, ChangeError> {
        match credentials::mint(self.agents, task, role, kind).await {
            Ok((made, expires)) => {
                self.keys.insert((task.arn.clone(), kind), expires);
                Ok(Some(made))
            }
            Err(RoleError::Unusable(_)) if task.last < Status::Running => {
                let now = self.agents.state.now();
                let refuse = |task: &mut Task| {
                    stop::give_up(task, &stop::role_refused(role), true, now);
                };
                if let Some(key) = crate::names::task_key(&task.arn) {
                    self.agents
                        .state
                        .change_task(&PERMIT, None, &key, refuse)
                        .await?;
                }
                Ok(None)
            }
            Err(error) => {
                let error = wharf_wire::fault::Chain(&error).to_string();
                tracing::warn!(
                    task = task.arn,
                    role,
                    error,
                    "failed to get credentials for a task's role"
                );
                Ok(None)
            }
        }
    }

    /// Sends new keys for every role of a task the agent has already.
    pub(super) async fn renew_keys(&mut self, task: &Task) -> Result<(), ChangeError> {
        let Some(definition) = self.definition(task).await? else {
            return Ok(());
        };
        for kind in RoleType::ALL {
            let Some(role) = credentials::role(task, &definition, kind) else {
                continue;
            };
            let Some(made) = self.mint(task, &role, kind).await? else {
                continue;
            };
            let message = message::CredentialsMessage {
                message_id: ids::uuid(),
                task_arn: task.arn.clone(),
                task_cluster_arn: task.cluster_arn.clone(),
                role_type: kind.as_str(),
                role_credentials: made,
            };
            self.outbox
                .push(frame("IAMRoleCredentialsMessage", &message));
        }
        Ok(())
    }
}
