//! Definitions of tasks that the agent is told of; a session remembers those it has read.

use std::sync::Arc;

use wharf_api_ecs::TaskDefinition;
use wharf_records::ecs::Task;

use super::Session;
use crate::{Agents, document, names, state::ChangeError};

/// Definitions remembered by one session; they never change.
const MAX_DEFINITIONS: usize = 256;

impl Session<'_> {
    pub(super) async fn definition(
        &mut self,
        task: &Task,
    ) -> Result<Option<Arc<TaskDefinition>>, ChangeError> {
        if let Some(known) = self.definitions.get(&task.definition) {
            return Ok(Some(known.clone()));
        }
        let Some(document) = read_definition(self.agents, task).await? else {
            tracing::error!(
                task = task.arn,
                "failed to send a task to its agent: its task definition does not exist"
            );
            return Ok(None);
        };
        if self.definitions.len() >= MAX_DEFINITIONS {
            self.definitions.clear();
        }
        let definition = Arc::new(document);
        self.definitions
            .insert(task.definition.clone(), definition.clone());
        Ok(Some(definition))
    }
}

/// Where the task is at home, which need not be where its host is.
async fn read_definition(
    agents: &Agents,
    task: &Task,
) -> Result<Option<TaskDefinition>, ChangeError> {
    let Some(place) = names::place_of(&task.arn) else {
        return Ok(None);
    };
    let stored = agents.state.definition_of(&place, &task.definition).await?;
    Ok(stored.and_then(|stored| document::definition(&stored.record.document).ok()))
}
