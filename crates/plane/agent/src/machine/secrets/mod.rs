//! Secrets of containers, and what their environment files say: fetched when a task starts, with the rights of
//! its execution role, and handed to the task's shim, which holds them in memory for as long as the task lives.
//!
//! A variable has the value that the first of these gives it: the agent itself, a secret, `environment` of the
//! definition, the first file that names it, the agent's defaults, the image. What is handed over is decided here
//! as far as it beats the last two, so that the shim puts it over whatever else there is.
//!
//! Nothing here is written down. After a restart of the agent the shim still has what containers were made
//! with, and a container that is restarted gets the same values again; only a task whose shim was given
//! nothing yet has its secrets fetched once more. Options of log drivers the agent needs itself, and an agent
//! that follows fetches them again.

pub mod env_file;
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
    env_file::{BadFile, EnvFile},
    fetch::FetchError,
    reference::{NoValue, Reference, SecretVersion, Source},
};
use super::{Addresses, Shared, bundle, error::StepError, images, live::Live};
use crate::{client::Api, node::core::TaskContext};

/// Values of one task that are asked for at the same time.
const AT_ONCE: usize = 8;

/// The secrets of a task's containers, those that have any.
#[derive(Debug, Default)]
pub struct Secrets {
    variables: Vec<(ContainerName, SecretsFile)>,
    pub log_options: LogSecrets,
}

/// Options of log drivers that are secrets, by containers of a task and their own names.
#[derive(Debug, Clone, Default)]
pub struct LogSecrets(BTreeMap<usize, BTreeMap<String, Secret>>);

impl LogSecrets {
    pub fn of(&self, at: usize) -> BTreeMap<String, Secret> {
        self.0.get(&at).cloned().unwrap_or_default()
    }
}

/// Why a task does not have its secrets.
#[derive(Debug)]
pub enum NoSecrets {
    NoRole,
    /// Of this source.
    Fetch(Source, Box<FetchError>),
    /// `valueFrom` itself is wrong.
    Reference(String, NoValue),
    /// The ARN of a file is.
    File(BadFile),
    Environment(io::Error),
}

impl NoSecrets {
    /// Nobody answered, which says nothing of whether the values may be had.
    pub fn is_unanswered(&self) -> bool {
        match self {
            Self::Fetch(_, error) => error.is_unanswered(),
            Self::NoRole | Self::Reference(..) | Self::File(_) | Self::Environment(_) => false,
        }
    }

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
            Self::File(error) => {
                format!("ResourceInitializationError: failed to download env files: {error}")
            }
            Self::Reference(from, error) if fargate => format!(
                "{FARGATE} execution resource retrieval failed: unable to retrieve secret from asm: \
                 {error}: {from}"
            ),
            Self::Reference(from, error) => {
                format!("Fetching secret data from AWS Secrets Manager: {error}: {from}")
            }
            Self::Fetch(Source::File(_), error) if fargate => format!(
                "ResourceInitializationError: failed to download env files: file download command: non \
                 empty error stream: {error}"
            ),
            Self::Fetch(Source::File(EnvFile { bucket, key }), error) => {
                format!(
                    "unable to download env file with key {key} from bucket {bucket}, error: {error}"
                )
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
        (Source::SecretsManager(of), FetchError::Call(_)) => format!(
            "unable to retrieve secret from asm: service call has been retried {tries} time(s): failed to \
             fetch secret {} from secrets manager: {error}",
            of.id
        ),
        (Source::SecretsManager(_) | Source::File(_), _) => format!(
            "unable to retrieve secret from asm: service call has been retried {tries} time(s): {error}"
        ),
    }
}

/// Fetches what the task's containers have; nothing is asked for a task without secrets and files.
pub async fn fetch(shared: &Shared, context: &TaskContext) -> Result<Secrets, NoSecrets> {
    let wanted = wanted(context, shared.addresses(context))?;
    secrets(shared, context, &wanted).await
}

