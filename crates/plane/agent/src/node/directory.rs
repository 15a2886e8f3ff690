//! The node's tasks as those see them who only look: metadata, telemetry, introspection.

use std::{collections::BTreeMap, sync::Arc};

use parking_lot::RwLock;

use super::{core::TaskContext, record::TaskRecord};

/// A task at one moment.
#[derive(Debug)]
pub struct TaskView {
    pub context: Arc<TaskContext>,
    pub record: TaskRecord,
}

#[derive(Debug, Default)]
struct Index {
    tasks: BTreeMap<String, Arc<TaskView>>,
    /// Endpoint id → task and index of the container.
    endpoints: BTreeMap<String, (String, usize)>,
    container_instance_arn: String,
}

/// Shared, cheap to clone; written by the node's loop alone.
#[derive(Debug, Clone, Default)]
pub struct Directory(Arc<RwLock<Index>>);

impl Directory {
    pub(super) fn put(&self, context: &Arc<TaskContext>, record: &TaskRecord) {
        let mut index = self.0.write();
        let id = &context.id;
        if !index.tasks.contains_key(id) {
            for (at, endpoint) in context.endpoint_ids.iter().enumerate() {
                index.endpoints.insert(endpoint.clone(), (id.clone(), at));
            }
        }
        let view = TaskView {
            context: context.clone(),
            record: record.clone(),
        };
        index.tasks.insert(id.clone(), Arc::new(view));
    }

    pub(super) fn remove(&self, id: &str) {
        let mut index = self.0.write();
        if let Some(view) = index.tasks.remove(id) {
            for endpoint in &view.context.endpoint_ids {
                index.endpoints.remove(endpoint);
            }
        }
    }

    pub(super) fn set_container_instance(&self, arn: &str) {
        let mut index = self.0.write();
        arn.clone_into(&mut index.container_instance_arn);
    }

    pub fn container_instance(&self) -> String {
        self.read(|index| index.container_instance_arn.clone())
    }

    pub fn task(&self, id: &str) -> Option<Arc<TaskView>> {
        self.read(|index| index.tasks.get(id).cloned())
    }

    pub fn all(&self) -> Vec<Arc<TaskView>> {
        self.read(|index| index.tasks.values().cloned().collect())
    }

    /// The task whose own role has the credentials of that id.
    pub fn with_credentials(&self, id: &str) -> Option<Arc<TaskView>> {
        self.read(|index| {
            let mut tasks = index.tasks.values();
            let found = tasks.find(|task| task.record.credentials_id.as_deref() == Some(id));
            found.cloned()
        })
    }

    /// The container that a metadata URI speaks for.
    pub fn at_endpoint(&self, endpoint_id: &str) -> Option<(Arc<TaskView>, usize)> {
        self.read(|index| {
            let (id, at) = index.endpoints.get(endpoint_id)?;
            Some((index.tasks.get(id)?.clone(), *at))
        })
    }

    fn read<T>(&self, look: impl FnOnce(&Index) -> T) -> T {
        look(&self.0.read())
    }
}
