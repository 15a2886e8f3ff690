//! `wharf logs`: what the containers of a service or a task print, without knowing groups and streams.
//!
//! The lines are those that `awslogs` brought to CloudWatch Logs; their streams follow from the tasks and
//! their definitions.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    io::{self, IsTerminal, Write},
    process::ExitCode,
    time::Duration,
};

use serde_json::json;
use wharf_agent::client::{Api, CallError};
use wharf_api_ecs::types::*;
use wharf_api_logs::types::{FilterLogEventsRequest, FilterLogEventsResponse, FilteredLogEvent};
use wharf_base::{Clock, SystemClock};

use crate::{
    args::LogsArgs,
    call,
    layout::{Layout, Settings},
    place,
    problem::Problem,
    style::Style,
    workload::{Named, Workload, id_of},
};

/// Streams that one call of FilterLogEvents takes.
const STREAMS_AT_ONCE: usize = 100;
const PAUSE: Duration = Duration::from_millis(500);
/// How often the tasks of a service are looked up anew, in pauses.
const TASKS_EVERY: u32 = 4;
/// Lines of several containers do not come in the order of their times: so far back is asked again.
const OVERLAP_MS: i64 = 5_000;
/// Of a task's id; as many as `wharf status` shows.
const SHOWN_OF_ID: usize = 8;

/// Where lines lie that one call can read.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Group {
    region: String,
    name: String,
}

/// Who writes a stream.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Writer {
    task: String,
    container: String,
}

type Streams = BTreeMap<Group, BTreeMap<String, Writer>>;

pub fn run(args: &LogsArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = place::settings(layout.settings()?, &args.region, Some(&args.name))?;
    let said = call::block_on(async {
        let api = call::api(&layout, &settings)?;
        let cluster = args.cluster.as_deref();
        let (workload, named) = Workload::find(&api, &settings, cluster, &args.name).await?;
        let reader = Reader {
            layout: &layout,
            workload,
            named,
            container: args.container.as_deref(),
            definitions: HashMap::new(),
            apis: HashMap::new(),
            from: SystemClock.now().millis().saturating_sub(args.since),
            seen: BTreeSet::new(),
            out: Printer {
                json: args.output.json,
                style: Style::of_stdout(),
                terminal: io::stdout().is_terminal(),
                several: false,
            },
        };
        reader.read(args.follow).await
    });
    match said {
        Ok(0) if !args.output.json => {
            eprintln!("No lines in that time; --since 7d looks further back, --follow waits.");
            Ok(ExitCode::SUCCESS)
        }
        Ok(_) => Ok(ExitCode::SUCCESS),
        Err(Failure::Problem(problem)) => Err(problem),
        // As a shell tells that nobody reads what was printed.
        Err(Failure::Output(error)) if error.kind() == io::ErrorKind::BrokenPipe => {
            Ok(ExitCode::from(141))
        }
        Err(Failure::Output(error)) => Err(Problem::caused("cannot print", error)),
    }
}

enum Failure {
    Problem(Problem),
    Output(io::Error),
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

impl From<io::Error> for Failure {
    fn from(error: io::Error) -> Self {
        Self::Output(error)
    }
}

struct Reader<'a> {
    layout: &'a Layout,
    workload: Workload<'a>,
    named: Named,
    container: Option<&'a str>,
    definitions: HashMap<String, Vec<ContainerDefinition>>,
    /// Signed for each region that groups are in.
    apis: HashMap<String, Api>,
    /// Milliseconds since 1970; what is older was read or is not wanted.
    from: i64,
    /// Printed events since `from`, by time and id.
    seen: BTreeSet<(i64, String)>,
    out: Printer,
}