/// Fetches the options of log drivers alone.
pub async fn fetch_log_options(
    shared: &Shared,
    context: &TaskContext,
) -> Result<LogSecrets, NoSecrets> {
    let mut wanted = wanted(context, shared.addresses(context))?;
    for one in &mut wanted {
        one.secrets.clear();
        one.files.clear();
    }
    wanted.retain(|one| !one.log_options.is_empty());
    Ok(secrets(shared, context, &wanted).await?.log_options)
}

async fn secrets(
    shared: &Shared,
    context: &TaskContext,
    wanted: &[Wanted],
) -> Result<Secrets, NoSecrets> {
    if wanted.is_empty() {
        return Ok(Secrets::default());
    }
    let api = images::execution_role(context, &shared.credentials, &shared.api);
    let api = api.await.ok_or(NoSecrets::NoRole)?;
    let sources = wanted.iter().flat_map(Wanted::sources).collect();
    let values = values(&api, sources).await?;
    let mut secrets = Secrets::default();
    for one in wanted {
        if one.has_variables() {
            let file = one.file(&values)?;
            secrets.variables.push((one.container.clone(), file));
        }
        let options = one.log_options(&values)?;
        secrets.log_options.0.insert(one.at, options);
    }
    Ok(secrets)
}

/// What a container wants.
struct Wanted {
    /// Which of the task's it is.
    at: usize,
    container: ContainerName,
    /// By the names of their variables.
    secrets: Vec<(String, Reference)>,
    /// By the names of the log driver's options.
    log_options: Vec<(String, Reference)>,
    files: Vec<EnvFile>,
    /// Names that no file gives a value.
    decided: BTreeSet<String>,
    /// Those of them that no secret gives one.
    fixed: BTreeSet<String>,
}

/// What each container that has secrets or files wants.
fn wanted(context: &TaskContext, addresses: &Addresses) -> Result<Vec<Wanted>, NoSecrets> {
    let mut all = Vec::new();
    for (at, container) in context.task.containers.iter().enumerate() {
        let (mut secrets, mut log_options) = (Vec::new(), Vec::new());
        for secret in &container.secrets {
            let reference = Reference::of(secret)
                .map_err(|error| NoSecrets::Reference(secret.value_from.clone(), error))?;
            let of = match secret.is_variable() {
                true => &mut secrets,
                false => &mut log_options,
            };
            of.push((secret.name.clone(), reference));
        }
        let files = container.environment_files.iter();
        let files = files.map(|file| EnvFile::of(&file.value));
        let files = files.collect::<Result<Vec<_>, _>>();
        let files = files.map_err(NoSecrets::File)?;
        if secrets.is_empty() && log_options.is_empty() && files.is_empty() {
            continue;
        }
        // One whose name is no container's is refused when it is made.
        let Ok(name) = ContainerName::try_from(container.name.clone()) else {
            continue;
        };
        let fixed = bundle::variables(context, at, addresses).fixed;
        let fixed: BTreeSet<String> = fixed.into_iter().map(|(name, _)| name).collect();
        let of_secrets = secrets.iter().map(|(name, _)| name.clone());
        let mut decided: BTreeSet<String> = of_secrets.chain(fixed.iter().cloned()).collect();
        decided.extend(container.environment.keys().cloned());
        all.push(Wanted {
            at,
            container: name,
            secrets,
            log_options,
            files,
            decided,
            fixed,
        });
    }
    Ok(all)
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
    File(EnvFile),
    Parameters { region: String, names: Vec<String> },
}

