//! `wharf why`: what became of one request, and which statement let it or did not let it.

use std::process::ExitCode;

use serde_json::Value;
use wharf_api_wharf::types::{ExplainRequest, ExplainResponse};

use crate::{args::WhyArgs, call, layout::Layout, problem::Problem, style::Style};

pub fn run(args: &WhyArgs) -> Result<ExitCode, Problem> {
    let layout = Layout::new(&args.output.data.data)?;
    let settings = layout.settings()?;
    let asked = ExplainRequest {
        request: Some(args.request.clone()),
        ..ExplainRequest::default()
    };
    let asked = call::wharf(&layout, &settings, "Explain", &asked);
    let explained: ExplainResponse = call::block_on(asked)?;
    let said = call::document("ExplainResponse", &explained);
    let events = said["events"].as_array().map_or(&[][..], Vec::as_slice);
    if args.output.json {
        println!("{said}");
    } else {
        for event in events {
            print!("{}", shown(event, Style::of_stdout()));
        }
    }
    if events.is_empty() {
        return Err(Problem::other(format!(
            "the audit log has no request {}; of refused signatures and throttled calls the first is recorded, \
             and the others are counted",
            args.request
        )));
    }
    Ok(ExitCode::SUCCESS)
}

fn shown(event: &Value, style: Style) -> String {
    let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
    let identity = &event["userIdentity"];
    let who = match identity["type"].as_str() {
        Some("Unknown") => Some("somebody who did not prove who it is"),
        _ => ["arn", "invokedBy", "type"]
            .iter()
            .find_map(|name| identity[*name].as_str()),
    };
    let key = match identity["accessKeyId"].as_str() {
        Some(key) => format!(" with the key {key}"),
        None => String::new(),
    };
    let mut lines = format!(
        "{} {} {}\n  by {}{key} from {}\n",
        text(&event["eventTime"]),
        text(&event["eventSource"]),
        style.strong(&text(&event["eventName"])),
        who.unwrap_or("-"),
        text(&event["sourceIPAddress"]),
    );
    let decisions = event["additionalEventData"]["authorization"].as_array();
    for decision in decisions.into_iter().flatten() {
        let verdict = match decision["allowed"] == true {
            true => style.good("allowed"),
            false => style.bad("denied"),
        };
        lines.push_str(&format!(
            "  {verdict} {} on {}: {}\n",
            text(&decision["action"]),
            text(&decision["resource"]),
            text(&decision["by"]),
        ));
    }
    if decisions.is_none() && event["errorCode"].is_null() {
        lines.push_str("  no policy was asked about it\n");
    }
    match event["errorCode"].as_str() {
        Some(code) => lines.push_str(&format!(
            "  answered {code}: {}\n",
            text(&event["errorMessage"])
        )),
        None => lines.push_str("  it was carried out\n"),
    }
    let repeats = &event["additionalEventData"]["repeats"];
    if let Some(count) = repeats["count"].as_u64() {
        lines.push_str(&format!(
            "  it stands for {count} like it since {}\n",
            text(&repeats["since"])
        ));
    }
    lines
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_refusal_names_the_statement() {
        let event = json!({
            "eventTime": "2026-11-20T12:00:00Z",
            "eventSource": "ecs.amazonaws.com",
            "eventName": "RunTask",
            "userIdentity": {"type": "IAMUser", "arn": "arn:aws:iam::1:user/anna", "accessKeyId": "AKIA1"},
            "sourceIPAddress": "127.0.0.1",
            "errorCode": "AccessDeniedException",
            "errorMessage": "no",
            "additionalEventData": {"authorization": [
                {"action": "ecs:RunTask", "resource": "*", "allowed": true, "by": "statement 1 of p"},
                {"action": "iam:PassRole", "resource": "r", "allowed": false, "by": "an explicit deny in statement 2 of p"},
            ]},
        });
        let style = Style::plain();
        assert_eq!(
            shown(&event, style),
            "2026-11-20T12:00:00Z ecs.amazonaws.com RunTask\n\
             \x20 by arn:aws:iam::1:user/anna with the key AKIA1 from 127.0.0.1\n\
             \x20 allowed ecs:RunTask on *: statement 1 of p\n\
             \x20 denied iam:PassRole on r: an explicit deny in statement 2 of p\n\
             \x20 answered AccessDeniedException: no\n"
        );
    }

    #[test]
    fn what_was_counted_is_said() {
        let event = json!({
            "eventTime": "2026-11-20T12:00:00Z",
            "eventSource": "ecs.amazonaws.com",
            "eventName": "RunTask",
            "userIdentity": {"type": "Unknown", "accessKeyId": "AKIA1"},
            "sourceIPAddress": "192.0.2.1",
            "errorCode": "InvalidSignatureException",
            "errorMessage": "no",
            "additionalEventData": {"repeats": {"count": 7, "since": "2026-11-20T11:55:00Z"}},
        });
        assert_eq!(
            shown(&event, Style::plain()),
            "2026-11-20T12:00:00Z ecs.amazonaws.com RunTask\n\
             \x20 by somebody who did not prove who it is with the key AKIA1 from 192.0.2.1\n\
             \x20 answered InvalidSignatureException: no\n\
             \x20 it stands for 7 like it since 2026-11-20T11:55:00Z\n"
        );
    }
}
