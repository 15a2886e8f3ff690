//! Probes and hooks: what is done, how often, and at which port.

use serde_json::Value;

use super::meta;
use crate::{
    field::{Errors, Path},
    names,
    view::{absent, items, member, number, text},
};

pub fn probe(probe: &Value, kind: &str, path: &Path<'_>, errors: &mut Errors) {
    handler(probe, path, errors, "grpc", None);
    for name in [
        "initialDelaySeconds",
        "timeoutSeconds",
        "periodSeconds",
        "successThreshold",
        "failureThreshold",
    ] {
        if let Some(value) = number(probe, name)
            && value < 0
        {
            errors.invalid(&path.child(name), value, meta::NEGATIVE);
        }
    }
    if let Some(seconds) = number(probe, "terminationGracePeriodSeconds") {
        let path = path.child("terminationGracePeriodSeconds");
        if kind == "readinessProbe" {
            errors.invalid(&path, seconds, "must not be set for readinessProbes");
        } else if seconds <= 0 {
            errors.invalid(&path, seconds, "must be greater than 0");
        }
    }
    if kind != "readinessProbe"
        && let Some(times) = number(probe, "successThreshold")
        && times != 1
    {
        errors.invalid(&path.child("successThreshold"), times, "must be 1");
    }
}

/// What a probe or hook does: exactly one thing. `more` is what only the one or the other can; `grace` the seconds that its pod has to
/// end, of a hook.
pub fn handler(
    handler: &Value,
    path: &Path<'_>,
    errors: &mut Errors,
    more: &str,
    grace: Option<i64>,
) {
    let mut found = false;
    for kind in ["exec", "httpGet", "tcpSocket", more] {
        let Some(body) = member(handler, kind) else {
            continue;
        };
        let at = path.child(kind);
        if found {
            errors.forbidden(&at, "may not specify more than 1 handler type");
            continue;
        }
        found = true;
        match kind {
            "exec" => {
                if absent(body, "command") {
                    errors.required(&at.child("command"), "");
                }
            }
            "httpGet" => {
                if text(body, "path").is_empty() {
                    errors.required(&at.child("path"), "");
                }
                port(body.get("port"), &at.child("port"), errors);
                let scheme = text(body, "scheme");
                if !matches!(scheme, "HTTP" | "HTTPS") {
                    errors.not_supported(&at.child("scheme"), scheme, &["HTTP", "HTTPS"]);
                }
                for header in items(body, "httpHeaders") {
                    let name = text(header, "name");
                    errors.invalid_all(&at.child("httpHeaders"), name, names::http_header(name));
                }
            }
            "tcpSocket" | "grpc" => port(body.get("port"), &at.child("port"), errors),
            _ => {
                let seconds = number(body, "seconds").unwrap_or(0);
                if let Some(grace) = grace
                    && !(0..=grace).contains(&seconds)
                {
                    errors.invalid(
                        &at,
                        seconds,
                        format!("must be non-negative and less than terminationGracePeriodSeconds ({grace})"),
                    );
                }
            }
        }
    }
    if !found {
        errors.required(path, "must specify a handler type");
    }
}

/// By which signal a container is asked to end: one that the system of its pod has.
pub fn stop_signal(name: &str, os: &str, path: &Path<'_>, errors: &mut Errors) {
    let known = match os {
        "windows" => vec!["SIGKILL".to_owned(), "SIGTERM".to_owned()],
        "" => {
            return errors.forbidden(
                path,
                "may not be set for containers with empty `spec.os.name`",
            );
        }
        _ => signals_of_linux(),
    };
    if !known.iter().any(|it| it == name) {
        let known: Vec<&str> = known.iter().map(String::as_str).collect();
        errors.not_supported(path, name, &known);
    }
}

/// In the order of the alphabet.
fn signals_of_linux() -> Vec<String> {
    const PLAIN: &str = "ABRT ALRM BUS CHLD CLD CONT FPE HUP ILL INT IO IOT KILL PIPE POLL PROF PWR QUIT RTMAX RTMIN SEGV STKFLT STOP SYS TERM TRAP TSTP TTIN TTOU URG USR1 USR2 VTALRM WINCH XCPU XFSZ";
    let plain = PLAIN.split(' ').map(|it| format!("SIG{it}"));
    let least = (1..=15).map(|it| format!("SIGRTMIN+{it}"));
    let most = (1..=14).map(|it| format!("SIGRTMAX-{it}"));
    let mut all: Vec<String> = plain.chain(least).chain(most).collect();
    all.sort_unstable();
    all
}

/// A port by number or by name.
pub fn port(value: Option<&Value>, path: &Path<'_>, errors: &mut Errors) {
    match value {
        Some(Value::String(name)) => errors.invalid_all(path, name, names::port_name(name)),
        value => {
            let number = value.and_then(Value::as_i64).unwrap_or(0);
            for fault in names::port_number(number) {
                errors.invalid(path, number, fault);
            }
        }
    }
}
