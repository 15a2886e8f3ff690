//! Container health checks (ecs.md §3): a command inside the container, again and again.

use std::time::Duration;

use tokio::{
    sync::mpsc,
    time::{Instant, sleep},
};
use wharf_container::{
    runtime::{ExecSpec, TaskHandle},
    spec::ContainerName,
};

use crate::{
    engine::{Event, Health},
    node::machine::Observation,
    protocol::docker::Healthcheck,
};

const DEFAULT_INTERVAL: Duration = Duration::from_secs(30);
const DEFAULT_TIMEOUT: Duration = Duration::from_secs(5);
const DEFAULT_RETRIES: u32 = 3;
/// Output is read and forgotten beyond this.
const MAX_OUTPUT: usize = 4096;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Check {
    argv: Vec<String>,
    interval: Duration,
    timeout: Duration,
    retries: u32,
    start_period: Duration,
}

impl Check {
    /// `None` where the definition switches checking off or names no command.
    pub fn of(definition: &Healthcheck) -> Option<Self> {
        let argv = match definition.test.split_first()? {
            (first, rest) if first == "CMD" && !rest.is_empty() => rest.to_vec(),
            (first, [command, ..]) if first == "CMD-SHELL" => shell(command),
            (first, _) if matches!(first.as_str(), "NONE" | "CMD" | "CMD-SHELL") => return None,
            // A bare string is for the shell.
            (first, _) => shell(first),
        };
        let or = |nanos: u64, default| {
            if nanos == 0 {
                default
            } else {
                Duration::from_nanos(nanos)
            }
        };
        Some(Self {
            argv,
            interval: or(definition.interval, DEFAULT_INTERVAL),
            timeout: or(definition.timeout, DEFAULT_TIMEOUT),
            retries: if definition.retries == 0 {
                DEFAULT_RETRIES
            } else {
                definition.retries
            },
            start_period: Duration::from_nanos(definition.start_period),
        })
    }

    /// Checks until told to end; tells each change of container `at`.
    pub async fn run(
        self,
        handle: TaskHandle,
        name: ContainerName,
        at: usize,
        tell: mpsc::Sender<Observation>,
    ) {
        let began = Instant::now();
        let mut told = Health::Unknown;
        let mut failures = 0;
        let command = ExecSpec {
            argv: self.argv.clone(),
            ..ExecSpec::default()
        };
        loop {
            sleep(self.interval).await;
            let outcome = handle
                .exec_output(&name, &command, self.timeout, MAX_OUTPUT)
                .await;
            if let Err(error) = &outcome {
                tracing::debug!(container = %name, error = error as &dyn std::error::Error, "a health check could not be run");
            }
            let passed = matches!(&outcome, Ok(output) if output.code == 0);
            let health = self.judge(passed, began.elapsed(), &mut failures, told);
            if health != told {
                told = health;
                let event = Event::Health {
                    container: at,
                    health,
                };
                let task_id = handle.task_id().to_owned();
                if tell.send(Observation { task_id, event }).await.is_err() {
                    return;
                }
            }
        }
    }

    /// Failures count after the start period, or once it was healthy.
    fn judge(&self, passed: bool, age: Duration, failures: &mut u32, told: Health) -> Health {
        if passed {
            *failures = 0;
            return Health::Healthy;
        }
        if age < self.start_period && told == Health::Unknown {
            return told;
        }
        *failures += 1;
        if *failures >= self.retries {
            Health::Unhealthy
        } else {
            told
        }
    }
}

fn shell(command: &str) -> Vec<String> {
    vec!["/bin/sh".to_owned(), "-c".to_owned(), command.to_owned()]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(test: &[&str]) -> Option<Check> {
        let test = test.iter().map(|t| (*t).to_owned()).collect();
        Check::of(&Healthcheck {
            test,
            ..Healthcheck::default()
        })
    }

    #[test]
    fn commands() {
        assert_eq!(check(&["CMD", "a", "b"]).unwrap().argv, ["a", "b"]);
        assert_eq!(
            check(&["CMD-SHELL", "a || b"]).unwrap().argv,
            ["/bin/sh", "-c", "a || b"]
        );
        assert_eq!(check(&["a || b"]).unwrap().argv[2], "a || b");
        assert_eq!(check(&["NONE"]), None);
        assert_eq!(check(&[]), None);
    }

    #[test]
    fn verdicts() {
        let check = Check {
            start_period: Duration::from_secs(10),
            ..check(&["CMD", "x"]).unwrap()
        };
        let mut failures = 0;
        let early = Duration::from_secs(1);
        let late = Duration::from_secs(11);
        for _ in 0..9 {
            assert_eq!(
                check.judge(false, early, &mut failures, Health::Unknown),
                Health::Unknown
            );
        }
        assert_eq!(
            check.judge(false, late, &mut failures, Health::Unknown),
            Health::Unknown
        );
        assert_eq!(
            check.judge(false, late, &mut failures, Health::Unknown),
            Health::Unknown
        );
        assert_eq!(
            check.judge(false, late, &mut failures, Health::Unknown),
            Health::Unhealthy
        );
        assert_eq!(
            check.judge(true, late, &mut failures, Health::Unhealthy),
            Health::Healthy
        );
        assert_eq!(failures, 0);
    }
}