impl Reader<'_> {
    /// Prints what there is and, if asked to, what comes. Returns the number of lines.
    async fn read(mut self, follow: bool) -> Result<usize, Failure> {
        let mut printed = 0;
        let mut ended = false;
        for round in 0_u32.. {
            let (streams, running) = match self.streams().await {
                Ok(found) => found,
                Err(problem) if round == 0 => return Err(problem.into()),
                // A server that restarts is no reason to stop following.
                Err(_) => {
                    tokio::time::sleep(PAUSE).await;
                    continue;
                }
            };
            self.out.several =
                self.out.several || streams.values().map(BTreeMap::len).sum::<usize>() > 1;
            let mut quiet = 0;
            while quiet < TASKS_EVERY {
                let count = match self.print_new(&streams).await {
                    Err(Failure::Problem(_)) if follow && round > 0 => 0,
                    other => other?,
                };
                printed += count;
                if !follow {
                    return Ok(printed);
                }
                tokio::time::sleep(PAUSE).await;
                quiet += 1;
            }
            // One more round after a task's end: its last lines are on their way.
            if matches!(self.named, Named::Task(_)) && !running {
                if ended {
                    return Ok(printed);
                }
                ended = true;
            }
        }
        Ok(printed)
    }

    /// The streams of the tasks there are, and whether one of these still runs.
    async fn streams(&mut self) -> Result<(Streams, bool), Problem> {
        let tasks = match &self.named {
            Named::Service(service) => self.workload.of_service(service, true).await?,
            Named::Task(id) => self.workload.described(std::slice::from_ref(id)).await?,
        };
        let mut streams = Streams::new();
        let mut elsewhere = BTreeSet::new();
        for task in &tasks {
            for container in self.definition_of(task).await? {
                let name = container.name.clone().unwrap_or_default();
                if self.container.is_some_and(|wanted| wanted != name) {
                    continue;
                }
                match stream(task, &container, &self.workload.settings.region) {
                    Ok((group, stream)) => {
                        let writer = Writer {
                            task: id_of(task.task_arn.as_deref().unwrap_or_default()).to_owned(),
                            container: name,
                        };
                        streams.entry(group).or_default().insert(stream, writer);
                    }
                    Err(Elsewhere(driver)) => drop(elsewhere.insert((name, driver))),
                }
            }
        }
        if streams.is_empty() && !tasks.is_empty() {
            return Err(no_lines(self.container, &elsewhere));
        }
        let running = tasks
            .iter()
            .any(|task| task.last_status.as_deref() != Some("STOPPED"));
        Ok((streams, running))
    }

    async fn definition_of(&mut self, task: &Task) -> Result<Vec<ContainerDefinition>, Problem> {
        let arn = task.task_definition_arn.clone().unwrap_or_default();
        if let Some(known) = self.definitions.get(&arn) {
            return Ok(known.clone());
        }
        let input = DescribeTaskDefinitionRequest {
            task_definition: Some(arn.clone()),
            ..Default::default()
        };
        let (api, settings) = (self.workload.api, self.workload.settings);
        let answer: DescribeTaskDefinitionResponse =
            call::call(api, settings, "DescribeTaskDefinition", &input).await?;
        let found = answer
            .task_definition
            .and_then(|definition| definition.container_definitions)
            .unwrap_or_default();
        self.definitions.insert(arn, found.clone());
        Ok(found)
    }

    /// Prints events that were not printed yet, in the order of their times.
    async fn print_new(&mut self, streams: &Streams) -> Result<usize, Failure> {
        let mut events = Vec::new();
        for (group, streams) in streams {
            let names: Vec<&String> = streams.keys().collect();
            for some in names.chunks(STREAMS_AT_ONCE) {
                for event in self.events(group, some).await? {
                    let stream = event.log_stream_name.as_deref().unwrap_or_default();
                    let key = (
                        event.timestamp.unwrap_or_default(),
                        event.event_id.clone().unwrap_or_default(),
                    );
                    if let Some(writer) = streams.get(stream)
                        && !self.seen.contains(&key)
                    {
                        events.push((key, writer.clone(), event.message.unwrap_or_default()));
                    }
                }
            }
        }
        events.sort_by(|a, b| a.0.cmp(&b.0));
        let mut out = io::stdout().lock();
        for (key, writer, message) in &events {
            self.out.line(&mut out, key.0, writer, message)?;
        }
        out.flush()?;
        let newest = events.last().map_or(self.from, |(key, ..)| key.0);
        self.from = self.from.max(newest - OVERLAP_MS);
        self.seen.extend(events.iter().map(|(key, ..)| key.clone()));
        self.seen = self.seen.split_off(&(self.from, String::new()));
        Ok(events.len())
    }

    async fn events(
        &mut self,
        group: &Group,
        streams: &[&String],
    ) -> Result<Vec<FilteredLogEvent>, Problem> {
        let api = match self.apis.get(&group.region) {
            Some(api) => api,
            None => {
                let settings = Settings {
                    region: group.region.clone(),
                    ..self.workload.settings.clone()
                };
                let api = call::api(self.layout, &settings)?;
                self.apis.entry(group.region.clone()).or_insert(api)
            }
        };
        let mut events = Vec::new();
        let mut next_token = None;
        loop {
            let input = FilterLogEventsRequest {
                log_group_name: Some(group.name.clone()),
                log_stream_names: Some(streams.iter().map(|&name| name.clone()).collect()),
                start_time: Some(self.from.max(0)),
                next_token,
                ..Default::default()
            };
            let answer: Result<FilterLogEventsResponse, CallError> = api
                .call(&wharf_api_logs::schema::SERVICE, "FilterLogEvents", &input)
                .await;
            let answer = match answer {
                Ok(answer) => answer,
                // A stream is made with a container's first line, a group perhaps too.
                Err(error) if error.code() == "ResourceNotFoundException" => {
                    return self.one_by_one(group, streams).await;
                }
                Err(error) => return Err(failed(self.workload.settings, error)),
            };
            events.extend(answer.events.unwrap_or_default());
            next_token = answer.next_token;
            if next_token.is_none() {
                return Ok(events);
            }
        }
    }

    /// The events of those streams that exist.
    async fn one_by_one(
        &mut self,
        group: &Group,
        streams: &[&String],
    ) -> Result<Vec<FilteredLogEvent>, Problem> {
        if streams.len() < 2 {
            return Ok(Vec::new());
        }
        let (left, right) = streams.split_at(streams.len() / 2);
        let mut events = Box::pin(self.events(group, left)).await?;
        events.extend(Box::pin(self.events(group, right)).await?);
        Ok(events)
    }
}