/// A call for each secret and each file, and one for each ten parameters of a region.
fn calls(sources: BTreeSet<Source>) -> Vec<Call> {
    let mut calls = Vec::new();
    let mut parameters: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources {
        match source {
            Source::SecretsManager(of) => calls.push(Call::Secret(of)),
            Source::File(of) => calls.push(Call::File(of)),
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
            alone(Source::SecretsManager(of), value)
        }
        Call::File(of) => {
            let value = fetch::file(api, &of).await;
            alone(Source::File(of), value)
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

fn alone(
    source: Source,
    value: Result<Secret, FetchError>,
) -> Result<Vec<(Source, Secret)>, NoSecrets> {
    match value {
        Ok(value) => Ok(vec![(source, value)]),
        Err(error) => Err(NoSecrets::Fetch(source, Box::new(error))),
    }
}

impl Wanted {
    fn sources(&self) -> impl Iterator<Item = Source> {
        let secrets = self.secrets.iter().chain(&self.log_options);
        let secrets = secrets.map(|(_, it)| it.source.clone());
        secrets.chain(self.files.iter().cloned().map(Source::File))
    }

    /// Whether its shim is to hold any.
    fn has_variables(&self) -> bool {
        !self.secrets.is_empty() || !self.files.is_empty()
    }

    fn file(&self, values: &BTreeMap<Source, Secret>) -> Result<SecretsFile, NoSecrets> {
        let of_secrets = self.of_secrets(values)?;
        let pairs = of_secrets.iter();
        let pairs = pairs.map(|(name, value)| (*name, value.expose_str().unwrap_or_default()));
        SecretsFile::new(pairs.chain(self.of_files(values))).map_err(NoSecrets::Environment)
    }

    fn of_secrets<'a>(
        &'a self,
        values: &BTreeMap<Source, Secret>,
    ) -> Result<Vec<(&'a str, Secret)>, NoSecrets> {
        let mut variables = Vec::with_capacity(self.secrets.len());
        for (name, reference) in &self.secrets {
            let picked = picked(reference, values)?;
            if !self.fixed.contains(name) {
                variables.push((name.as_str(), picked));
            }
        }
        Ok(variables)
    }

    fn log_options(
        &self,
        values: &BTreeMap<Source, Secret>,
    ) -> Result<BTreeMap<String, Secret>, NoSecrets> {
        let options = self.log_options.iter();
        options
            .map(|(name, reference)| Ok((name.clone(), picked(reference, values)?)))
            .collect()
    }

    /// Earlier files beat later ones; within one the last line counts.
    fn of_files<'a>(&self, values: &'a BTreeMap<Source, Secret>) -> BTreeMap<&'a str, &'a str> {
        let texts = self.files.iter().rev().filter_map(|file| {
            let value = values.get(&Source::File(file.clone()))?;
            value.expose_str()
        });
        let mut variables: BTreeMap<&str, &str> = texts.flat_map(env_file::variables).collect();
        variables.retain(|name, _| !self.decided.contains(*name));
        variables
    }
}

fn picked(reference: &Reference, values: &BTreeMap<Source, Secret>) -> Result<Secret, NoSecrets> {
    let value = values.get(&reference.source).and_then(Secret::expose_str);
    let picked = reference.pick(value.unwrap_or_default());
    picked.map(Secret::from).map_err(|error| {
        let error = Box::new(FetchError::NoValue(error));
        NoSecrets::Fetch(reference.source.clone(), error)
    })
}

impl Secrets {
    pub async fn hand_over(&self, to: &TaskHandle) -> Result<(), ContainerError> {
        for (container, file) in &self.variables {
            to.hold_secrets(container, file).await?;
        }
        Ok(())
    }
}

/// Sees to it that the shim of a task holds the secrets of its containers.
pub async fn ensure(shared: &Shared, live: &Live) -> Result<(), StepError> {
    let context = &live.context;
    let given = live.secrets.get_or_try_init(|| async {
        let wanted = wanted(context, shared.addresses(context));
        let mut wanted = wanted.map_err(|why| StepError::secrets(why, context))?;
        wanted.retain(Wanted::has_variables);
        if wanted.is_empty() {
            return Ok(());
        }
        // Taken over from an agent that ended: before it gave them, or after.
        let held = live.handle.status().await?.secrets;
        if wanted.iter().all(|one| held.contains(&one.container)) {
            return Ok(());
        }
        let secrets = fetch(shared, context).await;
        let secrets = secrets.map_err(|why| StepError::secrets(why, context))?;
        secrets.hand_over(&live.handle).await?;
        Ok::<_, StepError>(())
    });
    given.await.copied()
}

#[cfg(test)]
mod tests;
