//! What a container wants done after its start and before its end.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::time::sleep;
use wharf_container::runtime::ExecSpec;

use crate::{
    machine::{ExecFailed, run_name},
    pod::{Container, Handler, Pod},
    probe::{self, Unwell},
    worker::Context,
};

/// Why what a container wants done was not.
#[derive(Debug, thiserror::Error)]
pub(super) enum HookFailed {
    #[error("no such container")]
    NoContainer,
    #[error(
        "Exec lifecycle hook ({command:?}) for Container \"{container}\" in Pod \"{pod}\" failed - error: command exited with {code}"
    )]
    Command {
        command: Vec<String>,
        container: String,
        pod: String,
        code: i32,
    },
    #[error(transparent)]
    NotRun(#[from] ExecFailed),
    #[error(transparent)]
    Unwell(#[from] Unwell),
}

pub(super) async fn run(
    context: &Arc<Context>,
    pod: &Pod,
    of: &Container,
    attempt: u32,
    hook: &Handler,
    ip: Option<Ipv4Addr>,
    patience: Duration,
) -> Result<(), HookFailed> {
    if let Some(pause) = &hook.sleep {
        sleep(Duration::from_secs(pause.seconds).min(patience)).await;
        return Ok(());
    }
    if let Some(exec) = &hook.exec {
        let run = run_name(&of.name, attempt).ok_or(HookFailed::NoContainer)?;
        let spec = ExecSpec {
            argv: exec.command.clone(),
            ..ExecSpec::default()
        };
        let machine = &context.node.machine;
        let done = machine
            .exec_output(&context.sandbox, &run, &spec, patience)
            .await;
        return match done {
            Ok(output) if output.code == 0 => Ok(()),
            Ok(output) => Err(HookFailed::Command {
                command: exec.command.clone(),
                container: of.name.clone(),
                pod: pod.metadata.name.clone(),
                code: output.code,
            }),
            Err(error) => Err(error.into()),
        };
    }
    let looked = probe::once(context, of, attempt, hook, ip, patience).await;
    looked.map_err(HookFailed::Unwell)
}
