//! PutDashboard, GetDashboard, ListDashboards and DeleteDashboards: what is shown is kept as it is given.

use std::collections::BTreeSet;

use serde_json::Value;
use wharf_api_cloudwatch::{
    DashboardEntry, DashboardValidationMessage, DeleteDashboardsInput, DeleteDashboardsOutput,
    GetDashboardInput, GetDashboardOutput, ListDashboardsInput, ListDashboardsOutput,
    PutDashboardInput, PutDashboardOutput, faults,
};
use wharf_records::{Record as _, Scope, Unknown, escape};
use wharf_service::{Stored, transact};
use wharf_store::MAX_TXN_BYTES;
use wharf_wire::{Call, Fault};

use crate::{core::Core, fault::invalid, names, records::Dashboard, tags};

/// Bytes of a body.
const MOST_BYTES: usize = 1 << 20;
/// Bytes of a dashboard as it is stored: a transaction has them, beside the condition that it is read by.
const MOST_STORED: usize = MAX_TXN_BYTES - (2 << 10);
/// Widgets of a dashboard.
const MOST_WIDGETS: usize = 500;
/// Dashboards of an account.
const MOST: usize = 500;
/// Dashboards of a page.
const PAGE: usize = 1000;
/// Dashboards in memory at once.
const READ_AT_ONCE: usize = 8;
/// Columns of the grid.
const COLUMNS: i64 = 24;

pub async fn put_dashboard(
    core: &Core,
    call: &Call,
    input: PutDashboardInput,
) -> Result<PutDashboardOutput, Fault> {
    let name = name(input.dashboard_name)?;
    let body = input.dashboard_body.unwrap_or_default();
    let found = messages(&body);
    if !found.is_empty() {
        return Err(refused(&found));
    }
    let given = tags::given(input.tags)?;
    let key = names::dashboard_key(&call.account, &name);
    transact!(core.table, &call.permit, |tx| {
        let before = tx.find::<Dashboard>(&key).await?;
        if before.is_none() {
            let prefix = names::dashboards(&call.account).prefix(Dashboard::KIND);
            if core.table.count(&prefix).await? >= MOST {
                return Err(faults::limit_exceeded_exception(format!(
                    "The account has the most dashboards that it may have: {MOST}."
                )));
            }
        }
        let dashboard = Dashboard {
            body: body.clone(),
            changed_at: call.now,
            // Tags of one that is there are changed by TagResource alone.
            tags: before.map_or_else(|| given.clone(), |it| it.tags),
            unknown: Unknown::new(),
        };
        tx.put(&key, &dashboard);
        if tx.size().1 > MOST_STORED {
            return Err(refused(&[DashboardValidationMessage {
                data_path: Some("/".to_owned()),
                message: Some(
                    "The body is larger than 1 MB, in which quotes and backslashes count twice"
                        .to_owned(),
                ),
            }]));
        }
    });
    Ok(PutDashboardOutput {
        dashboard_validation_messages: Some(Vec::new()),
    })
}

fn refused(found: &[DashboardValidationMessage]) -> Fault {
    let text = "The field DashboardBody must be a valid JSON object";
    let shown: Vec<Value> = found
        .iter()
        .map(|it| serde_json::json!({ "DataPath": it.data_path, "Message": it.message }))
        .collect();
    let fault = faults::dashboard_invalid_input_error(text);
    fault.with("dashboardValidationMessages", Value::Array(shown))
}

fn name(given: Option<String>) -> Result<String, Fault> {
    let name = given.unwrap_or_default();
    let fits = (1..=255).contains(&name.len())
        && name
            .bytes()
            .all(|it| it.is_ascii_alphanumeric() || it == b'-' || it == b'_');
    match fits {
        true => Ok(name),
        false => Err(invalid(format!(
            "The value {name} for parameter DashboardName is invalid: it may have letters, digits, - and _, at most 255."
        ))),
    }
}

/// What is wrong with a body.
fn messages(body: &str) -> Vec<DashboardValidationMessage> {
    let mut found = Vec::new();
    let mut say = |path: String, text: &str| {
        found.push(DashboardValidationMessage {
            data_path: Some(path),
            message: Some(text.to_owned()),
        });
    };
    if body.len() > MOST_BYTES {
        say("/".to_owned(), "The body is larger than 1 MB");
        return found;
    }
    let Ok(Value::Object(whole)) = serde_json::from_str(body) else {
        say("/".to_owned(), "The body must be a JSON object");
        return found;
    };
    let Some(widgets) = whole.get("widgets").and_then(Value::as_array) else {
        say("/".to_owned(), "Should have required property 'widgets'");
        return found;
    };
    if widgets.len() > MOST_WIDGETS {
        say("/widgets".to_owned(), "A dashboard has at most 500 widgets");
        return found;
    }
    for (at, widget) in widgets.iter().enumerate() {
        let path = |member: &str| format!("/widgets/{at}{member}");
        let kind = widget.get("type").and_then(Value::as_str);
        match kind {
            Some("metric" | "text" | "log" | "alarm" | "explorer" | "custom") => {}
            Some(_) => say(
                path("/type"),
                "Should be one of metric, text, log, alarm, explorer and custom",
            ),
            None => say(path(""), "Should have required property 'type'"),
        }
        if !widget.get("properties").is_some_and(Value::is_object) {
            say(path(""), "Should have required property 'properties'");
        }
        if kind == Some("text")
            && !widget
                .pointer("/properties/markdown")
                .is_some_and(Value::is_string)
        {
            say(
                path("/properties"),
                "Should have required property 'markdown'",
            );
        }
        for (member, least, most) in [
            ("x", 0, COLUMNS - 1),
            ("y", 0, i64::MAX),
            ("width", 1, COLUMNS),
            ("height", 1, 1000),
        ] {
            let given = widget.get(member);
            let fits =
                given.is_none_or(|it| it.as_i64().is_some_and(|it| (least..=most).contains(&it)));
            if !fits {
                say(
                    path(&format!("/{member}")),
                    "Should be a whole number within the grid",
                );
            }
        }
    }
    found
}

