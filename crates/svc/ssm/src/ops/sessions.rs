//! ResumeSession and TerminateSession, which whoever holds the sessions answers.

use wharf_api_ssm::{
    ResumeSessionRequest, ResumeSessionResponse, TerminateSessionRequest, TerminateSessionResponse,
};
use wharf_wire::{Call, Fault};

use crate::core::Core;

pub async fn resume(
    core: &Core,
    call: &Call,
    input: ResumeSessionRequest,
) -> Result<ResumeSessionResponse, Fault> {
    core.parts.sessions.resume_session(call, input).await
}

pub async fn terminate(
    core: &Core,
    call: &Call,
    input: TerminateSessionRequest,
) -> Result<TerminateSessionResponse, Fault> {
    core.parts.sessions.terminate_session(call, input).await
}
