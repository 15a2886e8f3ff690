//! Secrets of containers: fetched when a task starts, with the rights of its execution role, and handed to
//! the task's shim, which holds them in memory for as long as the task lives.
//!
//! Nothing here is written down. After a restart of the agent the shim still has what containers were made
//! with, and a container that is restarted gets the same values again; only a task whose shim was given
//! nothing yet has its secrets fetched once more.

pub mod fetch;
pub mod reference;

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use futures_util::{StreamExt, TryStreamExt, stream};
use wharf_container::{
    runtime::{ContainerError, SecretsFile, TaskHandle},
    spec::ContainerName,
};
use wharf_seal::Secret;

use self::{
    fetch::FetchError,
    reference::{NoValue, Reference, SecretVersion, Source},
};
use super::{Shared, images, live::Live};
use crate::{client::Api, node::core::TaskContext};

/// Values of one task that are asked for at the same time.
const AT_ONCE: usize = 8;

/// The secrets of a task's containers, those that have any.
#[derive(Debug, Default)]
pub struct Secrets(Vec<(ContainerName, SecretsFile)>);

/// Why a task does not have its secrets.
#[derive(Debug)]
pub enum NoSecrets {
    NoRole,
    /// Of this source.
    Fetch(Source, Box<FetchError>),
    /// `valueFrom` itself is wrong.
    Reference(String, NoValue),
    Environment(io::Error),
}

impl NoSecrets {
    /// As ECS shows it; the agents of the launch types use different words.
    pub fn reason(&self, launch_type: &str) -> String {
        const FARGATE: &str =
            "ResourceInitializationError: unable to pull secrets or registry auth:";
        let fargate = launch_type == "FARGATE";
        match self {
            Self::NoRole => format!("{FARGATE} no credentials of the execution role"),
            Self::Environment(error) if error.kind() == io::ErrorKind::InvalidInput => format!(
                "{FARGATE} no environment can hold the secrets: a container's may be 2 MiB together"
            ),
            Self::Environment(error) => format!("{FARGATE} failed to hold them in memory: {error}"),
            Self::Reference(from, error) if fargate => format!(
                "{FARGATE} execution resource retrieval failed: unable to retrieve secret from asm: \
                 {error}: {from}"
            ),
            Self::Reference(from, error) => {
                format!("Fetching secret data from AWS Secrets Manager: {error}: {from}")
            }
            Self::Fetch(source, error) if fargate => format!(
                "{FARGATE} execution resource retrieval failed: {}",
                fargate_words(source, error)
            ),
            Self::Fetch(Source::SecretsManager(of), error) => format!(
                "Fetching secret data from AWS Secrets Manager in region {}: secret {}: {error}",
                of.region, of.id
            ),
            Self::Fetch(Source::ParameterStore { region, .. }, error) => {
                format!("Fetching secret data from SSM Parameter Store in {region}: {error}")
            }
        }
    }
}

fn fargate_words(source: &Source, error: &FetchError) -> String {
    let tries = error.tries();
    match (source, error) {
        (Source::ParameterStore { .. }, _) => format!(
            "unable to retrieve secrets from ssm: service call has been retried {tries} time(s): {error}"
        ),
        (Source::SecretsManager(of), FetchError::Call { .. }) => format!(
            "unable to retrieve secret from asm: service call has been retried {tries} time(s): failed to \
             fetch secret {} from secrets manager: {error}",
            of.id
        ),
        (Source::SecretsManager(_), _) => format!(
            "unable to retrieve secret from asm: service call has been retried {tries} time(s): {error}"
        ),
    }
}

/// Fetches what the task's containers have; nothing is asked for a task without secrets.
pub async fn fetch(shared: &Shared, context: &TaskContext) -> Result<Secrets, NoSecrets> {
    let wanted = references(context)?;
    if wanted.is_empty() {
        return Ok(Secrets::default());
    }
    let api = images::execution_role(context, &shared.credentials, &shared.api);
    let api = api.await.ok_or(NoSecrets::NoRole)?;
    let sources = wanted.iter().flat_map(|(_, secrets)| secrets.iter());
    let sources: BTreeSet<Source> = sources.map(|(_, it)| it.source.clone()).collect();
    let values = values(&api, sources).await?;
    let files = wanted.iter().map(|(container, secrets)| {
        let file = file(secrets, &values)?;
        Ok((container.clone(), file))
    });
    files.collect::<Result<_, _>>().map(Secrets)
}

type Wanted = Vec<(ContainerName, Vec<(String, Reference)>)>;