fn missing(name: &str) -> Fault {
    faults::dashboard_not_found_error(format!("Dashboard {name} does not exist"))
}

pub async fn get_dashboard(
    core: &Core,
    call: &Call,
    input: GetDashboardInput,
) -> Result<GetDashboardOutput, Fault> {
    let name = input.dashboard_name.unwrap_or_default();
    let found = core
        .table
        .read::<Dashboard>(&names::dashboard_key(&call.account, &name))
        .await?;
    let found = found.ok_or_else(|| missing(&name))?;
    Ok(GetDashboardOutput {
        dashboard_arn: Some(names::dashboard_arn(&call.account, &name)),
        dashboard_body: Some(found.record.body),
        dashboard_name: Some(name),
    })
}

pub async fn list_dashboards(
    core: &Core,
    call: &Call,
    input: ListDashboardsInput,
) -> Result<ListDashboardsOutput, Fault> {
    let start = input.dashboard_name_prefix.unwrap_or_default();
    let pages = core.pages(call, "cloudwatch/ListDashboards", &start);
    let page = pages.page(input.next_token.as_deref(), PAGE)?;
    let all = names::dashboards(&call.account).prefix(Dashboard::KIND);
    let prefix = format!("{all}{}", escape(&start));
    let after = page.after.as_deref();
    let mut after = after.map(|it| names::dashboard_key(&call.account, it));
    let (mut entries, mut more) = (Vec::new(), true);
    while more && entries.len() < page.size {
        // Bodies are large, and what is shown of them is their size.
        let wanted = READ_AT_ONCE.min(page.size - entries.len());
        let every = |_: &Stored<Dashboard>| true;
        let found = core.table.page(&prefix, after, wanted, every).await?;
        more = found.more;
        after = found.records.last().map(|it| it.key.clone());
        entries.extend(found.records.iter().filter_map(|it| entry(call, it)));
    }
    let last = entries.last().and_then(|it| it.dashboard_name.clone());
    Ok(ListDashboardsOutput {
        dashboard_entries: Some(entries),
        next_token: page.next(more, last.as_deref()),
    })
}

fn entry(call: &Call, stored: &Stored<Dashboard>) -> Option<DashboardEntry> {
    let (_, _, name) = Scope::parse(&stored.key)?;
    Some(DashboardEntry {
        dashboard_arn: Some(names::dashboard_arn(&call.account, &name)),
        dashboard_name: Some(name),
        last_modified: Some(stored.record.changed_at),
        size: i64::try_from(stored.record.body.len()).ok(),
    })
}

/// All or none.
pub async fn delete_dashboards(
    core: &Core,
    call: &Call,
    input: DeleteDashboardsInput,
) -> Result<DeleteDashboardsOutput, Fault> {
    let wanted: BTreeSet<String> = input
        .dashboard_names
        .unwrap_or_default()
        .into_iter()
        .collect();
    if !(1..=100).contains(&wanted.len()) {
        return Err(invalid(
            "The parameter DashboardNames must have 1 to 100 names.",
        ));
    }
    transact!(core.table, &call.permit, |tx| {
        for name in &wanted {
            let key = names::dashboard_key(&call.account, name);
            tx.find::<Dashboard>(&key)
                .await?
                .ok_or_else(|| missing(name))?;
            tx.delete(&key);
        }
    });
    Ok(DeleteDashboardsOutput::default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_checked() {
        let said = |body: &str| -> Vec<(String, String)> {
            let shown =
                |it: DashboardValidationMessage| (it.data_path.unwrap(), it.message.unwrap());
            messages(body).into_iter().map(shown).collect()
        };
        let one = |path: &str, text: &str| vec![(path.to_owned(), text.to_owned())];
        assert_eq!(said(r#"{"widgets": []}"#), []);
        assert_eq!(
            said(
                r#"{"widgets": [{"type": "text", "x": 0, "width": 24, "properties": {"markdown": "a"}}]}"#
            ),
            []
        );
        assert_eq!(said("[]"), one("/", "The body must be a JSON object"));
        assert_eq!(
            said("{}"),
            one("/", "Should have required property 'widgets'")
        );
        assert_eq!(
            said(r#"{"widgets": [{"type": "text", "properties": {}}]}"#),
            one(
                "/widgets/0/properties",
                "Should have required property 'markdown'"
            )
        );
        assert_eq!(
            said(r#"{"widgets": [{"type": "metric", "width": 25, "properties": {}}]}"#),
            one(
                "/widgets/0/width",
                "Should be a whole number within the grid"
            )
        );
        assert_eq!(
            said(r#"{"widgets": [{"type": "map", "properties": {}}]}"#),
            one(
                "/widgets/0/type",
                "Should be one of metric, text, log, alarm, explorer and custom"
            )
        );
        assert!(name(Some("a b".to_owned())).is_err() && name(Some("a-b_C9".to_owned())).is_ok());
    }
}
