//! What a container wants done after its start and before its end.

use std::{net::Ipv4Addr, sync::Arc, time::Duration};

use tokio::time::sleep;
use wharf_container::runtime::ExecSpec;

use crate::{
    machine::run_name,
    pod::{Container, Handler, Pod},
    probe,
    worker::Context,
};

pub(super) async fn run(
    context: &Arc<Context>,
    pod: &Pod,
    of: &Container,
    attempt: u32,
    hook: &Handler,
    ip: Option<Ipv4Addr>,
    patience: Duration,
) -> Result<(), String> {
    if let Some(pause) = &hook.sleep {
        sleep(Duration::from_secs(pause.seconds).min(patience)).await;
        return Ok(());
    }
    if let Some(exec) = &hook.exec {
        let run = run_name(&of.name, attempt).ok_or("no such container")?;
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
            Ok(output) => Err(format!(
                "Exec lifecycle hook ({:?}) for Container \"{}\" in Pod \"{}\" failed - error: command exited with {}",
                exec.command, of.name, pod.metadata.name, output.code
            )),
            Err(error) => Err(format!("{error:?}")),
        };
    }
    probe::once(context, of, attempt, hook, ip, patience).await
}
