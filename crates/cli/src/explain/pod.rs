//! A pod of Kubernetes, explained: what it waits for, its containers, and what each node says to it.

use serde_json::Value;

use super::{cell, list, section, verdict};
use crate::style::Style;

pub(super) fn text(said: &Value, style: Style) -> String {
    let it = &said["pod"];
    let place = match it["node"].as_str() {
        Some(node) => format!("on {node}"),
        None => "on no node".to_owned(),
    };
    let state = match it["ready"] == true {
        true => style.good("ready"),
        false => style.doubtful("not ready"),
    };
    let mut text = format!(
        "{} {}/{} in cluster {}: {}, {place}, {state}\n",
        style.strong("pod"),
        cell(&it["namespace"]),
        cell(&it["name"]),
        cell(&it["cluster"]),
        cell(&it["phase"]),
    );
    // On a node it waits for nothing in particular: these are the reasons.
    let is_placed = it["node"].is_string();
    for reason in list(&it["reasons"]).map(cell) {
        let line = match is_placed {
            true => reason,
            false => format!("It waits for {reason}."),
        };
        text.push_str(&format!("  {}\n", style.doubtful(&line)));
    }
    text.push_str(&containers(list(&it["containers"])));
    text.push_str(&nodes(list(&said["nodes"])));
    let events: Vec<String> = list(&it["events"]).map(cell).collect();
    if !events.is_empty() {
        text.push_str("\nLAST EVENTS\n");
    }
    for event in events {
        text.push_str(&format!("  {event}\n"));
    }
    text
}

fn containers<'a>(items: impl Iterator<Item = &'a Value>) -> String {
    let heading = ["CONTAINER", "STATE", "READY", "RESTARTS", "WHY NOT"];
    let rows = items.map(|it| {
        let kind = if it["init"] == true { " (init)" } else { "" };
        vec![
            format!("{}{kind}", cell(&it["name"])),
            cell(&it["state"]),
            (if it["ready"] == true { "yes" } else { "no" }).to_owned(),
            cell(&it["restarts"]),
            cell(&it["why"]),
        ]
    });
    section(&heading, rows)
}

fn nodes<'a>(items: impl Iterator<Item = &'a Value>) -> String {
    let rows = items.map(|it| vec![cell(&it["name"]), verdict(it, " (the pod is here)")]);
    section(&["NODE", "CAN TAKE IT"], rows)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_pod_without_a_node() {
        let said = json!({
            "pod": {"namespace": "default", "name": "web", "cluster": "shop", "phase": "Pending", "node": null,
                "ready": false, "reasons": ["a node that can take it"], "containers": [], "events": ["R: m (T)"]},
            "nodes": [
                {"name": "a", "here": false, "refuses": "cpu: the pod asks for 4", "never": true},
                {"name": "b", "here": false, "refuses": "it is cordoned", "never": false},
            ],
        });
        let wanted = "pod default/web in cluster shop: Pending, on no node, not ready\n  \
                      It waits for a node that can take it.\n\n\
                      NODE  CAN TAKE IT\n\
                      a     never: cpu: the pod asks for 4\n\
                      b     no: it is cordoned\n\n\
                      LAST EVENTS\n  R: m (T)\n";
        assert_eq!(text(&said, Style::plain()), wanted);
    }

    #[test]
    fn a_pod_on_a_node() {
        let said = json!({
            "pod": {"namespace": "d", "name": "web", "cluster": "shop", "phase": "Running", "node": "a", "ready": false,
                "reasons": ["container main: Readiness probe failed: no"], "events": [],
                "containers": [{"name": "main", "init": false, "state": "running", "ready": false, "restarts": 2,
                    "why": "Readiness probe failed: no"}]},
            "nodes": [{"name": "a", "here": true, "refuses": null, "never": false}],
        });
        let wanted = "pod d/web in cluster shop: Running, on a, not ready\n  \
                      container main: Readiness probe failed: no\n\n\
                      CONTAINER  STATE    READY  RESTARTS  WHY NOT\n\
                      main       running  no     2         Readiness probe failed: no\n\n\
                      NODE  CAN TAKE IT\n\
                      a     yes (the pod is here)\n";
        assert_eq!(text(&said, Style::plain()), wanted);
    }
}