fn failed(settings: &Settings, error: CallError) -> Problem {
    match error {
        CallError::Transport { .. } => Problem::NotRunning {
            endpoint: settings.endpoint(),
        },
        other => Problem::caused("FilterLogEvents failed", other),
    }
}

/// The log driver that keeps a container's lines elsewhere.
#[derive(Debug, PartialEq, Eq)]
struct Elsewhere(String);

/// The group and stream of a container's lines, if they are in CloudWatch Logs.
fn stream(
    task: &Task,
    container: &ContainerDefinition,
    region: &str,
) -> Result<(Group, String), Elsewhere> {
    let none = BTreeMap::new();
    let log = container.log_configuration.as_ref();
    let driver = log.and_then(|log| log.log_driver.as_deref());
    let options = log.and_then(|log| log.options.as_ref()).unwrap_or(&none);
    let given = |name: &str| options.get(name).filter(|value| !value.is_empty());
    let group = match (driver, given("awslogs-group")) {
        (Some("awslogs"), Some(group)) => group.clone(),
        (driver, _) => return Err(Elsewhere(driver.unwrap_or("json-file").to_owned())),
    };
    let name = container.name.as_deref().unwrap_or_default();
    let runtime_id = task
        .containers
        .iter()
        .flatten()
        .find(|running| running.name.as_deref() == Some(name))
        .and_then(|running| running.runtime_id.clone());
    let stream = match (given("awslogs-stream"), given("awslogs-stream-prefix")) {
        (Some(stream), _) => stream.clone(),
        (None, Some(prefix)) => {
            let id = id_of(task.task_arn.as_deref().unwrap_or_default());
            format!("{prefix}/{name}/{id}")
        }
        (None, None) => runtime_id.unwrap_or_default(),
    };
    let region = given("awslogs-region").map_or(region, String::as_str);
    Ok((
        Group {
            region: region.to_owned(),
            name: group,
        },
        stream,
    ))
}

fn no_lines(container: Option<&str>, elsewhere: &BTreeSet<(String, String)>) -> Problem {
    if elsewhere.is_empty() {
        return Problem::other(format!(
            "no container is named {}",
            container.unwrap_or_default()
        ));
    }
    let drivers: Vec<String> = elsewhere
        .iter()
        .map(|(name, driver)| format!("{name}: {driver}"))
        .collect();
    Problem::other(format!(
        "the lines are not in CloudWatch Logs ({}): give the definition a logConfiguration with logDriver awslogs",
        drivers.join(", ")
    ))
}

struct Printer {
    json: bool,
    style: Style,
    terminal: bool,
    /// Lines say who wrote them.
    several: bool,
}