/// What each container that has secrets wants, by the names of its variables.
fn references(context: &TaskContext) -> Result<Wanted, NoSecrets> {
    let mut wanted = Wanted::new();
    for container in &context.task.containers {
        let mut secrets = Vec::new();
        for secret in container.secrets.iter().filter(|one| one.is_variable()) {
            let reference = Reference::of(secret)
                .map_err(|error| NoSecrets::Reference(secret.value_from.clone(), error))?;
            secrets.push((secret.name.clone(), reference));
        }
        // One whose name is no container's is refused when it is made.
        if let Ok(name) = ContainerName::try_from(container.name.clone())
            && !secrets.is_empty()
        {
            wanted.push((name, secrets));
        }
    }
    Ok(wanted)
}

/// Each is fetched once, however many variables it is for.
async fn values(
    api: &Api,
    sources: BTreeSet<Source>,
) -> Result<BTreeMap<Source, Secret>, NoSecrets> {
    let fetching = calls(sources).into_iter().map(|call| answer(api, call));
    // In order, so that of several failures it is always the same that is shown.
    let mut fetching = stream::iter(fetching).buffered(AT_ONCE);
    let mut values = BTreeMap::new();
    while let Some(found) = fetching.try_next().await? {
        values.extend(found);
    }
    Ok(values)
}

/// What one call brings.
#[derive(Debug, PartialEq, Eq)]
enum Call {
    Secret(SecretVersion),
    Parameters { region: String, names: Vec<String> },
}

/// A call for each secret, and one for each ten parameters of a region.
fn calls(sources: BTreeSet<Source>) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        match source {
            Source::SecretsManager(of) => calls.push(Call::Secret(of)),
            Source::ParameterStore { name, region } => {
                parameters.entry(region).or_default().push(name);
            }
        }
    }
    for (region, names) in parameters {
        let some = names.chunks(fetch::MOST_PARAMETERS);
        calls.extend(some.map(|names| Call::Parameters {
            region: region.clone(),
            names: names.to_vec(),
        }));
    }
    calls
}

async fn answer(api: &Api, call: Call) -> Result<Vec<(Source, Secret)>, NoSecrets> {
    match call {
        Call::Secret(of) => {
            let value = fetch::secret(api, &of).await;
            let source = Source::SecretsManager(of);
            match value {
                Ok(value) => Ok(vec![(source, value)]),
                Err(error) => Err(NoSecrets::Fetch(source, Box::new(error))),
            }
        }
        Call::Parameters { region, names } => {
            let values = fetch::parameters(api, &region, &names).await;
            let source = |name: String| Source::ParameterStore {
                name,
                region: region.clone(),
            };
            match values {
                Ok(values) => Ok(names.into_iter().map(source).zip(values).collect()),
                Err(error) => Err(NoSecrets::Fetch(source(names.join(", ")), Box::new(error))),
            }
        }
    }
}

fn file(
    secrets: &[(String, Reference)],
    values: &BTreeMap<Source, Secret>,
) -> Result<SecretsFile, NoSecrets> {
    let mut variables = Vec::with_capacity(secrets.len());
    for (name, reference) in secrets {
        let value = values.get(&reference.source).and_then(Secret::expose_str);
        let picked = reference.pick(value.unwrap_or_default());
        let picked = picked.map_err(|error| {
            NoSecrets::Fetch(
                reference.source.clone(),
                Box::new(FetchError::NoValue(error)),
            )
        })?;
        variables.push((name.as_str(), Secret::from(picked)));
    }
    let pairs = variables.iter();
    let pairs = pairs.map(|(name, value)| (*name, value.expose_str().unwrap_or_default()));
    SecretsFile::new(pairs).map_err(NoSecrets::Environment)
}

impl Secrets {
    pub async fn hand_over(&self, to: &TaskHandle) -> Result<(), ContainerError> {
        for (container, file) in &self.0 {
            to.hold_secrets(container, file).await?;
        }
        Ok(())
    }
}

/// Sees to it that the shim of a task holds the secrets of its containers.
///
/// # Errors
/// As ECS shows it.
pub async fn ensure(shared: &Shared, live: &Live) -> Result<(), String> {
    let context = &live.context;
    let given = live.secrets.get_or_try_init(|| async {
        let wanted = references(context).map_err(|e| e.reason(&context.task.launch_type))?;
        let failed = |error: ContainerError| error.reason();
        if wanted.is_empty() {
            return Ok(());
        }
        // Taken over from an agent that ended: before it gave them, or after.
        let held = live.handle.status().await.map_err(failed)?.secrets;
        if wanted.iter().all(|(container, _)| held.contains(container)) {
            return Ok(());
        }
        let secrets = fetch(shared, context).await;
        let secrets = secrets.map_err(|e| e.reason(&context.task.launch_type))?;
        secrets.hand_over(&live.handle).await.map_err(failed)
    });
    given.await.copied()
}

#[cfg(test)]
mod tests;