impl Printer {
    fn line(
        &self,
        out: &mut impl Write,
        at: i64,
        writer: &Writer,
        message: &str,
    ) -> io::Result<()> {
        if self.json {
            let line = json!({"timestamp": at, "task": writer.task, "container": writer.container, "message": message});
            return writeln!(out, "{line}");
        }
        let message = if self.terminal {
            for_a_terminal(message)
        } else {
            message.to_owned()
        };
        if !self.several {
            return writeln!(out, "{message}");
        }
        let id = writer.task.get(..SHOWN_OF_ID).unwrap_or(&writer.task);
        let who = self.style.faint(&format!("{id} {}", writer.container));
        writeln!(out, "{who}  {message}")
    }
}

/// A container's line without what would command the terminal; colours stay.
fn for_a_terminal(message: &str) -> String {
    let mut safe = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(at) = rest.find(|c: char| c.is_control() && c != '\t') {
        let (plain, special) = rest.split_at(at);
        safe.push_str(plain);
        let colour = colour_length(special);
        if colour > 0 {
            safe.push_str(&special[..colour]);
            rest = &special[colour..];
        } else {
            let mut chars = special.chars();
            if let Some(control) = chars.next() {
                safe.extend(control.escape_default());
            }
            rest = chars.as_str();
        }
    }
    safe + rest
}

/// Bytes of the sequence that sets colours at the start of a text, 0 if it is none.
fn colour_length(text: &str) -> usize {
    let Some(sequence) = text.strip_prefix("\u{1b}[") else {
        return 0;
    };
    let digits = sequence
        .bytes()
        .take_while(|b| b.is_ascii_digit() || *b == b';')
        .count();
    match sequence.as_bytes().get(digits) {
        Some(b'm') => 2 + digits + 1,
        _ => 0,
    }
}

/// What is no length of time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("give a number with s, m, h or d, such as 10m")]
pub struct BadSpan;

/// A length of time, in milliseconds: a number with s, m, h or d.
pub fn parse_since(text: &str) -> Result<i64, BadSpan> {
    let digits = text.trim_end_matches(['s', 'm', 'h', 'd']);
    let unit: i64 = match &text[digits.len()..] {
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return Err(BadSpan),
    };
    let number: i64 = digits.parse().map_err(|_| BadSpan)?;
    number
        .checked_mul(unit)
        .filter(|&span| span > 0)
        .ok_or(BadSpan)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_have_a_unit() {
        assert_eq!(parse_since("10m"), Ok(600_000));
        assert_eq!(parse_since("2d"), Ok(172_800_000));
        for bad in ["", "10", "m", "-1h", "0s", "1hm", "9223372036854775807d"] {
            assert!(parse_since(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_line_cannot_command_the_terminal() {
        let green = "\u{1b}[1;32mok\u{1b}[0m\ttab";
        assert_eq!(for_a_terminal(green), green);
        assert_eq!(
            for_a_terminal("\u{1b}]0;title\u{7}x"),
            "\\u{1b}]0;title\\u{7}x"
        );
        assert_eq!(for_a_terminal("\u{1b}[2J"), "\\u{1b}[2J");
        assert_eq!(for_a_terminal("a\rb"), "a\\rb");
    }

    #[test]
    fn streams_are_named_as_the_agent_names_them() {
        let log = |options: &[(&str, &str)]| LogConfiguration {
            log_driver: Some("awslogs".to_owned()),
            options: Some(
                options
                    .iter()
                    .map(|&(name, value)| (name.to_owned(), value.to_owned()))
                    .collect(),
            ),
            ..Default::default()
        };
        let task = Task {
            task_arn: Some("arn:aws:ecs:r:1:task/c/ab12".to_owned()),
            containers: Some(vec![Container {
                name: Some("main".to_owned()),
                runtime_id: Some("ab12-77".to_owned()),
                ..Default::default()
            }]),
            ..Default::default()
        };
        let found = |log: Option<LogConfiguration>| {
            let container = ContainerDefinition {
                name: Some("main".to_owned()),
                log_configuration: log,
                ..Default::default()
            };
            stream(&task, &container, "r").map(|(group, stream)| (group.region, group.name, stream))
        };
        let group = ("awslogs-group", "/g");
        let is = |region: &str, stream: &str| {
            Ok((region.to_owned(), "/g".to_owned(), stream.to_owned()))
        };
        assert_eq!(
            found(Some(log(&[group, ("awslogs-stream-prefix", "web")]))),
            is("r", "web/main/ab12")
        );
        assert_eq!(
            found(Some(log(&[group, ("awslogs-region", "s")]))),
            is("s", "ab12-77")
        );
        assert_eq!(found(None), Err(Elsewhere("json-file".to_owned())));
    }
}
